"""Whether a chat template says what a row says: that nothing is left out, changed, written twice, or never ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tunec.runtime.base import json_text
from tunec.runtime.base.digits import Digits
from tunec.runtime.rows.messages import Message

#: What templates open reasoning with.
OPENERS = ("<think>", "<thinking>", "<reasoning>", "[THINK]", "<|channel|>analysis<|message|>")
#: A text of at least this length that stands twice in its turn is written twice; shorter ones may repeat by chance.
TWICE = 16


class NotTrainable(Exception):
    """A chat that cannot be trained on as it is: the check that it fails, why (`rule`), what was found, and what is
    wanted."""

    def __init__(self, check: str, rule: str, value: str, threshold: str = "") -> None:
        super().__init__(rule)
        self.check, self.rule, self.value, self.threshold = check, rule, value, threshold


def check_end(turn: str, control: Sequence[str], stops: frozenset[str] | None) -> str:
    """The token that ends a turn as it was rendered. Raises NotTrainable."""
    end = next((token for token in control if turn.endswith(token)), None)
    if end is None:
        raise NotTrainable("end", "the chat template does not end the turn with a control token", turn[-20:])
    if stops is not None and end not in stops:
        what = "generation does not stop at the token that ends the turn"
        raise NotTrainable("end", what, end, ", ".join(sorted(stops)))
    return end


def check_context(messages: Sequence[Message], tools: Sequence[Any], text: str) -> None:
    """Raise NotTrainable where the text of a whole chat lacks something that is read, or has it in another order."""
    _check_tools(tools, text)
    done = 0
    for message in messages:
        said = message.get("content", "").strip()
        if message["role"] == "assistant" and message.get("train") is not False:
            continue
        at = _found(said, text, done, quoted=message["role"] == "tool")
        if at is None:
            moved = _found(said, text, 0, quoted=True) is not None
            what = (
                "writes turns in another order" if moved else f"leaves out or changes a turn of the {message['role']}"
            )
            raise NotTrainable("round_trip", f"the chat template {what}", said[:80])
        done = at


def _check_tools(tools: Sequence[Any], text: str) -> None:
    for tool in tools:
        name = tool.get("function", tool).get("name") if isinstance(tool, dict) else None
        if isinstance(name, str) and name not in text:
            raise NotTrainable("round_trip", "the chat template has no form for tools", name)


def check_turn(message: Message, body: str, opening: Callable[[], str]) -> None:
    """Raise NotTrainable where a turn that is to be trained on, without its end, is not what the message says.

    `opening` gives what the template writes before the turn, to ask for it.
    """
    begins = done = len(body)
    ended = 0
    for key in ("reasoning", "content"):
        said = message.get(key, "").strip()
        if not said:
            continue
        at = body.find(said, ended)
        if at < 0:
            raise _changed(key, said, body)
        begins, done = min(begins, at), at + len(said)
        ended = done
    calls = message.get("tool_calls", ())
    region = ended
    for call in calls:
        region = _check_call(call, body, region)
        begins = min(begins, ended)
    _check_once(message, body, ended if not calls else None)
    _check_opening(message, body, body[:begins], opening)


def _changed(key: str, said: str, body: str) -> NotTrainable:
    if key == "reasoning":
        what = "moves reasoning behind the answer" if said in body else "leaves out reasoning"
    else:
        what = "changes the text of the answer"
    return NotTrainable("round_trip", f"the chat template {what}", said[:80])


def _check_call(call: dict[str, Any], body: str, begin: int) -> int:
    """Where a call ends in a turn. The parts of its arguments have to stand there in the order of the row."""
    at = body.find(call["name"], begin)
    if at < 0:
        raise NotTrainable("round_trip", "the chat template has no form for calls of tools", call["name"])
    place = begin
    parts = list(_parts(json_text.loads(call.get("arguments", "{}"))))
    for part in parts:
        found = _first(part, body, place)
        if found is None:
            everywhere = all(_first(other, body, begin) is not None for other in parts)
            what = "re-orders" if everywhere else "changes"
            raise NotTrainable(
                "round_trip", f"the chat template {what} the arguments of a call", call.get("arguments", "")[:80]
            )
        place = found
    return max(place, at + len(call["name"]))


def _parts(value: Any) -> Iterator[tuple[str, ...]]:
    """The keys and values of arguments in order, each in the spellings that templates write."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (key, _quoted(key))
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
    elif isinstance(value, Digits):
        yield (value.text,)
    elif isinstance(value, str):
        yield (value, _quoted(value), json.dumps(value)[1:-1], repr(value)[1:-1])
    else:
        yield (json.dumps(value), str(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _first(spellings: tuple[str, ...], body: str, begin: int) -> int | None:
    """Where the first of some spellings ends."""
    ends = [at + len(text) for text in spellings if (at := body.find(text, begin)) >= 0]
    return min(ends, default=None)


def _found(said: str, text: str, begin: int, *, quoted: bool) -> int | None:
    return _first((said, _quoted(said), json.dumps(said)[1:-1]) if quoted else (said,), text, begin)


def _check_once(message: Message, body: str, ended: int | None) -> None:
    said = message.get("content", "").strip()
    if ended is not None and len(said) >= TWICE and said in body[ended:]:
        raise NotTrainable("round_trip", "the chat template writes the answer twice", said[:80])


def _check_opening(message: Message, body: str, head: str, opening: Callable[[], str]) -> None:
    """What stands before the first thing that the message says: no header, and no second opening of reasoning."""
    said = (message.get("reasoning") or message.get("content", "")).lstrip()
    for opener in OPENERS:
        if said.startswith(opener) and opener in head + opening():
            raise NotTrainable("round_trip", "reasoning is wrapped twice", opener + said[len(opener) :][:60])
    if head.strip() not in ("", *OPENERS) and not opening():
        what = "the chat template does not prompt for an answer, so that the header of the turn would be trained"
        raise NotTrainable("wrong_turn", what, head[:40])
