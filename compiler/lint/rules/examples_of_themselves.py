"""Rows are chosen for being like themselves.

`like` takes, for each example, the rows that are nearest to it. Where the examples are among the rows to choose from,
each is the nearest to itself: what is chosen are the examples, and the rest is left to chance. Take the examples from
another source: what the model will be used for.

Source: Xia et al., LESS (arXiv 2402.04333), section 2, where the examples are those of the task and not the training
data.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    embedder mini = bundled("all-minilm-l6-v2")

    dataset chosen from tasks {
        dedup { exact(prompt) }
        select(500, by: like(tasks, using: mini))
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source wanted = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    embedder mini = bundled("all-minilm-l6-v2")

    dataset chosen from tasks {
        dedup { exact(prompt) }
        select(500, by: like(wanted, using: mini))
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.examples import examples_of
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View

CODE = "T339"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """The examples of every choice, against the rows that it chooses from."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            for examples, span in examples_of(view, stage):
                if examples in view.upstream(stage.node.inputs[0]):
                    help_ = "take the examples from another source: what the model will be used for"
                    yield Finding(
                        "the rows to choose from hold these examples, each the nearest to itself", span, help=help_
                    )
