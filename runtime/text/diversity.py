"""Lexical diversity of many texts at once: all of them are read in step, word by word."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.ngrams import SPREAD, sequences

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


def lexical(words: pl.Series, threshold: float) -> pl.Series:
    """MTLD of each list of words; missing for a missing list, and where no word comes twice."""
    read = sequences(words)
    lengths, length = read.lengths, len(read.words)
    text = np.repeat(np.arange(len(lengths)), lengths)
    # Where the same word stands before and behind in the same text, counted from its start and from its end.
    order = np.argsort(read.words ^ (text.astype(np.uint64) * SPREAD), kind="stable")
    left, right = order[:-1], order[1:]
    same = (text[left] == text[right]) & (read.words[left] == read.words[right])
    left, right = left[same], right[same]
    before, behind = np.full(length, -1, dtype=np.int64), np.full(length, -1, dtype=np.int64)
    before[right] = left - read.starts[text[right]]
    behind[left] = read.ends[text[left]] - 1 - right
    forwards = _factors(before, read.starts, lengths, 1, threshold)
    backwards = _factors(behind, read.ends - 1, lengths, -1, threshold)
    known = (forwards > 0) & (backwards > 0)
    values = np.full(len(lengths), np.nan)
    values[known] = (lengths[known] / forwards[known] + lengths[known] / backwards[known]) / 2
    return pl.Series(words.name, values, nan_to_null=True)


def _factors(seen: I64, first: I64, lengths: I64, step: int, threshold: float) -> F64:
    """How often the share of different words falls to the threshold in each text, and the part of a time at the end.

    Texts are read from `first` on, forwards or backwards (`step`); `seen` says for every word how many words after the
    beginning of the reading it came last, -1 where it is new.
    """
    # The longest first, so that those that are still being read are always the first so many.
    longest = np.argsort(-lengths, kind="stable")
    place, length_of = first[longest], lengths[longest]
    factors = np.zeros(len(lengths))
    since = np.zeros(len(lengths), dtype=np.int64)  # where the factor began
    different = np.zeros(len(lengths), dtype=np.int64)
    for position in range(int(length_of[0]) if len(length_of) else 0):
        alive = int(np.searchsorted(-length_of, -position, side="left"))
        begun = since[:alive]
        different[:alive] += seen[place[:alive] + step * position] < begun
        full = different[:alive] / (position + 1 - begun) <= threshold
        factors[:alive] += full
        since[:alive] = np.where(full, position + 1, begun)
        different[:alive][full] = 0
    rest = length_of - since
    share = np.divide(different, rest, out=np.ones(len(rest)), where=rest > 0)
    factors += (1 - share) / (1 - threshold)
    result = np.empty(len(lengths))
    result[longest] = factors
    return result
