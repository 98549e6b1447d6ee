"""Whether two answers to one question contradict each other, as far as their wording tells without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, product

import polars as pl

from tunec.runtime.text.final_answers import final_answer
from tunec.runtime.text.mathematics import Unreadable, WithoutMath, equal
from tunec.runtime.text.normal import folded
from tunec.runtime.text.words import count_words

_YES = re.compile(r"\W*(?:yes|true|correct|是的?(?![是否])|对(?!不|于|比)|正确|可以|能(?!否))(?![a-z])", re.IGNORECASE)
_NO = re.compile(r"\W*(?:no|false|incorrect|不是|不对|不正确|错误|否|不可以|不能|不会|没有)(?![a-z])", re.IGNORECASE)
#: An answer of so many words is a label, a name or a number: another one is another answer.
_SHORT = 3


def contradiction(one: str, other: str) -> str | None:
    """How two answers to one question contradict each other, or None where their wording does not show it: one says yes
    and the other no; their final answers have different values; or both are of three words at most, and differ.

    Expressions other than numbers are compared with the extra `math`; without it they contradict nothing."""
    sides = [(bool(_YES.match(text)), bool(_NO.match(text))) for text in (one, other)]
    if (True, False) in sides and (False, True) in sides:
        return "yes and no"
    found, wanted = final_answer(one), final_answer(other)
    if found is not None and wanted is not None:
        try:
            return None if equal(found, wanted) else f"{found} and {wanted}"
        except (Unreadable, WithoutMath):
            return None
    if any(sum(any(map(str.isalnum, part)) for part in text.split()) > _SHORT for text in (one, other)):
        return None  # at least so many words, also where a script has no blanks; to count them all takes longer
    plain = folded(pl.Series([one, other])).str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    if plain[0] != plain[1] and (count_words(plain) <= _SHORT).all():
        return f"{one.strip()} and {other.strip()}"
    return None


def every_pair(found: pl.DataFrame) -> Iterator[tuple[int, int, float]]:
    """All pairs (left < right, value) that the pairs of a rule of `dedup` stand for: those with the very same text are
    linked with the first of them alone (`tunec.runtime.text.matches.pairs`)."""
    classes: dict[int, list[int]] = {}
    for left, right in found.filter(pl.col("value") >= 1).select("left", "right").iter_rows():
        classes.setdefault(left, [left]).append(right)
    for rows in classes.values():
        yield from ((a, b, 1.0) for a, b in combinations(sorted(rows), 2))
    member = {row: first for first, rows in classes.items() for row in rows}
    for left, right, value in found.filter(pl.col("value") < 1).select("left", "right", "value").iter_rows():
        sides = (classes.get(member.get(row, row), [row]) for row in (left, right))
        yield from ((min(a, b), max(a, b), value) for a, b in product(*sides))
