"""Benchmark items that stand in a text word for word."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.contained import Found, Items
from tunec.runtime.text.matches import joined
from tunec.runtime.text.normal import stripped, unpunctuated
from tunec.runtime.text.words import count_words

I64 = NDArray[np.int64]

#: An item of fewer words may stand in a text by chance.
LONG = 8


def equal(texts: pl.Series, items: pl.Series) -> tuple[I64, I64]:
    """(text, item) where both are the same but for case, punctuation and white space."""
    left = pl.DataFrame({"key": unpunctuated(texts), "text": np.arange(len(texts))}).filter(pl.col("key") != "")
    right = pl.DataFrame({"key": unpunctuated(items), "item": np.arange(len(items))})
    both = left.join(right, on="key").sort("text", "item")
    return both["text"].to_numpy().astype(np.int64), both["item"].to_numpy().astype(np.int64)


def contained(texts: pl.Series, items: pl.Series) -> tuple[I64, I64]:
    """(text, item) where an item of at least `LONG` words stands in the text."""
    long = count_words(stripped(items)).fill_null(0) >= LONG
    number = long.arg_true().to_numpy().astype(np.int64)
    index = Items.of(items.filter(long), LONG)
    anchors = _Anchors(index)
    parts = [anchors.matched(found) for found in index.search(texts)]
    return joined(text for text, _ in parts), joined(number[item] for _, item in parts)


class _Anchors:
    """For each item the n-gram of it that fewest items have: where that stands, the item is looked for."""

    def __init__(self, index: Items) -> None:
        self.index = index
        frequency = np.bincount(index.gram, minlength=len(index.numbers.hashes))
        order = np.lexsort((index.position, frequency[index.gram], index.item))
        _, first = np.unique(index.item[order], return_index=True)
        chosen = order[first]
        by_gram = np.argsort(index.gram[chosen], kind="stable")
        self.gram = index.gram[chosen][by_gram]
        self.item = index.item[chosen][by_gram]
        self.offset = (index.position[chosen] - index.words.starts[index.item[chosen]])[by_gram]

    def matched(self, found: Found) -> tuple[I64, I64]:
        low = np.searchsorted(self.gram, found.gram, "left")
        count = np.searchsorted(self.gram, found.gram, "right") - low
        place = np.repeat(np.arange(len(found.gram)), count)
        entry = np.repeat(low, count) + np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
        item, text = self.item[entry], found.text[place]
        start = found.position[place] - self.offset[entry]
        length = self.index.words.lengths[item]
        local = text - found.first
        inside = (start >= found.words.starts[local]) & (start + length <= found.words.ends[local])
        text, item, start, length = text[inside], item[inside], start[inside], length[inside]
        candidate = np.repeat(np.arange(len(item)), length)
        step = np.arange(len(candidate)) - np.repeat(np.cumsum(length) - length, length)
        theirs = self.index.words.words[self.index.words.starts[item][candidate] + step]
        equal_words = found.words.words[start[candidate] + step] == theirs
        wrong = np.bincount(candidate[~equal_words], minlength=len(item))
        return text[wrong == 0], item[wrong == 0]
