"""What is wrong with a regular expression, without loading the library that runs it.

Patterns are in the syntax of Rust's `regex`. Python's parser finds what both call a mistake; what only one of them has
is told apart first. Where there is doubt, nothing is said: the build will.
"""

from __future__ import annotations

import re
import warnings

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
    return ""


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
