"""The layout `sharegpt`."""

from __future__ import annotations

from typing import Any, Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.chats import chat_format


@operator(version=6, rows=("chat",))
def sharegpt(reasoning: Literal["split", "keep"] = "split") -> RowFormat:
    """`conversations` (or `conversation`): a list of `{from, value}` (ShareGPT's layout).

    Optional are `system` and `tools`, which may be JSON text.
    Turns may be called `human`, `gpt`, `chatgpt`, `bing`, `bard`, `system`, `function_call`, `observation`, `tool`, and
    by the other names that are in use, the name of a model (`GPT-4`) among them, in upper or lower case; turns of
    `{role, content}` are read as well. A `function_call` is the call of a tool, or a list of calls, as JSON. `weight`,
    `loss` and `train` of a turn say whether it is trained on.

    Args:
        reasoning: `split` reads `<think>…</think>` at the head of an answer as reasoning, `keep` leaves it in the text.
    """
    return chat_format("sharegpt", _column, reasoning == "split")


def _column(record: dict[str, Any]) -> str:
    return "conversation" if record.get("conversations") is None and "conversation" in record else "conversations"
