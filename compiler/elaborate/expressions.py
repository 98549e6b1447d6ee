"""Types expressions and lowers them: row expressions, constants, and references to other declarations."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.arguments import bind
from tunec.compiler.elaborate.builder import Builder, Flow, Value
from tunec.compiler.elaborate.candidates import declared_as
from tunec.compiler.elaborate.columns import columns_of
from tunec.compiler.elaborate.extent import DEEPEST, MOST, extent
from tunec.compiler.elaborate.fields import column, named_in, searched, type_of_column, type_of_field
from tunec.compiler.elaborate.operations import between, binary, choice, unary
from tunec.compiler.elaborate.paths import MAIN, anchored, filled, names_in
from tunec.compiler.elaborate.rows import owner_of, rows_named
from tunec.compiler.elaborate.rules import argument_of, expanded
from tunec.compiler.lowered import Lowered, number_of
from tunec.compiler.types import (
    ANY,
    EMBEDDER,
    FITTED,
    FLOAT,
    MODEL,
    NUMBERS,
    PATH,
    RANGE,
    RECORD,
    ROWS,
    SECRET,
    TEXT,
    Type,
    accepts,
)
from tunec.dsl.tree import Argument, Binary, Call, Expression, If, ListOf, Literal, Name, Range, Record, Unary

ORIGIN = Type("origin")
#: Entries of a record that are words of the language rather than names of columns.
_ENTRIES = {"turns": Type("enum", words=("parity",))}


def lower(builder: Builder, node: Expression, flow: Flow | None, want: Type = ANY) -> Value | None:
    """Type and lower an expression; None where something was wrong (and has been reported).

    `flow` gives the fields that bare names may mean; None where there is no row. `want` is what the place asks for; it
    decides what bare words and calls mean (an enum's word, an operator of a kind), and what is a path.
    """
    value = _lowered(builder, node, flow, want)
    return None if value is None else anchored(value, want, builder.program.folders.get(node.span.file, MAIN))


def _lowered(builder: Builder, node: Expression, flow: Flow | None, want: Type) -> Value | None:
    def of(operand: Expression) -> Value | None:
        return lower(builder, operand, flow)

    if isinstance(node, Name) and node.text in builder.scope.given:
        return argument_of(builder, node, lambda inner: lower(builder, inner, flow, want))
    if want.name == "list" and want.item is not None and not isinstance(node, ListOf):
        return _one_of_a_list(builder, node, flow, want.item)
    match node:
        case Literal(kind="text", value=value) if want.name == "enum" and value in want.words:
            return Value(want, value)
        case Literal(kind="text", value=value) if want == PATH and names_in(str(value)):
            return filled(builder, node)
        case Literal(kind="regex", value=value) if want == PATH:  # as it stands: `r"{{ name }}.jsonl"`
            return Value(TEXT, value, folder=builder.program.folders.get(node.span.file))
        case Literal(kind=kind, value=value):
            return Value(Type(kind), value, folder=builder.program.folders.get(node.span.file))
        case Range():
            return _range(builder, node, flow)
        case ListOf(items=items):
            return _list(builder, items, flow, want)
        case Record(fields=entries):
            return _record(builder, entries, flow)
        case Name():
            return _name(builder, node, flow, want)
        case Call():
            return _call(builder, node, flow, want)
        case Unary():
            return unary(builder, node, of)
        case If():
            return choice(builder, node, of)
        case Binary():
            return binary(builder, node, of, flow)


def _one_of_a_list(builder: Builder, node: Expression, flow: Flow | None, item: Type) -> Value | None:
    """A list, or one value where a list is wanted: `against: quiz` is `against: [quiz]`."""
    named = builder.program.resolve(node.text, node.span.file) if isinstance(node, Name) else None
    entity = builder.lookup(named, node.span) if named is not None else None
    if entity is not None and entity.kind == "value" and entity.value is not None:
        value = lower(builder, node, flow)
    else:
        value = lower(builder, node, flow, item)
    if value is None or value.type.name in ("list", "any") or not accepts(item, value.type):
        return value
    return replace(value, type=Type("list", value.type), lowered=(value.lowered,))


def bind_call(
    builder: Builder, operator: Operator, call: Call, flow: Flow | None, lifted: list[str] | None = None
) -> dict[str, Lowered] | None:
    """The lowered arguments of a call, as `arguments.bind` checks them; each is an expression of its own."""
    return bind(builder, operator, call, flow, lambda node, want: lower(builder, node, flow, want), lifted)


def _range(builder: Builder, node: Range, flow: Flow | None) -> Value | None:
    ends = [(end, lower(builder, end, flow)) for end in (node.low, node.high) if end is not None]
    limits: list[float] = []
    for end, value in ends:
        if value is None:
            return None
        limit = number_of(value.lowered)
        if limit is None:
            what = "depends on the row" if value.row else f"is {value.type}"
            help_ = "`between(x, low, high)` takes any value" if value.row else ""
            builder.report("T206", f"the ends of a range are plain numbers, and this {what}", end.span, help=help_)
            return None
        limits.append(limit)
    kinds = {value.type.name for _, value in ends if value is not None}
    if len(kinds) > 1 and kinds != {"int", "float"}:
        both = " and ".join(sorted(kinds))
        builder.report("T206", f"both ends of a range must be of the same kind, not {both}", node.span)
        return None
    if len(limits) > 1 and limits[0] > limits[1] and not all(isinstance(end, Literal) for end, _ in ends):
        report_reversed(builder, node, *limits)
        return None
    low = limits[0] if node.low is not None else None
    return Value(RANGE, lowered.Range(low, limits[-1] if node.high is not None else None))


def report_reversed(builder: Builder, node: Range, low: float, high: float) -> None:
    """A range with named ends that holds nothing."""
    builder.report("T206", f"this range is reversed: {low:g} is greater than {high:g}", node.span)


def _list(builder: Builder, items: tuple[Expression, ...], flow: Flow | None, want: Type) -> Value | None:
    inner = want.item if want.name == "list" and want.item is not None else want if want == PATH else ANY
    values = [lower(builder, item, flow, inner) for item in items]
    known = [v for v in values if v is not None]
    if len(known) < len(values):
        return None
    kinds = {v.type for v in known}
    if len(kinds) == 1:
        item = known[0].type
    elif kinds and all(k.name in NUMBERS for k in kinds):
        item = FLOAT
    else:
        # Of several types, the one that may not stand here is told.
        item = next((v.type for v in known if inner != ANY and not accepts(inner, v.type)), ANY)
    folders = {v.folder for v in known}
    folder = folders.pop() if len(folders) == 1 else None
    return Value(Type("list", item), tuple(v.lowered for v in known), any(v.row for v in known), folder=folder)


def _record(builder: Builder, entries: tuple[Argument, ...], flow: Flow | None) -> Value | None:
    record: dict[str, Lowered] = {}
    for entry in entries:
        name, value = entry.name or "", entry.value
        # The columns that a format's record names are not fields of a row: inside a record bare words stay words.
        entered = lower(builder, value, flow, _ENTRIES.get(name, ANY))
        if entered is None:
            return None
        record[name] = entered.lowered
    return Value(RECORD, lowered.Record(record))


def _name(builder: Builder, node: Name, flow: Flow | None, want: Type) -> Value | None:
    text = node.text
    if want.name == "enum":
        return _word(builder, node, want)
    if want.name == "operator":
        return _method(builder, Call(text, (), node.span, node.span), flow, want)
    if want.name == "field" and flow is not None:
        return searched(builder, node, flow, want)
    declared = builder.program.resolve(text, node.span.file)
    if flow is not None:
        kind = builder.field_types(flow).get(text)
        if text in flow.lets:
            if builder.scope.rules:
                builder.plain.add(node.span)
            return Value(flow.lets[text], lowered.Let(text), row=True)
        is_column = kind is None and node.parts[0] == "meta" and len(node.parts) == 2
        if kind is not None or is_column:
            if declared is not None:
                message = f"`{text}` is both a field of the row and a declaration: rename the declaration"
                builder.report("T104", message, node.span)
                return None
            if builder.scope.rules:
                builder.plain.add(node.span)
            type_ = type_of_column(builder, flow, node.parts[1]) if kind is None else type_of_field(kind)
            return Value(type_, lowered.Field(text), row=True)
    if declared is not None or len(node.parts) > 1:
        reference = _reference(builder, node, text, want)
        if reference is not None or declared is not None or owner_of(builder, node) is not None:
            return reference
    if flow is not None and len(node.parts) == 1 and text in columns_of(builder, flow.node):
        return column(builder, node, flow)
    declared_names = declared_as(builder, want.name, node.span.file)
    columns = chain(named_in(builder, flow), flow.splits) if flow is not None else ()
    constants = (
        ("none", "true", "false") if text.lower() in ("null", "nil", "no", "yes", "none", "true", "false") else ()
    )
    if builder.catalogue.find("functions", text) is not None:
        builder.report("T101", f"unknown name `{text}`", node.span, help=f"it is a function: write `{text}(…)`")
        return None
    if text in ("keep", "drop"):
        message = f"`{text}` begins a rule of its own and is no part of a condition"
        help_ = f"write `{text} …` on a line of its own in `filter`, or turn the condition round with `not`"
        builder.report("T101", message, node.span, help=help_)
        return None
    builder.unknown("name", text, constants or chain(columns, declared_names), node.span)
    return None


def _word(builder: Builder, node: Name, want: Type) -> Value | None:
    if node.text in want.words:
        return Value(want, node.text)
    declared = builder.program.resolve(node.text, node.span.file)
    if declared is not None:
        entity = builder.lookup(declared, node.span)
        if entity.kind == "value" and entity.value is not None and entity.value.lowered in want.words:
            return entity.value
    builder.unknown("word", node.text, want.words, node.span, "T201")
    return None


def _reference(builder: Builder, node: Name, text: str, want: Type) -> Value | None:
    """A name that means a declaration, a split or a tap of one."""
    flow = rows_named(builder, node, quiet=True)
    if flow is not None:
        return Value(ROWS, lowered.Ref(flow.node))
    name = builder.program.resolve(text, node.span.file)
    if name is None:
        owner = owner_of(builder, node)
        if owner is not None:
            rows_named(builder, node, quiet=False)
        return None
    entity = builder.lookup(name, node.span)
    if entity.kind == "value":
        if entity.value is not None and entity.value.type == SECRET and want != SECRET:
            _misplaced(builder, node)
            return None
        return _put_in(builder, entity.value, node)
    if entity.kind == "model":
        return Value(MODEL, lowered.Ref(entity.node))
    if entity.kind == "embedder":
        return Value(EMBEDDER, lowered.Ref(entity.node))
    if entity.kind == "tokenizer":
        return Value(Type("tokenizer"), lowered.Ref(entity.node))
    if entity.kind == "rule" and want == FITTED and entity.node:
        return Value(FITTED, lowered.Ref(entity.node))
    if entity.kind == "rule":
        builder.report("T208", f"`{text}` is a rule: call it as `{text}()`", node.span)
    elif entity.kind == "report":
        builder.report("T208", f"`{text}` is an evaluation, which nothing can be built from", node.span)
    return None


def _put_in(builder: Builder, value: Value | None, node: Name) -> Value | None:
    """The value of a constant where it is named, unless there is too much of it by now."""
    if value is None:
        return None
    size, depth = extent(value.lowered)
    builder.put_in += size
    if depth < DEEPEST and builder.put_in <= MOST:
        return value
    if depth >= DEEPEST or builder.put_in - size <= MOST:  # else it was said
        said = f"constants are nested more than {DEEPEST} levels deep, or come to more than {MOST:,} values"
        builder.report("T008", said, node.span)
    return None


def _call(builder: Builder, node: Call, flow: Flow | None, want: Type) -> Value | None:
    if want.name == "operator":
        return _method(builder, node, flow, want)
    if want == ROWS:
        made = builder.rows_made(node)
        return None if made is None else Value(ROWS, lowered.Ref(made.node))
    if node.name == "env":
        return _env(builder, node, want)
    if node.name == "between":
        return between(builder, node, lambda operand: lower(builder, operand, flow))
    rule = builder.program.resolve(node.name, node.name_span.file)
    operator = builder.catalogue.find("functions", node.name)
    if operator is None and rule is not None:
        entity = builder.lookup(rule, node.name_span)
        if entity.kind == "rule" and entity.expression is not None:
            return expanded(builder, rule, entity, node, lambda inner: lower(builder, inner, flow))
        if entity.kind != "broken":
            builder.report("T208", f"`{node.name}` is declared as {entity.declared}, not as a function", node.name_span)
        return None
    if operator is None:
        _unknown_call(builder, node)
        return None
    return _bound(builder, operator, node, flow)


def _bound(builder: Builder, operator: Operator, node: Call, flow: Flow | None) -> Value | None:
    if node.block is not None:
        builder.report("T207", f"`{node.name}` takes no block", node.block.span)
    lifted: list[str] = []
    args = bind_call(builder, operator, node, flow, lifted)
    if args is None:
        return None
    if flow is None:
        builder.report("T209", f"`{node.name}` needs a row, but there is no row here", node.span)
        return None
    if lifted:
        return Value(Type("list", operator.returns), lowered.Call(operator.path, args, lifted[0]), row=True)
    return Value(operator.returns, lowered.Call(operator.path, args), row=True)


def _method(builder: Builder, node: Call, flow: Flow | None, want: Type) -> Value | None:
    for kind in want.words:
        operator = builder.catalogue.find(kind, node.name)
        if operator is not None:
            args = bind_call(builder, operator, node, flow)
            return None if args is None else Value(want, lowered.Call(operator.path, args))
    what = {"formats": "format", "keep": "way to keep", "select": "way to select", "finders": "finder"}
    named = " or ".join(what.get(kind, kind) for kind in want.words)
    builder.unknown(named, node.name, builder.catalogue.names(*want.words), node.name_span, "T103")
    return None


def _unknown_call(builder: Builder, node: Call) -> None:
    kinds = builder.catalogue.kinds_of(node.name)
    if kinds:
        message = f"`{node.name}` is not a function, but an operator of kind {', '.join(kinds)}"
        builder.report("T207", message, node.name_span)
        return
    rules = declared_as(builder, "rule", node.name_span.file)
    known = chain(builder.catalogue.names("functions"), rules, ("between", "env"))
    builder.unknown("function", node.name, known, node.name_span, "T103")


def _env(builder: Builder, node: Call, want: Type) -> Value | None:
    if want != SECRET:
        _misplaced(builder, node)
        return None
    argument = node.arguments[0].value if len(node.arguments) == 1 else None
    if isinstance(argument, Literal) and argument.kind == "text":
        # The name, never the value: a secret reaches neither a file nor a fingerprint.
        return Value(SECRET, lowered.Record({"env": argument.value}))
    builder.report("T201", '`env` takes the name of an environment variable, such as `env("NAME")`', node.span)
    return None


def _misplaced(builder: Builder, node: Expression) -> None:
    """Report a secret where it would reach rows, fingerprints or files."""
    takers = sorted(f"`{o.name}({p.name}: …)`" for o in builder.catalogue.every() for p in o.parameters
                    if p.type == SECRET)  # fmt: skip
    message = "an environment variable may only be given to an argument that takes a secret"
    builder.report("T201", message, node.span, help=f"these do: {', '.join(takers)}" if takers else "")
