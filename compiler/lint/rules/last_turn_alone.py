"""A rule of `dedup` compares the last user turn of chats that have earlier ones.

`prompt` is the last user turn. Of chats with several turns it is often the same short follow-up, such as "Thanks" or
"Go on", after conversations that have nothing in common: all but one of them would be dropped. `text` is the whole
chat. The first records of local files are inspected.

Source: the fields of rows, in `docs/language.md`.

Example:
    source talks = jsonl("data/talks.jsonl", format: messages, license: "MIT")
    dataset rows from talks { dedup { exact(prompt) } }

Instead:
    source talks = jsonl("data/talks.jsonl", format: messages, license: "MIT")
    dataset rows from talks { dedup { exact(text) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.elaborate.walk import names
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.types import MESSAGES
from tunec.dsl.diagnostics import Edit, Fix

CODE = "T334"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Rules of `dedup` over `prompt`, where a look into the files of the rows has found longer chats."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name != "dedup" or stage.node.rows not in MESSAGES:
                continue
            samples = [view.sample(leaf) for leaf in view.leaves(stage.node.id)]
            longest = max((sample for sample in samples if sample is not None), key=lambda s: s.exchanges, default=None)
            if longest is None or longest.exchanges < 2:
                continue
            for statement in stage.block:
                for name in names(statement):
                    if name.parts == ("prompt",):
                        yield Finding(
                            "this compares the last user turn alone, and drops chats that differ before it",
                            name.span,
                            "the last user turn",
                            help="`text` is the whole chat",
                            notes=(f"`{longest.path}` has chats with up to {longest.exchanges} user turns",),
                            fixes=(Fix("compare whole chats", (Edit(name.span, "text"),), safe=False),),
                        )
