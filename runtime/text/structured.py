"""JSON in answers of models, and whether it fits a schema."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

_FENCE = re.compile(r"```(?:json|JSON)?\s*\n(.*?)\n?\s*```", re.DOTALL)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>\s*", re.DOTALL)


class BadJson(Exception):
    """A text that is not the JSON that was asked for; the message says why."""


def read_json(text: str, schema: str) -> Any:
    """The JSON value in an answer that may wrap it in a fence, or in words before and after. Raises BadJson."""
    value = _value(text)
    error = next(iter(_validator(schema).iter_errors(value)), None)
    if error is not None:
        place = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in error.absolute_path)
        raise BadJson(f"{place.lstrip('.') or 'the value'}: {error.message[:200]}")
    return value


def _value(text: str) -> Any:
    text = _THOUGHT.sub("", text)
    fenced = _FENCE.search(text)
    tries = [text, *([fenced.group(1)] if fenced else [])]
    start = min((i for i in (text.find("{"), text.find("[")) if i >= 0), default=-1)
    for candidate in tries:
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    if start >= 0:
        try:
            return json.JSONDecoder().raw_decode(text, start)[0]
        except (ValueError, RecursionError) as error:
            raise BadJson(f"not valid JSON: {error}") from error
    raise BadJson("there is no JSON in it")


@lru_cache(maxsize=16)
def _validator(schema: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads(schema))
