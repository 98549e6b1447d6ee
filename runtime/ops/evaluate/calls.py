"""`calls(on: talks)` in an `evaluate` block."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Prompt, Reading
    from tunec.runtime.base.values import ModelSpec, Rows
    from tunec.runtime.models.chat import Chat

#: What a model is told of tools that its chat template has no form for.
TOLD = """You can call these tools:
{tools}
To call one, answer with this JSON alone: {{"name": "…", "arguments": {{…}}}}"""


@operator(version=2, cost="model", rows=("chat",), packages=("jsonschema",))
def calls(*, on: Rows, max_tokens: Annotated[int, "1.."] = 256, ctx: Context) -> Measure:
    """Measures whether a model calls tools as the chats do.

    Of each chat the first turn that calls tools is asked for, greedily, after all turns before it. The tools are in the
    form of the model's chat template; where that has none, and for models behind servers, they stand in a system
    message, with the JSON of a call.

    The results are `calls`, the share of turns whose calls have the names and the arguments of the row, with Wilson's
    95% interval `low`..`high`; `names`, the share where the names are the same; `unread`, the answers whose call is not
    valid JSON or does not fit its tool; `cut`, the answers that `max_tokens` ended; and `items`. Arguments are compared
    as JSON values.

    Args:
        on: chats with tools.
        max_tokens: the longest answer.

    Source: Patil et al., Gorilla (arXiv 2305.15334): calls compared by their structure.

    Example:
        evaluate scores of [base, tuned] {
            calls(on: talks.validation)
        }
    """
    from tunec.runtime.models.chat import conversations
    from tunec.runtime.models.comparing import named_once, of_shares
    from tunec.runtime.tuning.measuring.asked import answers

    chats = dict(zip(named_once(on["id"].to_list()), conversations(on), strict=True))
    items = [(name, chat, turn) for name, chat in chats.items() if (turn := _first_call(chat)) is not None]
    if not items:
        raise OperatorError("calls: no chat has tools and a turn that calls one after a turn of the user")

    def measure(model: ModelSpec) -> Reading:
        said = answers(ctx, model, [_prompt(model, chat, turn) for _, chat, turn in items], max_tokens)
        right, names, unread = [], 0, 0
        for (_, chat, turn), one in zip(items, said, strict=True):
            wanted = [(c["name"], json.loads(c.get("arguments", "{}"))) for c in chat.messages[turn]["tool_calls"]]
            found = _read(one.text, chat)
            unread += found is None
            names += found is not None and [name for name, _ in found] == [name for name, _ in wanted]
            right.append(found == wanted)
        more = {
            "names": names / len(items),
            "unread": unread,
            "cut": sum(one.finish == "length" for one in said),
        }
        return of_shares("calls", [name for name, _, _ in items], right, more)

    return measure


def _first_call(chat: Chat) -> int | None:
    """The number of the first turn that calls tools and has a turn of another side before it."""
    turns = (n for n, message in enumerate(chat.messages) if message.get("tool_calls") and n)
    return next(turns, None) if chat.tools else None


def _functions(chat: Chat) -> dict[str, Mapping[str, Any]]:
    """The parameters of each tool, by its name."""
    tools = [tool.get("function", tool) for tool in chat.tools if isinstance(tool, dict)]
    return {tool["name"]: tool.get("parameters") or {} for tool in tools if isinstance(tool.get("name"), str)}


def _read(text: str, chat: Chat) -> list[tuple[str, Any]] | None:
    from tunec.runtime.text.calling import calls_in
    from tunec.runtime.text.structured import BadJson

    try:
        return calls_in(text, _functions(chat))[1]
    except BadJson:
        return None


def _prompt(model: ModelSpec, chat: Chat, turn: int) -> Prompt:
    from tunec.runtime.base.method import Message
    from tunec.runtime.models.chat import NotTrainable, before_turn
    from tunec.runtime.models.local import load
    from tunec.runtime.models.server import is_served

    if not is_served(model):
        try:
            text = before_turn(load(model).tokenizer, chat, turn)
        except NotTrainable:
            text = ""
        if all(name in text for name in _functions(chat)) and text:
            return text
    told = TOLD.format(tools=json.dumps(list(chat.tools), ensure_ascii=False))
    return (Message("system", told), *_plain(chat.messages[:turn]))


def _plain(messages: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """Turns without roles that only some templates know: what tools gave is told by the user."""
    from tunec.runtime.base.method import Message

    roles = {"assistant": "assistant", "user": "user", "tool": "user"}
    return [Message(roles[m["role"]], m.get("content", "")) for m in messages if m["role"] in roles]  # type: ignore[arg-type]
