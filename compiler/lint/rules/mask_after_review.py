"""Rows are shown to people in a file before `mask` has removed anything.

`review` and `decontaminate(review: …)` write rows into a file beside the spec as they are at that stage, and such a
file is soon committed or sent to somebody. A later `mask` keeps names and addresses out of what is published, and not
out of this file. Put the `mask` before the stage that writes the file.

Source: Regulation (EU) 2016/679, article 25 (data protection by design).

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        review("review.jsonl", when: refusal(response))
        mask(pii(text))
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        mask(pii(text))
        review("review.jsonl", when: refusal(response))
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View

CODE = "T335"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Every stage that writes a file for people, and stands before the first `mask` on the way of its rows."""
    told = set()
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name != "mask":
                continue
            for node in (view.nodes[name] for name in view.upstream(stage.node.id)):
                if node.id in told or not node.op.startswith("stages.") or "stages.mask" in view.passed(node.id):
                    continue
                path = node.params.get(view.catalogue.at(node.op).decisions)
                if isinstance(path, str):
                    told.add(node.id)
                    message = f"`{path}` shows rows as they are before `mask`"
                    yield Finding(message, view.head(node), help="move `mask` before this stage")
