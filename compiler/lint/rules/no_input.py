"""A stage speaks of rows that do not come into its data set, or compares a data set with its own rows.

`origin == other` is true for no row where `other` is not among the inputs, and `repeat(other, 3)` repeats nothing. A
data set that is compared with one of its own inputs (`decontaminate(against: …)`, `dedup(against: …)`) loses every row
of that input.

Source: origins of rows, in `docs/semantics.md`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) }  repeat(talks, 3) }
    dataset more from talks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    dataset rows from [tasks, talks] { dedup { exact(prompt) }  repeat(talks, 3) }
    dataset more from talks { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.conditions import rules_of, verdict
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Staged, View
from tunec.compiler.lowered import Binary, Field, Lowered, Ref, references, walk
from tunec.dsl.source import Span

CODE = "T337"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """The rows that stages name, against those that come in."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            named = list(_asked(stage.node.params)) if not _judged(view, stage) else []
            against = stage.node.params.get("against")
            others = references(against) if against is not None else ()
            if not named and not others:
                continue  # most stages: only the others need to know all that comes in
            inputs = view.upstream(stage.node.inputs[0])
            for asked in named:
                if asked.node not in inputs:
                    name = _name(view, asked)
                    message = f"no row of `{dataset.name}` comes from {name}, so this is about no row"
                    yield Finding(message, _place(view, stage, name))
            for other in others:
                if other in inputs:
                    name = _name(view, Ref(other))
                    message = f"`{dataset.name}` is compared with {name}, which it is made of: every row of it would go"
                    yield Finding(message, _place(view, stage, name))


def _judged(view: View, stage: Staged) -> bool:
    """Whether a rule of a filter is the same for all rows, which is said already."""
    return stage.name == "filter" and any(
        verdict(view, stage.node, rule.when) is not None for rule, _ in rules_of(view, stage)
    )


def _asked(params: object) -> Iterator[Ref]:
    """The rows whose origin is asked for, or that are repeated."""
    of = params.get("of") if isinstance(params, dict) else None
    if isinstance(of, Ref):
        yield of
    for value in params.values() if isinstance(params, dict) else ():
        for part in walk(value):
            if isinstance(part, Binary) and part.op in ("==", "!="):
                yield from _compared(part.left, part.right)
                yield from _compared(part.right, part.left)


def _compared(one: Lowered, other: Lowered) -> Iterator[Ref]:
    if one == Field("origin") and isinstance(other, Ref):
        yield other


def _name(view: View, rows: Ref) -> str:
    named = view.declaration(rows.node)
    return f"`{named.name}`" if named is not None else "these rows"


def _place(view: View, stage: Staged, name: str) -> Span:
    """Where the name stands in the stage, else its head."""
    from tunec.compiler.elaborate.walk import names

    tree = stage.statement
    return next((n.span for n in names(tree) if f"`{n.text}`" == name), stage.head)
