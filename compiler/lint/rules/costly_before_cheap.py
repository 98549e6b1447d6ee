"""A cheap filter comes after a stage that asks a model or an embedder about every row.

Rows that the filter drops have already been paid for. Within one block the compiler sorts rules by cost, but stages run
in the order they are written, because some change what later ones see. Move the filter above the expensive stage.

Source: the cost classes of operators, in `tunec ops NAME`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    embedder minilm = bundled("all-minilm-l6-v2")

    dataset rows from tasks {
        dedup { semantic(prompt, cosine: 0.95, using: minilm) }
        filter { keep words(prompt) in 3..150 }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    embedder minilm = bundled("all-minilm-l6-v2")

    dataset rows from tasks {
        filter { keep words(prompt) in 3..150 }
        dedup { semantic(prompt, cosine: 0.95, using: minilm) }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Staged, View
from tunec.compiler.lowered import Let, expect_items, walk
from tunec.compiler.planning.order import COSTS, cost_of
from tunec.dsl.diagnostics import Label

CODE = "T308"
SEVERITY = "warning"
_DEAR = COSTS.index("embed")
#: Stages above which a filter may move without meaning something else: what it keeps depends on the row alone.
_CROSSED = ("filter", "let", "dedup", "decontaminate", "novel")


def check(view: View) -> Iterator[Finding]:
    """Filters with a cheap rule that needs nothing of the dear stage above them."""
    for dataset in view.declared("dataset"):
        dear: Staged | None = None
        lets: set[str] = set()
        for stage in view.stages(dataset):
            if stage.name not in _CROSSED:
                dear, lets = None, set()
                continue
            if stage.name == "filter" and dear is not None and _cheap(view, stage, lets):
                message = "this cheap filter comes after a stage that computes embeddings or asks a model"
                labels = (Label(dear.head, f"cost `{dear.node.cost}` for every row"),)
                yield Finding(message, stage.head, labels=labels, help=f"move it above `{dear.name}`")
                dear = None
            if stage.name == "let":
                lets.add(str(stage.node.params["name"]))
            if dear is None and COSTS.index(stage.node.cost) >= _DEAR:
                dear = stage


def _cheap(view: View, stage: Staged, lets: set[str]) -> bool:
    for rule in expect_items(stage.node.params["rules"]):
        read = {part.name for part in walk(rule) if isinstance(part, Let)}
        if COSTS.index(cost_of(rule, view.catalogue)) < COSTS.index("index") and not read & lets:
            return True
    return False
