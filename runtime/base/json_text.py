"""JSON texts that stay what they were: numbers that no float holds keep their digits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tunec.runtime.base.digits import Digits, fractional, whole

_COMPACT, _APART = (",", ":"), (", ", ": ")


class _Found(Exception):
    """There are `Digits` in a value, which the quick writer does not know."""


def loads(text: str, *, strict: bool = False) -> Any:
    """The value of a JSON text, with `Digits` for numbers that would change.

    Raises:
        ValueError: it is not valid JSON; of `NaN` and `Infinity`, which Python writes, only where it is `strict`.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, parse_float=fractional, parse_int=_whole, parse_constant=_refuse if strict else Digits)


def dumps(value: Any, *, apart: bool = False) -> str:
    """A value as JSON on one line, keys in the order in which they were given, texts as they are; with `apart`, a space
    after each comma and colon.

    Raises:
        ValueError: a number in it is infinite or no number.
        TypeError: something in it is no value of JSON.
        RecursionError: it is nested too deeply.
    """
    separators = _APART if apart else _COMPACT
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators, default=_other)
    except _Found:
        return _written(value, *separators)


def has_digits(value: Any) -> bool:
    """Whether a value that was read with `loads` has numbers in it that other readers would change."""
    if isinstance(value, dict):
        return any(map(has_digits, value.values()))
    return any(map(has_digits, value)) if isinstance(value, list) else isinstance(value, Digits)


def _whole(text: str) -> int | Digits:
    return Digits(text) if text == "-0" else whole(text)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not valid JSON")


def _other(value: Any) -> Any:
    if isinstance(value, Digits) or (isinstance(value, Decimal) and value.is_finite()):
        raise _Found
    raise TypeError(f"JSON has no form for {type(value).__name__}")


def _written(value: Any, comma: str, colon: str) -> str:
    if isinstance(value, dict):
        pairs = (f"{dumps(key)}{colon}{_written(item, comma, colon)}" for key, item in value.items())
        return f"{{{comma.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{comma.join(_written(item, comma, colon) for item in value)}]"
    if isinstance(value, Digits) or (isinstance(value, Decimal) and value.is_finite()):
        return str(value)
    return dumps(value)
