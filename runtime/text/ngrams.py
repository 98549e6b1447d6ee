"""n-grams of many texts at once, as numbers that are equal exactly where the n-grams are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.words import flat_units

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

#: An odd number with bits all over: times the number of a text, it sets equal n-grams of different texts apart.
SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Sequences:
    """Texts as one array of word numbers: text i is `words[ends[i - 1]:ends[i]]`. Number 0 is no word."""

    words: U64
    lengths: I64

    @property
    def ends(self) -> I64:
        """Where each text ends."""
        return np.cumsum(self.lengths)

    @property
    def starts(self) -> I64:
        """Where each text starts."""
        return self.ends - self.lengths

    def padded(self, length: int) -> Sequences:
        """Texts shorter than `length` filled up with zeros, empty ones left empty: a short text is one n-gram."""
        lengths = np.where(self.lengths > 0, np.maximum(self.lengths, length), 0)
        words = np.zeros(int(lengths.sum()), dtype=np.uint64)
        shift = np.repeat(np.cumsum(lengths) - lengths - self.starts, self.lengths)
        words[np.arange(len(self.words)) + shift] = self.words
        return Sequences(words, lengths)

    def windows(self, n: int) -> tuple[I64, I64]:
        """Every place where n words of one text follow each other: (text, position in `words`)."""
        many = np.maximum(self.lengths - n + 1, 0)
        text = np.repeat(np.arange(len(self.lengths)), many)
        # The places of a text follow each other; where it has fewer than words, the next text's lie further on.
        skipped = self.starts - (np.cumsum(many) - many)
        return text, np.arange(len(text)) + np.repeat(skipped, many)


def hashed(flat: pl.Series, lengths: I64) -> Sequences:
    """The words of texts, one text after another and each with so many, as 64-bit hashes: they tell words apart but for
    a chance of one in 10^7 among a million of them, and no word hashes to 0."""
    return Sequences(flat.hash(seed=0).to_numpy() | np.uint64(1), lengths)


def hashed_words(texts: pl.Series) -> Sequences:
    """The units of texts as hashes."""
    return hashed(*flat_units(texts))


def sequences(units: pl.Series, vocabulary: pl.Series | None = None) -> Sequences:
    """The words of texts that are given as lists of words: hashes or, with a vocabulary, each word's place there plus
    one, and 0 for a word that is not there."""
    lengths = units.list.len().fill_null(0).to_numpy().astype(np.int64)
    flat = units.explode(empty_as_null=False, keep_nulls=False)
    if vocabulary is None:
        return hashed(flat, lengths)
    known = pl.DataFrame({"word": vocabulary, "number": np.arange(1, len(vocabulary) + 1, dtype=np.uint64)})
    found = pl.DataFrame({"word": flat}).join(known, on="word", how="left", maintain_order="left")
    return Sequences(found["number"].fill_null(0).to_numpy(), lengths)


def leading(hashed: U64, bits: int) -> I64:
    """The first bits of hashes: a place in a table."""
    return (hashed >> np.uint64(64 - bits)).astype(np.int64)


def vocabulary_of(units: pl.Series) -> pl.Series:
    """The distinct words of texts that are given as lists of words."""
    return units.explode(empty_as_null=False, keep_nulls=False).unique().sort()


def hashes(words: U64, position: I64, n: int, seed: int = 0) -> U64:
    """A hash of the n words at each position."""
    multiplier = _mix(np.array([seed + 1], dtype=np.uint64)) | np.uint64(1)  # mixed, 0 stays 0
    whole = np.zeros(max(len(words) - n + 1, 0), dtype=np.uint64)
    for offset in range(n):
        whole *= multiplier
        whole += words[offset : offset + len(whole)]
    return _mix(whole[position])


def same(left: U64, at: I64, right: U64, there: I64, n: int) -> NDArray[np.bool_]:
    """Whether the n words of `left` at each position are those of `right` at the other one."""
    equal = np.ones(len(at), dtype=np.bool_)
    for offset in range(n):
        equal &= left[at + offset] == right[there + offset]
    return equal


@dataclass(frozen=True, slots=True)
class Numbered:
    """The distinct n-grams of some windows: `number` of each window's n-gram, and for each n-gram, in the order of
    its number, a hash (ascending) and one `position` where it stands."""

    number: I64
    hashes: U64
    position: I64
    seed: int


def numbered(words: U64, position: I64, n: int) -> Numbered:
    """Number the n-grams at these positions: equal numbers, equal words, without exception."""
    for seed in count():
        hashed = hashes(words, position, n, seed)
        order = np.argsort(hashed, kind="stable")
        ordered, place = hashed[order], position[order]
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = ordered[1:] != ordered[:-1]
        again = np.flatnonzero(~new)
        # Two n-grams with one hash: as rare as it sounds, and then another hash is tried.
        if not same(words, place[again - 1], words, place[again], n).all():
            continue
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.cumsum(new) - 1
        return Numbered(number, ordered[new], place[new], seed)
    raise AssertionError("count() never ends")


def _mix(values: U64) -> U64:
    """splitmix64's finaliser: spreads the bits."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))
