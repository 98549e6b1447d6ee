"""How much of a text stands in it before (Gopher, appendix A.1)."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.ngrams import I64, SPREAD, Sequences, hashed, hashed_words, hashes
from tunec.runtime.text.words import flat_units

F64 = NDArray[np.float64]

_BATCH = 8_192  # texts whose words are in memory at once: few enough to stay near the processor


def repeated(texts: pl.Series, n: int) -> pl.Series:
    """The share of the characters of each text's words that lie in an n-gram which stands in it before; 0 for a text
    without n-grams, missing for a missing text."""
    parts = [_repeated(texts.slice(start, _BATCH), n) for start in range(0, len(texts), _BATCH)]
    return pl.Series(texts.name, np.concatenate([np.empty(0), *parts])).set(texts.is_null(), None)


def _repeated(texts: pl.Series, n: int) -> F64:
    share = np.zeros(len(texts))
    # Most texts repeat nothing, and nothing has to be counted in them.
    some = np.unique(_again(hashed_words(texts), n)[0])
    if len(some):
        share[some] = _shares(*flat_units(texts.gather(some)), n)
    return share


def _again(read: Sequences, n: int) -> tuple[I64, I64]:
    """The places of n-grams that stand earlier in their text: (text, position among all words)."""
    text, position = read.windows(n)
    grams = hashes(read.words, position, n) ^ (text.astype(np.uint64) * SPREAD)
    again = ~pl.Series(grams).is_first_distinct().to_numpy()
    return text[again], position[again]


def _shares(flat: pl.Series, lengths: I64, n: int) -> F64:
    _, again = _again(hashed(flat, lengths), n)
    # Characters are counted once, however many n-grams they lie in.
    covered = np.zeros(len(flat), dtype=np.bool_)
    for offset in range(n):
        covered[again + offset] = True
    characters = flat.str.len_chars().to_numpy().astype(np.float64)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    inside = np.bincount(owner, characters * covered, minlength=len(lengths))
    share: F64 = inside / np.bincount(owner, characters, minlength=len(lengths))
    return share
