"""The layout `messages`."""

from __future__ import annotations

from typing import Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.chats import chat_format


@operator(version=6, rows=("chat",))
def messages(reasoning: Literal["split", "keep"] = "split") -> RowFormat:
    """`messages`: a list of `{role, content}` (OpenAI's chat layout).

    Optional are `system` and `tools`, a list of schemas. Messages and tools may also be JSON text.
    A turn may have `tool_calls` (or `function_call`), `tool_call_id`, `name`, its reasoning in `reasoning_content`,
    `reasoning` or `thinking`, and `train`, `loss` or `weight`, which say whether it is trained on. Content in parts is
    joined; a record with images, audio or files is set aside. A call that stands in `function_call` and in `tool_calls`
    is one call. Calls that are written into a text (`<tool_call>{…}</tool_call>`, as Hermes does) stay text, as the
    system prompt that asks for them does; a note counts them.

    Args:
        reasoning: `split` reads `<think>…</think>` at the head of an answer as reasoning, `keep` leaves it in the text.
    """
    return chat_format("messages", lambda record: "messages", reasoning == "split")
