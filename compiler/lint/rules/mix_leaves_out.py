"""A `mix` that gives no share to some of the rows that arrive.

Rows of a source that the block does not name are dropped, all of them. Give the source a share, or remove it from
`from`, so that the file says what it does.

Source: the page of `mix`, in `tunec ops mix`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    source jokes = jsonl("jokes.jsonl", format: alpaca, license: "MIT")

    dataset all from [tasks, talks, jokes] {
        mix { tasks: 80%, talks: 20% }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    source jokes = jsonl("jokes.jsonl", format: alpaca, license: "MIT")

    dataset all from [tasks, talks, jokes] {
        mix { tasks: 70%, talks: 20%, jokes: 10% }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Ref, shares_of
from tunec.dsl.diagnostics import Label

CODE = "T326"
SEVERITY = "warning"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """Origins of the rows that arrive, less those that have a share."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            given = shares_of(stage.node.params) if stage.name == "mix" else ()
            shares = [(rows.node, share) for rows, share in given if isinstance(rows, Ref)]
            if not shares:
                continue
            named = {leaf for node, _ in shares for leaf in view.leaves(node)}
            arriving = view.leaves(stage.node.inputs[0])
            gone = [d for leaf in arriving if leaf not in named and (d := view.declaration(leaf)) is not None]
            if gone:
                said = ", ".join(f"`{d.name}`" for d in gone)
                labels = tuple(Label(d.item.name_span, "all of its rows are dropped") for d in gone)
                yield Finding(f"this `mix` has no share for {said}", stage.head, labels=labels)
            for node, share in shares:
                if share and not set(view.leaves(node)) & set(arriving):
                    name = view.names.get(node, "?")
                    yield Finding(f"no rows of `{name}` arrive at this `mix`", stage.head)
