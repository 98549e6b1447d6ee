"""How much of a text stands in it before (Gopher, appendix A.1)."""

from __future__ import annotations

import numpy as np
import polars as pl

from tunec.runtime.text.ngrams import SPREAD, hashes, sequences
from tunec.runtime.text.words import units


def repeated(texts: pl.Series, n: int) -> pl.Series:
    """The share of the characters of each text's words that lie in an n-gram which stands in it before; 0 for a text
    without n-grams, missing for a missing text."""
    listed = units(texts)
    read = sequences(listed)
    text, position = read.windows(n)
    grams = hashes(read.words, position, n) ^ (text.astype(np.uint64) * SPREAD)
    again = position[~pl.Series(grams).is_first_distinct().to_numpy()]
    # Characters are counted once, however many n-grams they lie in.
    covered = np.zeros(len(read.words), dtype=np.bool_)
    for offset in range(n):
        covered[again + offset] = True
    flat = listed.explode(empty_as_null=False, keep_nulls=False)
    length = np.where(read.words != 0, flat.str.len_chars().to_numpy(), 0).astype(np.float64)
    owner = np.repeat(np.arange(len(texts)), read.lengths)
    whole = np.bincount(owner, length, minlength=len(texts))
    inside = np.bincount(owner, length * covered, minlength=len(texts))
    share = np.divide(inside, whole, out=np.zeros(len(texts)), where=whole > 0)
    return pl.Series(texts.name, share).set(texts.is_null(), None)
