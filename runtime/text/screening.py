"""Which texts and benchmark items may have words in common: rules that compare word by word look at those alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.parallel import side_by_side
from tunec.runtime.text.matches import joined, matches
from tunec.runtime.text.ngrams import SPREAD, U64, Sequences, hashed_words, hashes, leading
from tunec.runtime.text.normal import stripped
from tunec.runtime.text.verbatim import LONG, contained, equal

I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Words that follow each other in a text and in an item: as many as an item has at least that is looked for inside of
#: texts. It has at least as many units as words.
RUN = LONG
_BATCH = 10_000  # texts whose words are in memory at once
_WORD_BITS, _SET_BITS = 20, 24  # sizes of the tables that spare most hashes a search


def _none() -> I64:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Suspects:
    """Numbers of texts and items, ascending. Texts and items that share a run of `RUN` units are in `texts` and
    `items`; those that are the same from end to end in `whole_texts` and `whole_items`. So are a few that match
    nothing."""

    texts: I64 = field(default_factory=_none)
    items: I64 = field(default_factory=_none)
    whole_texts: I64 = field(default_factory=_none)
    whole_items: I64 = field(default_factory=_none)


class Screen:
    """Compares texts and items by hashes of their words: what it leaves out cannot match, what it names has to be
    compared. It remembers the texts it saw last, so that of two rules, and of the check of what is published, only one
    reads every word."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Let what is known of the texts go."""
        self._items = self._texts = pl.Series(dtype=pl.String)
        self._found = Suspects()

    def suspects(self, texts: pl.Series, items: pl.Series) -> Suspects:
        """The texts and items that may match."""
        if not self._items.equals(items):
            self._items, self._texts, self._found = items, texts.clear(), Suspects()
        if self._texts.equals(texts):
            return self._found
        earlier, before = self._found, self._texts
        new = (~texts.is_in(before.implode())).arg_true().to_numpy().astype(np.int64)
        found = screened(texts.gather(new), items)

        def both(now: I64, then: I64) -> I64:
            again = texts.is_in(before.gather(then).implode()).arg_true()
            return np.sort(joined([new[now], again.to_numpy().astype(np.int64)]))

        self._texts = texts
        self._found = Suspects(
            both(found.texts, earlier.texts),
            np.union1d(found.items, earlier.items),
            both(found.whole_texts, earlier.whole_texts),
            np.union1d(found.whole_items, earlier.whole_items),
        )
        return self._found


def screened(texts: pl.Series, items: pl.Series) -> Suspects:
    """The texts and items that may match, by one pass over both.

    Texts that are equal to `verbatim.equal` have the same units: `stripped` deletes whatever that form deletes.
    """
    if not len(texts):
        return Suspects()
    words = list(side_by_side(_words, _parts(items)))
    known = np.zeros(1 << _WORD_BITS, dtype=np.bool_)
    for part in words:
        known[leading(part.words, _WORD_BITS)] = True
    every = [_hashed(part, known, n * _BATCH) for n, part in enumerate(words)]
    runs, wholes = _Set(e.run for e in every), _Set(e.whole for e in every)
    parts = enumerate(_parts(texts))
    found = list(side_by_side(lambda p: _hashed(_words(p[1]), known, p[0] * _BATCH).only(runs, wholes), parts))
    runs, wholes = _Set(f.run for f in found), _Set(f.whole for f in found)
    items_found = [e.only(runs, wholes) for e in every]
    return Suspects(
        joined(np.unique(f.run_of) for f in found),
        joined(np.unique(f.run_of) for f in items_found),
        joined(f.whole_of for f in found),
        joined(f.whole_of for f in items_found),
    )


def equal_or_contained(texts: pl.Series, items: pl.Series, near: Suspects) -> pl.DataFrame:
    """Matches of texts with items that they are, or hold word for word, among those that may match."""
    text_a, item_a = equal(texts.gather(near.whole_texts), items.gather(near.whole_items))
    text_b, item_b = contained(texts.gather(near.texts), items.gather(near.items))
    text = joined([near.whole_texts[text_a], near.texts[text_b]])
    item = joined([near.whole_items[item_a], near.items[item_b]])
    pairs = pl.DataFrame({"text": text, "item": item}).unique().with_columns(value=pl.lit(1.0))
    return matches(pairs, "equal or contained")


@dataclass(frozen=True, slots=True)
class _Hashed:
    """Some texts as hashes: of every run of units and of every whole text, each with the number of the text."""

    run_of: I64
    run: U64
    whole_of: I64
    whole: U64

    def only(self, runs: _Set, wholes: _Set) -> _Hashed:
        """What is in these sets."""
        run, whole = runs.has(self.run), wholes.has(self.whole)
        return _Hashed(self.run_of[run], self.run[run], self.whole_of[whole], self.whole[whole])


def _hashed(read: Sequences, known: Mask, first: int) -> _Hashed:
    text, position = read.windows(RUN)
    # A run with a word that no item has matches nothing.
    strange = np.concatenate([[0], np.cumsum(~known[leading(read.words, _WORD_BITS)])])
    open_ = strange[position + RUN] == strange[position]
    text, position = text[open_], position[open_]
    # No word hashes to 0, so the sum of an empty text is told from all others.
    some = np.flatnonzero(read.lengths)
    whole = np.zeros(len(read.lengths), dtype=np.uint64)
    starts, ends = read.starts[some], read.ends[some]
    whole[some] = (read.words[starts] * SPREAD + read.words[ends - 1]) * SPREAD + read.lengths[some].astype(np.uint64)
    number = np.arange(len(read.lengths), dtype=np.int64)
    return _Hashed(text + first, hashes(read.words, position, RUN), number + first, whole)


class _Set:
    """A set of 64-bit hashes."""

    def __init__(self, parts: Iterable[U64]) -> None:
        self._ordered = np.sort(np.concatenate([np.empty(0, dtype=np.uint64), *parts]))
        self._maybe = np.zeros(1 << _SET_BITS, dtype=np.bool_)
        self._maybe[leading(self._ordered, _SET_BITS)] = True

    def has(self, values: U64) -> Mask:
        """Which of these are in the set."""
        there = self._maybe[leading(values, _SET_BITS)]
        maybe = values[there]
        place = np.minimum(np.searchsorted(self._ordered, maybe), max(len(self._ordered) - 1, 0))
        there[there] = self._ordered[place] == maybe if len(maybe) else False
        return there


def _words(texts: pl.Series) -> Sequences:
    return hashed_words(stripped(texts))


def _parts(texts: pl.Series) -> list[pl.Series]:
    return [texts.slice(first, _BATCH) for first in range(0, len(texts), _BATCH)]
