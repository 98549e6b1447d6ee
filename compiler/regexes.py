"""What is wrong with a regular expression, without loading the library that runs it.

Patterns are in the syntax of Rust's `regex`. Python's parser finds what both call a mistake; what only one of them has
is told apart first. Where there is doubt, nothing is said: the build will.
"""

from __future__ import annotations

import importlib
import re
import warnings
from typing import Any

#: What Python has and Rust's `regex` has not, since it cannot be searched for in linear time.
_ABSENT = (
    (re.compile(r"\(\?<?[=!]"), "look-around (`(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`) is not supported"),
    (re.compile(r"\(\?P="), "references to groups are not supported"),
    (re.compile(r"\\[1-9]"), "references to groups, such as `\\1`, are not supported"),
    (re.compile(r"\(\?\("), "conditions (`(?(1)…)`) are not supported"),
    (re.compile(r"\(\?>"), "atomic groups (`(?>…)`) are not supported"),
)
_ESCAPED = re.compile(r"\\(?:[pP](?:\{[^}]*\}|[A-Za-z])|[xuU]\{[0-9A-Fa-f]+\}|.)", re.DOTALL)
_FLAGS = re.compile(r"\(\?[a-zA-Z]*(?:-[a-zA-Z]+)?(\)|:)")
#: Escapes that Rust has: classes, places, marks, characters.
_KNOWN = frozenset("dDsSwWbBAzntrfvaxuUpP") | {"<", ">"}


#: A pattern has 10 MB at most when it runs, with at least 32 bytes a state (measured on the library that runs it: a
#: letter has one state, and classes of Unicode as many as are listed here, rounded down).
_MOST = (10 << 20) // 32
_CLASSES = {"ANY": 30, "CATEGORY_DIGIT": 150, "CATEGORY_WORD": 1_200, "CATEGORY_SPACE": 18}
_ENDLESS = 1 << 30


def fault(pattern: str) -> str:
    """What is wrong with a pattern, in words; empty where nothing is known to be wrong."""
    bare = _ESCAPED.sub(lambda found: found[0] if found[0][1] in "123456789" else "", pattern)
    for absent, said in _ABSENT:
        if absent.search(bare):
            return said
    for escape in _ESCAPED.findall(pattern):
        if escape[1].isascii() and escape[1].isalnum() and escape[1] not in _KNOWN:
            return f"`{escape}` is not a known escape"
    if re.search(r"(?<!\\)\[[^\]]*(?:&&|--|~~|\[)|\(\?[a-zA-Z]*x", pattern):
        return ""  # sets of sets, and remarks in patterns, which Python reads otherwise
    plain = _FLAGS.sub(lambda found: "(?:" if found[1] == ":" else "", _ESCAPED.sub(_plain, pattern))
    plain = plain.replace("(?<", "(?P<")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(plain)
    except (re.error, OverflowError, RecursionError) as error:
        return _said(error)
    if re.search(r"\(\?[a-zA-Z]*-?[a-zA-Z]*u", pattern):
        return ""  # classes of ASCII, which are small
    states = _states(importlib.import_module("re._parser").parse(_sized(pattern)))
    return f"it is too large: it has at least {states:,.0f} states, of {_MOST:,}" if states > _MOST else ""


def _sized(pattern: str) -> str:
    """The pattern as Python reads it, with no escape that could be smaller than what takes its place."""
    kept = _ESCAPED.sub(lambda found: found[0] if found[0][1] in "dDsSwW" else "a", pattern)
    return _FLAGS.sub(lambda found: "(?:" if found[1] == ":" else "", kept).replace("(?<", "(?P<")


def _states(parsed: Any) -> float:
    """How many states of `_BYTES` bytes a pattern has at least. What is repeated is there as often."""
    total = 0.0
    for op, argument in parsed:
        name = str(op)
        if name.endswith("_REPEAT"):
            least, most, inner = argument
            total += _states(inner) * (least if int(most) >= _ENDLESS else int(most))
        elif name == "SUBPATTERN":
            total += _states(argument[-1])
        elif name == "BRANCH":
            total += max((_states(way) for way in argument[1] if len(way) > 1), default=1)
        elif name == "IN":
            total += _in_set(argument)
        elif name != "AT":
            total += _CLASSES.get(name, 1)
    return total


def _in_set(items: Any) -> int:
    """How many states a set has at least. Classes that complete each other become a small one."""
    kinds = [str(kind) for kind, _ in items]
    counts = [_CLASSES.get(str(item), 0) for kind, item in items if str(kind) == "CATEGORY"]
    return max([1, *counts]) if all(counts) and set(kinds) <= {"CATEGORY", "LITERAL"} else 1


def _plain(found: re.Match[str]) -> str:
    """An escape as something that Python reads in the same way."""
    letter = found[0][1]
    return found[0] if letter in "dDsSwWbBAntrfv" or not letter.isalnum() else r"\w"


def _said(error: Exception) -> str:
    text = str(getattr(error, "msg", error))
    if text.startswith(("multiple repeat", "redefinition", "bad escape", "global flags")):
        return ""
    for start, said in (
        ("missing ), unterminated", "a `(` is never closed"),
        ("unbalanced parenthesis", "a `)` closes nothing"),
        ("unterminated character set", "a `[` is never closed"),
        ("nothing to repeat", "there is nothing before `*`, `+`, `?` or `{` to repeat"),
        ("bad character range", f"the range `{text.removeprefix('bad character range ')}` is reversed"),
        ("min repeat greater", "the first number in `{…}` is greater than the second"),
    ):
        if text.startswith(start):
            return said
    return text
