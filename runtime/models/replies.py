"""Reads what a server that speaks OpenAI's protocol sends back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from tunec.runtime.base.method import Answer, Request
from tunec.runtime.text.surrogates import well_formed

#: Answers after which asking again may help.
_AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
#: Seconds before the second attempt, and the longest wait.
_FIRST, _LONGEST = 0.5, 60.0
#: Words of servers where a prompt is longer than the model can read.
_TOO_LONG = ("context length", "context_length", "maximum context", "context size", "too long", "too many tokens")


class Broken(Exception):
    """The server could not be asked, or what it sent is no answer of its protocol; asking again may help."""


class Refused(Exception):
    """The server will not answer, and would not if it were asked again. `of_this_request`: another one may be fine."""

    def __init__(self, message: str, of_this_request: bool) -> None:
        super().__init__(message)
        self.of_this_request = of_this_request


class Unusable(Exception):
    """An answer that is of no use; `complaint` is what to tell the model when it is asked again, None where that would
    not help."""

    def __init__(self, answer: Answer, complaint: str | None) -> None:
        super().__init__(answer.reason)
        self.answer, self.complaint = answer, complaint


def failure_of(status: int, body: bytes) -> str | None:
    """What is wrong with an answer of that status, where asking again may help, else None. Raises Refused."""
    if 200 <= status < 300:
        return None
    words = words_of(body)
    if status in _AGAIN or status >= 500:
        return f"{status} {words}".strip()
    too_long = status in (400, 413, 422) and any(mark in words.lower() for mark in _TOO_LONG)
    raise Refused(f"the server answered {status}: {words or 'without a word'}", too_long)


def words_of(body: bytes) -> str:
    """What a server says of an error, on one line."""
    text = body[:4000].decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = text
    for key in ("error", "message", "detail"):
        if isinstance(said, dict) and key in said:
            said = said[key]
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return " ".join(text.split())[:300]


def answer_in(body: bytes, request: Request, unstated: Callable[[], tuple[int, int]] = lambda: (0, 0)) -> Answer:
    """The answer in a body. `unstated()` gives the tokens of prompt and answer where the server does not state them.
    Raises Broken where there is none, Unusable where it is not what was asked for."""
    try:
        reply = json.loads(body)
        choice = reply["choices"][0]
        message = choice.get("message") or {}
        text = _text(choice.get("text") if "text" in choice else message.get("content"))
        thought = message.get("reasoning") or message.get("reasoning_content") or ""
        usage = reply.get("usage") or {}
        prompt, completion = _stated(usage, "prompt_tokens"), _stated(usage, "completion_tokens")
        if prompt is None or completion is None:
            most = unstated()
            prompt, completion = most[0] if prompt is None else prompt, most[1] if completion is None else completion
        answer = Answer(
            text,
            "length" if choice.get("finish_reason") == "length" else "stop",
            prompt,
            completion,
            well_formed(thought) if isinstance(thought, str) else "",
            "",
            _count(usage.get("prompt_tokens_details") or {}, "cached_tokens"),
            _count(usage.get("completion_tokens_details") or {}, "reasoning_tokens"),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Broken(f"what came is not an answer: {body[:120].decode('utf-8', 'replace')!r}") from error
    if choice.get("finish_reason") == "content_filter":
        raise Unusable(_failed(answer, "the server's content filter"), None)
    refusal = message.get("refusal")
    if not text.strip() and isinstance(refusal, str) and refusal.strip():
        raise Unusable(_failed(answer, f"the model refuses: {well_formed(' '.join(refusal.split()))[:200]}"), None)
    if not text.strip():
        reason = "an empty answer" if not answer.reasoning else "reasoning without an answer"
        raise Unusable(_failed(answer, reason), "Your last answer was empty. Answer the question.")
    if request.schema:
        _check(answer, request.schema)
    return answer


def _check(answer: Answer, schema: str) -> None:
    from tunec.runtime.text.structured import BadJson, read_json

    try:
        read_json(answer.text, schema)
    except BadJson as error:
        raise Unusable(
            _failed(answer, f"not what was asked for: {error}"),
            f"Your last answer cannot be used: {error}. Answer with JSON that fits the schema, and with nothing else.",
        ) from error


def _failed(answer: Answer, reason: str) -> Answer:
    from dataclasses import replace

    return replace(answer, finish="failed", reason=reason)


def _text(content: Any) -> str:
    if isinstance(content, list):  # parts
        return well_formed("".join(part.get("text", "") for part in content if isinstance(part, dict)))
    if content is None:
        return ""
    if not isinstance(content, str):
        raise TypeError("content is no text")
    return well_formed(content)


def _count(usage: Mapping[str, Any], name: str) -> int:
    return _stated(usage, name) or 0


def _stated(usage: Mapping[str, Any], name: str) -> int | None:
    """A count of tokens; None where the server states none that can be."""
    value = usage.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e12 else None


def wait_of(headers: Mapping[str, str], attempt: int, chance: float) -> float:
    """Seconds to wait before the next attempt: what the server asks for, else twice as long each time, jittered."""
    asked = headers.get("Retry-After") or headers.get("retry-after")
    if asked:
        seconds = _seconds(asked)
        if seconds is not None:
            return min(max(seconds, 0.0), 600.0) + chance * 0.25
    return min(_LONGEST, _FIRST * float(1 << (attempt - 1))) * (0.5 + chance / 2)


def _seconds(asked: str) -> float | None:
    from datetime import UTC, datetime

    try:
        return float(asked)
    except ValueError:
        pass
    try:
        when: datetime = parsedate_to_datetime(asked)
    except (ValueError, TypeError):
        return None
    return (when - datetime.now(UTC)).total_seconds()
