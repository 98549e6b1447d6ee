"""A duplicate rule in a block, or a duplicate measure in an `evaluate`.

The rules of a block have no order, so the second one changes nothing; a measure taken again costs the same time for the
same numbers. Usually a copy was meant to be edited: another
field, another number. Edit or remove it.

Source: `docs/semantics.md`, rules of a block.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        filter {
            keep words(prompt) in 3..150
            keep words(prompt) in 3..150
        }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        filter {
            keep words(prompt) in 3..150
            keep words(response) in 3..150
        }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.graph import canonical
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Call, expect_all, to_json
from tunec.dsl.diagnostics import Edit, Fix, Label
from tunec.dsl.source import Span
from tunec.dsl.tree import Keep, Stage, Statement

CODE = "T325"
SEVERITY = "warning"
_BLOCKS = ("filter", "verify", "dedup", "decontaminate", "balance")


def check(view: View) -> Iterator[Finding]:
    """Statements of a block that say what one above them says, and measures that measure the same."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            seen: dict[object, Statement] = {}
            for statement in stage.block if stage.name in _BLOCKS else ():
                first = seen.setdefault(_said(statement), statement)
                if first is not statement:
                    yield _finding(view, "duplicate rule", statement, first)
    for evaluation in view.declared("evaluate"):
        measures = expect_all(Call, view.nodes[evaluation.entity.node].params["measures"])
        taken: dict[str, Statement] = {}  # with its defaults, so that the same may be written otherwise
        for statement, measure in zip(evaluation.statements, measures, strict=False):
            first = taken.setdefault(canonical(to_json(measure)), statement)
            if first is not statement:
                yield _finding(view, "duplicate measure", statement, first)


def _finding(view: View, message: str, statement: Statement, first: Statement) -> Finding:
    fix = Fix("remove the duplicate", (Edit(_whole(view, statement.span), ""),))
    return Finding(message, statement.span, "", (Label(first.span, "first written here"),), fixes=(fix,))


def _said(statement: Statement) -> object:
    """What a rule says, without the name that it is given."""
    if isinstance(statement, Keep):
        return (statement.verb, statement.condition)
    return statement.value if isinstance(statement, Stage) else statement


def _whole(view: View, span: Span) -> Span:
    """The statement with its line, where nothing else stands on it."""
    text = view.builder.program.sources[span.file].text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    alone = not text[start : span.start].strip() and end >= 0 and not text[span.end : end].strip(" ,")
    return Span(span.file, start, end + 1) if alone else span
