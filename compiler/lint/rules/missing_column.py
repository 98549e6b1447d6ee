"""A format reads a column that the local file does not have.

The reader of the files and the format itself look at the first records of every local file, for a moment at most.
Where none of them makes a row for lack of a column, that column is misspelled, or the file has a different format; a
build would fail. The same holds for what a format calls the parts of a turn: `role`, `content` and `reasoning` are keys
of turns, `user` and `assistant` what is in their role. Correct the name of the column, or the `format:`.

Source: the pages of the formats, in `tunec ops formats`.

Example:
    source tasks = jsonl("data/tasks.jsonl", format: {instruction: "instruction", response: "outptu"}, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("data/tasks.jsonl", format: {instruction: "instruction", response: "output"}, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler import lowered
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View, argument
from tunec.compiler.names import suggestion
from tunec.compiler.sample import Sample, Unseen, listed
from tunec.dsl.print import print_text
from tunec.dsl.source import Span
from tunec.dsl.tree import Literal

CODE = "T316"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """The columns that each source's format needs, against a look into its file."""
    for source in view.declared("source", "seeds", "benchmark"):
        node = view.nodes[source.entity.node]
        sample = view.sample(node.id) if "format" in node.params else None
        if sample is None:
            continue
        for column in sample.lacks:
            yield _finding(view, source, column, sample)
        for unseen in sample.unseen:
            yield _unseen(source, unseen, sample)


def _unseen(source: Declared, unseen: Unseen, sample: Sample) -> Finding:
    """What to say of a word for a part of a turn that no turn has."""
    where, exact = _place(source, unseen.name)
    help_, fixes = suggestion(unseen.name, unseen.others, where)
    shown = listed(unseen.others)
    what = f"no turn of `{sample.path}` has the key `{unseen.name}`: they have {shown}"
    if unseen.role is not None:
        what = f"no turn of `{sample.path}` has `{unseen.name}` in `{unseen.role}`: they have {shown}"
    notes = (f"checked the first {len(sample.records)} records",)
    return Finding(what, where, help=help_, fixes=fixes if exact else (), notes=notes)


def _finding(view: View, source: Declared, column: str, sample: Sample) -> Finding:
    where, exact = _place(source, column)
    help_, fixes = suggestion(column, sample.columns, where)
    mark = _separator(sample)
    if mark:
        help_, fixes = f"the fields seem to be separated by another character: `separator: {print_text(mark)}`", ()
    quoted = tuple(f for f in fixes if exact)
    stated = view.nodes[source.entity.node].params["format"]
    format_ = f"the format `{stated.name}` of " if isinstance(stated, lowered.Call) else ""
    return Finding(
        f"no column `{column}`: {sample.saw}",
        where,
        f"{format_}`{source.name}` reads this column" if not exact else "",
        help=help_,
        fixes=quoted,
        notes=(f"checked the first {len(sample.records)} records",),
    )


def _separator(sample: Sample) -> str:
    """The character that separates the fields of a table which was read as one column."""
    (only,) = sample.columns if len(sample.columns) == 1 else ("",)
    return next((mark for mark in (";", "\t", "|", ",") if mark in only), "")


def _place(source: Declared, column: str) -> tuple[Span, bool]:
    """Where the column is named, within its quotes; else where the format is."""
    from tunec.compiler.elaborate.walk import walk

    written = argument(source.call, "format")
    if written is None:
        return source.item.name_span, False
    for part in walk(written):
        if isinstance(part, Literal) and part.value == column:
            return Span(part.span.file, part.span.start + 1, part.span.end - 1), True
    return written.value.span, False
