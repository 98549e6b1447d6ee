"""Texts that begin or end alike because of a template, and are compared without it.

"Read the following instruction carefully … ### Instruction: Name a fish." is no duplicate of the same words around
another task, however long the words are. Where many texts are connected, what nearly all of them begin or end with is
taken away, and only those that are still near stay connected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
import polars as pl

from tunec.runtime.rows.texts import Texts, texts_of
from tunec.runtime.text.components import components
from tunec.runtime.text.jaccard import F64, I64, similar
from tunec.runtime.text.matches import joined

#: Of fewer different texts that are connected, none can be told from a template.
LEAST = 8
#: The share of them that begin or end alike.
_SHARE = 0.95
#: Texts of groups that are read at once: a row group of a file may have to be read again for each such part.
_AT_ONCE = 1 << 18
#: Characters above this stand for words, most of them: a boundary may be anywhere among them.
_WIDE = 0x2E80


def near_without_boilerplate(column: pl.Series | Texts, threshold: Fraction, n: int) -> tuple[I64, I64, F64, int]:
    """As `similar`, and the number of texts that only a template connected with others."""
    texts = texts_of(column)
    left, right, value = similar(texts, threshold, n)
    if len(left) < LEAST - 1:
        return left, right, value, 0
    group = components(len(texts), left, right)
    kept = np.ones(len(left), dtype=np.bool_)
    found: list[tuple[I64, I64, F64]] = []
    large = np.bincount(group)[group] >= LEAST
    many = np.flatnonzero(large)
    rows_of, pairs_of = _by_group(group, many), _by_group(group[left], np.flatnonzero(large[left]))
    for number, said in _said(texts, rows_of):
        rows, core = rows_of[number], _without(said)
        if core is not None:
            here = pairs_of[number]
            # The very same stay so, whatever they are made of.
            kept[here[value[here] < 1]] = False
            one, other, measured = similar(pl.Series(core, dtype=pl.String), threshold, n)
            found.append((rows[one], rows[other], measured))
    if not found:
        return left, right, value, 0
    one = joined([left[kept], *(part[0] for part in found)])
    other = joined([right[kept], *(part[1] for part in found)])
    measured = np.concatenate([value[kept], *(f[2] for f in found)])
    pairs = pl.DataFrame({"left": one, "right": other, "value": measured}).sort("left", "right", "value")
    pairs = pairs.unique(["left", "right"], keep="last", maintain_order=True)
    one, other, measured = (pairs[name].to_numpy() for name in ("left", "right", "value"))
    apart = np.setdiff1d(np.union1d(left, right), np.union1d(one, other))
    return one, other, measured, len(apart)


def _by_group(group: I64, members: I64) -> dict[int, I64]:
    """The members of each group, in their order."""
    if not len(members):
        return {}
    ordered = members[np.argsort(group[members], kind="stable")]
    groups, starts = np.unique(group[ordered], return_index=True)
    return dict(zip(groups.tolist(), np.split(ordered, starts[1:]), strict=True))


def _said(texts: Texts, rows_of: Mapping[int, I64]) -> Iterator[tuple[int, list[str]]]:
    """The texts of each group; those of many groups are read at once, and not those of all."""
    numbers = np.array(list(rows_of), dtype=np.int64)
    last = np.cumsum([len(rows) for rows in rows_of.values()], dtype=np.int64)
    for some in np.split(numbers, np.flatnonzero(np.diff(last // _AT_ONCE)) + 1):
        wanted = np.sort(joined(rows_of[number] for number in some.tolist()))
        read = texts.gather(wanted)
        for number in some.tolist():
            yield number, read.gather(np.searchsorted(wanted, rows_of[number])).to_list()


def _without(texts: Sequence[str]) -> list[str] | None:
    """The texts without what nearly all of them begin and end with; None where there is nothing of that, or too few of
    them are different."""
    different = sorted(set(texts))
    if len(different) < LEAST:
        return None
    head = _shared(different)
    tail = _shared(sorted(text[::-1] for text in different))[::-1]
    if not head and not tail:
        return None
    return [_cut(text, head, tail) for text in texts]


def _shared(ordered: Sequence[str]) -> str:
    """What all but a few of some sorted texts begin with."""
    many = math.ceil(_SHARE * len(ordered))
    windows = ((ordered[first], ordered[first + many - 1]) for first in range(len(ordered) - many + 1))
    return max((first[: _alike(first, last)] for first, last in windows), key=len)


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _cut(text: str, head: str, tail: str) -> str:
    """A text without its template. Words are left whole."""
    start = len(head) if text.startswith(head) else 0
    while 0 < start < len(text) and _inside(text, start):
        start -= 1
    end = len(text) - len(tail) if tail and text.endswith(tail) else len(text)
    while start < end < len(text) and _inside(text, end):
        end += 1
    return text[start:end]


def _inside(text: str, place: int) -> bool:
    """Whether a place is inside of a word."""
    before, after = text[place - 1], text[place]
    return before.isalnum() and after.isalnum() and max(ord(before), ord(after)) < _WIDE
