"""A `decontaminate(action: report)` counts the rows that match a benchmark, and keeps them.

This is useful for a first look, but wrong for rows that are published or trained on, because everything that was found
stays in. Publishing verifies that no benchmark item is trained on, and then fails. Leave out `action: report` to drop
the matches.

Source: the promises of a published version, in `docs/semantics.md`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = rows([{question: "How much is 2 + 2?", answer: "4"}])

    dataset rows from tasks {
        decontaminate(against: [quiz], action: report) { exact() }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = rows([{question: "How much is 2 + 2?", answer: "4"}])

    dataset rows from tasks {
        decontaminate(against: [quiz], action: drop) { exact() }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.contamination import drops
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument

CODE = "T404"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Every `decontaminate` that does not drop."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "decontaminate" and not drops(stage.node):
                said = argument(stage.call, "action")
                message = f"rows of `{dataset.name}` that match a benchmark are reported, but kept"
                yield Finding(message, said.span if said is not None else stage.head, help="leave out `action: report`")
