"""The layout `kto`."""

from __future__ import annotations

from typing import Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.chats import rated_format


@operator(version=4, rows=("rated",))
def kto(reasoning: Literal["split", "keep"] = "split") -> RowFormat:
    """`prompt`, `completion` and `label` (TRL's unpaired preference); optional `system` and `tools`.

    Instead of prompt and completion, `messages` or `conversations` may end with the rated answer (LLaMA-Factory).

    Prompt and completion are texts or messages. `label` (or `kto_tag`) is true or false, or 1 or 0; a record with
    another label, or with both columns where they contradict each other, is set aside.

    Args:
        reasoning: `split` reads `<think>…</think>` at the head of an answer as reasoning, `keep` leaves it in the text.

    Source: KTO (2402.01306); TRL, documentation, "Dataset formats and types".
    """
    return rated_format("kto", reasoning == "split")
