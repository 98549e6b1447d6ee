"""Benchmark items that a text is or holds, by hashes alone: a version carries what is here, and no text of a benchmark.

Compared are the signs of both (`tunec.runtime.text.signs`), so blanks and the punctuation of sentences hide nothing,
and a number, an operator or an amount that differs makes another item.
"""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.parallel import side_by_side
from tunec.runtime.text.matches import joined
from tunec.runtime.text.signs import EDGE, FIRST, SPREAD, Packed, Signs, portions, signs_of, word_hashes

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: An item of fewer words may stand in a text by chance: only a text that is nothing else is that item.
LONG = 8
#: So many bytes of an item are looked for first, in steps of eight.
_LEAD, _STEP = 24, 8
#: Where one of these follows a digit, or the first two come before one, the number is not over.
_WITHIN_NUMBER = b".:%/^"
_HINT_BITS, _LEAD_BITS = 16, 20

#: Hashed items: bytes of the whole; some bits of a hash of its first eight bytes, of which alone the eight cannot be
#: told; a hash of its first bytes; a hash of the whole; and whether it is looked for inside of texts.
HIDDEN = {"length": pl.Int64, "hint": pl.UInt16, "lead": pl.UInt64, "whole": pl.String, "inside": pl.Boolean}


def hidden(items: pl.Series) -> pl.DataFrame:
    """The columns of `HIDDEN` for each item. An item without a sign has the length 0 and matches nothing."""
    parts = [hide(signs_of(part)) for part in portions(items)]
    return pl.concat([pl.DataFrame(schema=HIDDEN), *parts])


def hide(signs: Signs) -> pl.DataFrame:
    """The same of items whose signs are known."""
    packed = signs.packed()
    starts = packed.edges[:-1] + 1
    texts = packed.texts()
    length = np.array([len(text) for text in texts], dtype=np.int64)
    hint = _hint(packed.eights[starts] & FIRST[np.minimum(length, _STEP)]).astype(np.uint16)
    lead = word_hashes(packed.codes, starts, np.minimum(length // _STEP * _STEP, _LEAD), packed.eights)
    whole = [_digest(text) for text in texts]
    columns = {"length": length, "hint": hint, "lead": lead, "whole": whole, "inside": signs.long(LONG)}
    return pl.DataFrame(columns, schema=HIDDEN)


def _digest(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()


class Verbatim:
    """Hashed items, ready to be looked for."""

    def __init__(self, items: pl.DataFrame) -> None:
        known = items.select(HIDDEN.keys()).with_row_index("item").filter(pl.col("length") > 0)
        long = known.filter("inside")
        self._long = [
            _Leads(size, level) for size in range(_STEP, _LEAD + 1, _STEP)
            if (level := long.filter(_lead_size() == size)).height
        ]  # fmt: skip
        short = known.filter(~pl.col("inside"))
        self._hints = [_table(part["hint"].to_numpy(), _HINT_BITS) for part in (long, short)]
        self._lengths = short["length"].unique().to_numpy()
        self._items: dict[str, list[int]] = {}
        for item, whole in known.select("item", "whole").iter_rows():
            self._items.setdefault(whole, []).append(item)

    def within(self, texts: Packed) -> tuple[I64, I64]:
        """(text, item) where a text is the item or, if that is long, holds it."""
        edges = texts.edges
        starts = texts.starts[self._hints[0][_hint(texts.first_eights)]] if self._long else texts.starts[:0]
        places = [leads.found(texts, starts) for leads in self._long]
        size = np.diff(edges) - 1
        alone = np.flatnonzero((size > 0) & np.isin(size, self._lengths))
        first, size = edges[alone] + 1, size[alone]
        may = self._hints[1][_hint(texts.eights[first] & FIRST[np.minimum(size, _STEP)])]
        places.append((first[may], size[may]))
        found: set[tuple[int, int]] = set()
        for place, length in places:
            text = np.searchsorted(edges, place, "right") - 1
            for number, start, many in zip(text.tolist(), place.tolist(), length.tolist(), strict=True):
                for item in self._items.get(_digest(texts.whole[start : start + many]), ()):
                    found.add((number, item))
        pairs = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


def _lead_size() -> pl.Expr:
    return (pl.col("length") // _STEP * _STEP).clip(upper_bound=_LEAD)


class _Leads:
    """Items of which the first `size` bytes are looked for."""

    def __init__(self, size: int, items: pl.DataFrame) -> None:
        self.size = size
        pairs = items.select("lead", "length").unique().sort("lead", "length")
        self.lead, self.length = pairs["lead"].to_numpy(), pairs["length"].to_numpy()
        self.maybe = _table(_leading(self.lead), _LEAD_BITS)

    def found(self, texts: Packed, starts: I64) -> tuple[I64, I64]:
        """(place, length) where an item may stand: its first bytes do, and a word ends where it would."""
        starts = starts[starts + self.size < len(texts.codes)]
        hashed = word_hashes(texts.codes, starts, np.full(len(starts), self.size), texts.eights)
        maybe = self.maybe[_leading(hashed)]
        starts, hashed = starts[maybe], hashed[maybe]
        low, high = (np.searchsorted(self.lead, hashed, side) for side in ("left", "right"))
        many = high - low
        place = np.repeat(starts, many)
        entry = np.arange(len(place)) + np.repeat(low - np.cumsum(many) + many, many)
        end = place + self.length[entry]
        fits = end < len(texts.codes)
        place, end = place[fits], end[fits]
        ends = _word_over(texts, end) & ~_number_goes_on(texts, end) & ~_number_goes_on(texts, place)
        return place[ends], (end - place)[ends]


def _hint(eight: U64) -> I64:
    return (eight * SPREAD >> np.uint64(64 - _HINT_BITS)).astype(np.int64)


def _leading(hashed: U64) -> I64:
    return (hashed >> np.uint64(64 - _LEAD_BITS)).astype(np.int64)


def _table(numbers: NDArray[np.integer], bits: int) -> Mask:
    table = np.zeros(1 << bits, dtype=np.bool_)
    table[numbers] = True
    return table


def _word_over(texts: Packed, place: I64) -> Mask:
    """Whether at each place another word begins, or a text or a number is over."""
    next_ = texts.starts[np.minimum(np.searchsorted(texts.starts, place), len(texts.starts) - 1)]
    here = texts.codes[place]
    over: Mask = (next_ == place) | (here == EDGE) | (here == ord(" "))
    return over


def _number_goes_on(texts: Packed, place: I64) -> Mask:
    """Whether what is before and what begins at each place are parts of one number."""
    before, here = texts.codes[place - 1], texts.codes[place]
    digit = (ord("0") <= before) & (before <= ord("9"))
    behind = np.isin(here, list(_WITHIN_NUMBER)) & digit
    return behind | (np.isin(before, list(_WITHIN_NUMBER[:2])) & (ord("0") <= here) & (here <= ord("9")))


def held(texts: pl.Series, known: Verbatim) -> tuple[I64, I64]:
    """(text, item) where a text is one of the hashed items or, if that is long, holds it."""
    parts = list(portions(texts))
    firsts = np.cumsum([0, *map(len, parts)])
    found = list(side_by_side(lambda part: known.within(signs_of(part).packed()), parts))
    return (
        joined(text + first for (text, _), first in zip(found, firsts, strict=False)),
        joined(item for _, item in found),
    )
