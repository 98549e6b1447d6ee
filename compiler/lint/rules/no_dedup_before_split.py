"""A data set is split without being deduplicated first.

Instruction data is full of repetitions: nearly identical prompts with nearly identical answers. They take up room that
could teach something else, and a model that has seen a row a hundred times recites it. `split` keeps near-duplicates on
one side, so scores stay honest, but that does not make the training rows any better. Put a `dedup` before the `split`.

Source: Lee et al., Deduplicating Training Data Makes Language Models Better (arXiv 2107.06499).

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        split { train: 90%, validation: 10% }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        dedup {
            exact(prompt)
            near(text, jaccard: 0.8)
        }
        split { train: 90%, validation: 10% }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View

CODE = "T307"
SEVERITY = "warning"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """Every `split` with no `dedup` on the way to it."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "split" and "stages.dedup" not in view.passed(stage.node.id):
                help_ = "add `dedup { exact(prompt)  near(text, jaccard: 0.8) }`"
                yield Finding(f"`{dataset.name}` is split before duplicates are dropped", stage.head, help=help_)
