"""Numbers of JSON that no number of 64 bits is: they keep their spelling."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from typing import Any

from tunec.dsl.record import record

#: A number that a float may not hold, if it has a fraction or an exponent: it has sixteen digits or more, or an
#: exponent of three or more. Every decimal number with less has a float of its own.
_DOUBTFUL = re.compile(r"[0-9](?:[eE][+-]?[0-9]{3}|(?:\.?[0-9]){15})")
#: The same, where it is quick to tell: shorter texts have less digits, and floats between no such exponent.
_LONG, _SMALL, _LARGE = 16, 1e-99, 1e99
#: An integer of so many digits takes Python long to read; of a few more, it refuses to.
_MOST_DIGITS = 4000


@record
class Digits:
    """A number that no float and no integer of 64 bits is, as it is spelled."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def is_whole(self) -> bool:
        """Whether it is written as an integer."""
        return self.text.lstrip("-").isdecimal()


def loads(text: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """A text of JSON as `json.loads` reads it, but for numbers that no float holds, which are `Digits`. Raises
    ValueError."""
    return _decoder(pairs)(text)


@cache
def _decoder(pairs: Callable[[list[tuple[str, Any]]], Any] | None) -> Callable[[str], Any]:
    return json.JSONDecoder(object_pairs_hook=pairs, parse_float=fractional).decode


def fractional(text: str) -> float | Digits:
    """The float that a number with a fraction or an exponent is, or its digits where there is none."""
    value = float(text)
    if _SMALL < value < _LARGE if len(text) < _LONG else repr(value) == text:
        return value
    return value if _holds(value, text) else Digits(text)


def _holds(value: float, text: str) -> bool:
    """Whether a float is the number that a text spells: its shortest text is that number, or the float is, rounded to
    as many digits as the text has. What is written from a float, with however many digits, is held."""
    if repr(value) == text or _DOUBTFUL.search(text) is None:
        return True
    if math.isinf(value):
        return False
    if value == 0:
        return not re.search("[1-9]", re.split("[eE]", text)[0])
    spelled = Decimal(text)
    if Decimal(repr(value)) == spelled:
        return True
    digits = "".join(map(str, spelled.as_tuple().digits)).strip("0")
    return Context(len(digits), ROUND_HALF_EVEN).plus(Decimal(value)) == spelled


def whole(text: str) -> int | Digits:
    """The integer that a text is, or its digits where there are more than Python reads."""
    return int(text) if len(text) < _MOST_DIGITS else Digits(text)
