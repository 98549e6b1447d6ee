"""Where texts share n-grams with benchmark items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.parallel import side_by_side
from tunec.runtime.text.ngrams import Numbered, Sequences, hashes, leading, numbered, same, sequences, vocabulary_of
from tunec.runtime.text.signs import word_lists

I64 = NDArray[np.int64]

_BATCH = 20_000  # texts whose words are in memory at once
_BITS = 22  # size of the filter that spares most windows the search


@dataclass(frozen=True, slots=True)
class Found:
    """n-grams of items in some texts: `text` (number among all texts), `position` among the words of `words`, and
    `gram`, one entry for each place."""

    words: Sequences
    first: int  # number of the first text of `words`
    text: I64
    position: I64
    gram: I64


@dataclass(frozen=True, slots=True)
class Items:
    """Benchmark items as sequences of words (`tunec.runtime.text.signs`), and their n-grams: entry k says
    that n-gram `gram[k]` of item `item[k]` stands at `position[k]` of `words`."""

    vocabulary: pl.Series
    words: Sequences
    n: int
    item: I64
    position: I64
    gram: I64
    numbers: Numbered

    @staticmethod
    def of(items: pl.Series, n: int) -> Items:
        """The n-grams of items; an item of fewer than n units has none."""
        lists = word_lists(items)
        vocabulary = vocabulary_of(lists)
        words = sequences(lists, vocabulary)
        item, position = words.windows(n)
        numbers = numbered(words.words, position, n)
        return Items(vocabulary, words, n, item, position, numbers.number, numbers)

    def search(self, texts: pl.Series) -> Iterator[Found]:
        """Every place in the texts where an n-gram of an item stands, exactly, in portions of the texts."""
        known = np.zeros(1 << _BITS, dtype=np.bool_)
        known[leading(self.numbers.hashes, _BITS)] = True
        yield from side_by_side(lambda first: self._found(texts, first, known), range(0, len(texts), _BATCH))

    def _found(self, texts: pl.Series, first: int, known: NDArray[np.bool_]) -> Found:
        words = sequences(word_lists(texts.slice(first, _BATCH)), self.vocabulary)
        text, position = words.windows(self.n)
        # A window with a word that no item has matches nothing.
        strange = np.concatenate([[0], np.cumsum(words.words == 0)])
        open_ = strange[position + self.n] == strange[position]
        text, position = text[open_], position[open_]
        hashed = hashes(words.words, position, self.n, self.numbers.seed)
        maybe = known[leading(hashed, _BITS)]
        text, position, hashed = text[maybe], position[maybe], hashed[maybe]
        gram = np.minimum(np.searchsorted(self.numbers.hashes, hashed), max(len(self.numbers.hashes) - 1, 0))
        if len(gram):
            there = self.numbers.position[gram]
            hit = same(words.words, position, self.words.words, there, self.n)
            text, position, gram = text[hit], position[hit], gram[hit]
        return Found(words, first, text + first, position, gram)
