"""A `balance(refill: n)`, which is not supported yet.

It will let the generation above make more rows of the kinds that are short, in at most n rounds, before any are
dropped. Until then, a build would silently drop rows where the spec asks for new ones, so it stops here. Leave out
`refill`, and let the generation make more rows.

Source: `docs/semantics.md`, stages, `balance(refill: n)`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        dedup { exact(prompt) }
        balance(refill: 3) { share(lang(prompt)) <= 60% }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        dedup { exact(prompt) }
        balance { share(lang(prompt)) <= 60% }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument

CODE = "T605"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """Every `balance` that asks for rounds of generation."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "balance" and stage.node.params.get("refill"):
                said = argument(stage.call, "refill")
                yield Finding(
                    "`refill` is not supported yet",
                    said.span if said is not None else stage.head,
                    help="leave it out, and raise `rows` in the `until` of the generation",
                )
