"""The layout `preference`."""

from __future__ import annotations

from typing import Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.chats import pair_format


@operator(version=5, rows=("preference",))
def preference(reasoning: Literal["split", "keep"] = "split") -> RowFormat:
    """`chosen` and `rejected`: two answers to the same context.

    The context is in `prompt`, `messages` or `conversations`; optional are `system` and `tools`. Context and answers
    are texts or messages (of `{role, content}` or `{from, value}`). Answers may repeat the context (UltraFeedback); if
    no column holds the context, it is what both answers begin with (TRL's implicit prompt).

    Args:
        reasoning: `split` reads `<think>…</think>` at the head of an answer as reasoning, `keep` leaves it in the text.
    """
    return pair_format("preference", reasoning == "split")
