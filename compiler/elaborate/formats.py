"""Which rows a source gives, and whether what it says of their fields makes sense."""

from __future__ import annotations

from collections.abc import Iterable

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.lowered import Lowered
from tunec.compiler.names import suggestion
from tunec.compiler.types import RowType
from tunec.dsl.diagnostics import Fix
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Call, Declaration, Expression, ListOf, Name, Record

#: The field names by which a record is recognised, the most telling first.
_TELLING = (
    ({"chosen", "rejected"}, RowType.PREFERENCE), ({"completion", "label"}, RowType.RATED),
    ({"messages", "label"}, RowType.RATED),
    ({"messages"}, RowType.CHAT), ({"user", "assistant"}, RowType.CHAT), ({"question"}, RowType.CHOICE),
    ({"instruction"}, RowType.INSTRUCTION), ({"prompt", "response"}, RowType.INSTRUCTION),
    ({"prompt", "answer"}, RowType.TASK), ({"text"}, RowType.TEXT),
)  # fmt: skip
#: What says how turns are read, and the columns that stand beside them.
_TURNS, _BESIDE = ("role", "content", "turns"), ("system", "tools")
#: Turns before the first that is mapped, and what stands on a line below what the user asks last.
_EARLIER = ("history", "input")
#: What a format's record may say of each row type.
ENTRIES: dict[RowType, tuple[str, ...]] = {
    RowType.TEXT: ("text", "strip_prefix"),
    RowType.INSTRUCTION: ("instruction", "prompt", "input", "response", "system", "strip_prefix"),
    RowType.CHAT: ("messages", *_TURNS, "user", "assistant", "reasoning", *_EARLIER, *_BESIDE),
    RowType.PREFERENCE: ("prompt", "messages", "chosen", "rejected", *_EARLIER, *_TURNS, *_BESIDE, "strip_prefix"),
    RowType.RATED: ("prompt", "messages", "completion", "label", *_EARLIER, *_TURNS, *_BESIDE),
    RowType.CHOICE: ("question", "choices", "labels", "answer", "strip_prefix"),
    RowType.TASK: ("prompt", "answer", *_TURNS, "system"),
}
#: The fields that a row written in the spec cannot do without.
_NEEDED: dict[RowType, tuple[str, ...]] = {
    RowType.TEXT: ("text",),
    RowType.INSTRUCTION: ("instruction", "response"),
    RowType.CHAT: ("messages",),
    RowType.PREFERENCE: ("prompt", "chosen", "rejected"),
    RowType.RATED: ("prompt", "completion", "label"),
    RowType.CHOICE: ("question", "answer"),
    RowType.TASK: ("prompt",),
}


def rows_read(builder: Builder, operator: Operator, args: dict[str, Lowered], item: Declaration) -> RowType | None:
    """The row type of a source; None where it has none (and that has been reported)."""
    format_, inline = args.get("format"), args.get("rows")
    if operator.rows:
        return RowType(operator.rows[0])
    if isinstance(format_, lowered.Call):
        # A layout that may give rows of several types says which ones it shall give.
        return RowType(str(format_.args.get("rows") or builder.catalogue.at(format_.operator).rows[0]))
    if isinstance(inline, str):
        return RowType(inline)
    given = item.value.arguments if isinstance(item.value, Call) else ()
    lists = isinstance(inline, tuple)  # rows that are written here; a list may be one of paths, too
    written = next((a.value for a in given if a.name == "format" or (lists and isinstance(a.value, ListOf))), None)
    records = inline if isinstance(inline, tuple) else (format_,)
    named = [set(r.entries) for r in records if isinstance(r, lowered.Record)]
    # The first row that tells what it is says what all of them are; a misspelt one among them is then reported as such.
    rows = next((found for names in named if (found := _recognised(names)) is not None), None)
    if rows is None:
        fields = ", ".join(sorted(named[0] if named else ())) or "nothing"
        where = written.span if written is not None else item.span
        help_, fixes = _nearly(written)
        help_ = help_ or "see `tunec ops formats`"
        builder.report("T211", f"no row type has these fields: {fields}", where, help=help_, fixes=fixes)
        return None
    if isinstance(format_, lowered.Record) and isinstance(written, Record):
        wrong = [entry for entry in written.fields if not _names_columns(builder, entry, format_)]
        if wrong:
            return None
    return rows if _fine(builder, written, rows) else None


def _names_columns(builder: Builder, entry: Argument, format_: lowered.Record) -> bool:
    """Whether an entry of a format's record says which column, or which columns, a field is read from."""
    value = format_.entries.get(entry.name or "")
    if isinstance(value, str) or (isinstance(value, tuple) and value and all(isinstance(v, str) for v in value)):
        return True
    message = f'`{entry.name}` in a format names a column, such as `{entry.name}: "text"`'
    builder.report("T201", message, entry.value.span)
    return False


def rows_told(builder: Builder, call: Call) -> RowType | None:
    """The row type that the text of a source tells, whatever else is wrong with it."""
    operator = builder.catalogue.find("connectors", call.name)
    if operator is not None and operator.rows:
        return RowType(operator.rows[0])
    format_ = next((a.value for a in call.arguments if a.name == "format"), None)
    if isinstance(format_, Record):
        return _recognised({field.name for field in format_.fields if field.name is not None})
    if isinstance(format_, Name | Call):
        named = builder.catalogue.find("formats", format_.text if isinstance(format_, Name) else format_.name)
        given = format_.arguments if isinstance(format_, Call) else ()
        said = next((a.value.text for a in given if isinstance(a.value, Name) and a.value.text in (*RowType,)), None)
        return RowType(said or named.rows[0]) if named is not None else None
    return None


def _recognised(names: set[str]) -> RowType | None:
    found = next((rows for wanted, rows in _TELLING if wanted <= names), None)
    if found is None and "prompt" in names and names.issubset(ENTRIES[RowType.TASK]):
        return RowType.TASK  # whose answer may be missing
    return found


def _nearly(written: Expression | None) -> tuple[str, tuple[Fix, ...]]:
    """The entry of a record that would tell its row type, were it spelt right."""
    record = written.items[0] if isinstance(written, ListOf) and written.items else written
    fields = record.fields if isinstance(record, Record) else ()
    known = {name for entries in ENTRIES.values() for name in entries}
    for field in fields:
        if field.name is None or field.name in known or field.name_span is None:
            continue
        others = {f.name for f in fields if f is not field}
        telling = {name for names, _ in _TELLING for name in names if names <= {*others, name} and name not in others}
        help_, fixes = suggestion(field.name, telling, field.name_span)
        if help_:
            return help_, fixes
    return "", ()


def _fine(builder: Builder, written: Expression | None, rows: RowType) -> bool:
    if isinstance(written, Record):
        unknown = [f for f in written.fields if f.name not in ENTRIES[rows]]
        for field in unknown:
            where = field.name_span or field.span
            builder.unknown(f"entry in the format of {rows} rows:", field.name or "?", ENTRIES[rows], where, "T204")
        return not unknown
    if isinstance(written, ListOf):
        broken = [row for row in written.items if not _whole(builder, row, rows)]
        return not broken
    return True


def _whole(builder: Builder, row: Expression, rows: RowType) -> bool:
    """Whether a row written in the spec has its fields. Others may stand beside them: they are read as `meta.NAME`."""
    if not isinstance(row, Record):
        builder.report("T201", f"expected a record, such as `{{{_NEEDED[rows][0]}: …}}`", row.span)
        return False
    names = [f.name for f in row.fields if f.name is not None]
    # The prompt of a row of messages may be called so too.
    missing = [n for n in _NEEDED[rows] if n not in names and not (n == "prompt" and "messages" in names)]
    for needed in missing:
        meant, where = _meant(row.fields, needed, ENTRIES[rows], row.span)
        help_, fixes = suggestion(meant, [needed], where)
        builder.report("T202", f"this row has no `{needed}`", where, help=help_, fixes=fixes)
    return not missing


def _meant(fields: Iterable[Argument], needed: str, known: Iterable[str], span: Span) -> tuple[str, Span]:
    """The field that was probably meant for a missing one, with its place; else the place of the row."""
    for field in fields:
        if field.name is not None and field.name not in known and suggestion(field.name, [needed], span)[0]:
            return field.name, field.name_span or field.span
    return "", span
