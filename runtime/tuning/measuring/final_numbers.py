"""The number that an answer ends with, as GSM8K writes it and as lm-eval reads it."""

from __future__ import annotations

import re
from fractions import Fraction

_MARKED = re.compile(r"####\s*(-?[0-9.,]+)")
_ANY = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")


def marked(text: str) -> Fraction | None:
    """The number after the first `####`."""
    found = _MARKED.search(text)
    return value(found[1]) if found else None


def last(text: str) -> Fraction | None:
    """The last number of a text."""
    found = list(_ANY.finditer(text))
    return value(found[-1][0]) if found else None


def value(text: str) -> Fraction | None:
    """The value of a number, without the marks of thousands, dollars and sentences."""
    plain = text.replace(",", "").replace("$", "").rstrip(".")
    try:
        return Fraction(plain)
    except ValueError:
        return None
