"""The order of turns that chat templates can render, and what departs from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunec.runtime.rows.messages import Message

#: What a row may have that many templates refuse or garble, in the order in which it is reported.
NO_ANSWER = "no turn of the assistant"
ASSISTANT_FIRST = "the assistant speaks first"
USERS = "two turns of the user in a row"
ASSISTANTS = "two turns of the assistant in a row"
SYSTEM_LATE = "a system turn in the middle"
ORPHAN = "a tool answer without its call"
#: What merging turns cannot mend.
UNMERGED = (NO_ANSWER, ASSISTANT_FIRST, ORPHAN)

_SYSTEM = ("system", "developer")
_TWICE = {"user": USERS, "assistant": ASSISTANTS}


def departures(messages: Sequence[Message], answered: bool = True) -> tuple[str, ...]:
    """What keeps a template from rendering these messages, each kind once. `answered`: an answer has to be there."""
    found = set(_departures(messages))
    if answered and all(message["role"] != "assistant" for message in messages):
        found.add(NO_ANSWER)
    return tuple(kind for kind in (NO_ANSWER, ASSISTANT_FIRST, USERS, ASSISTANTS, SYSTEM_LATE, ORPHAN) if kind in found)


def _departures(messages: Sequence[Message]) -> Iterator[str]:
    before = ""
    called: set[str | None] | None = None  # the ids of the calls that may be answered here
    for message in messages:
        role = message["role"]
        if role in _SYSTEM:
            if before not in ("", *_SYSTEM):
                yield SYSTEM_LATE
                continue
        elif role == "tool":
            id_ = message.get("tool_call_id")
            if called is None or (id_ is not None and None not in called and id_ not in called):
                yield ORPHAN
        else:
            if role == before:
                yield _TWICE[role]
            if role == "assistant":
                if before in ("", *_SYSTEM):
                    yield ASSISTANT_FIRST
                calls = message.get("tool_calls")
                called = {call.get("id") for call in calls} if calls else None
            else:
                called = None
        before = role


def merged(messages: Sequence[Message]) -> list[Message]:
    """The messages with turns of one side joined to one, and system turns joined at the head.

    Texts are joined with a blank line between. Turns of which only some are trained on stay apart.
    """
    system = [message for message in messages if message["role"] in _SYSTEM]
    found: list[Message] = []
    for message in (*system, *(m for m in messages if m["role"] not in _SYSTEM)):
        last = found[-1] if found else None
        sides = ("user", "assistant", *_SYSTEM)
        if last is None or message["role"] not in sides or not _joins(last, message):
            found.append(dict(message))
            continue
        for key in ("content", "reasoning"):
            texts = [text for text in (last.get(key), message.get(key)) if text is not None]
            if texts:
                last[key] = "\n\n".join(texts)
        calls = [*(last.get("tool_calls") or ()), *(message.get("tool_calls") or ())]
        if calls:
            last["tool_calls"] = calls
    return found


def _joins(last: Message, message: Message) -> bool:
    same = last["role"] == message["role"] or (last["role"] in _SYSTEM and message["role"] in _SYSTEM)
    # What one of two turns of the assistant calls is answered before the other: they are two in order.
    return same and all(last.get(key) == message.get(key) for key in ("train", "name"))
