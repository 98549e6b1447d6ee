"""Pairs of texts with a high Jaccard similarity: all of them, and no other.

A text shares with one that is near to it all but a few of its shingles (word n-grams). So of its rarest few, at least
one is shared: only texts that meet there are compared, in integers (prefix filtering: Chaudhuri et al., A primitive
operator for similarity joins, 2006; Bayardo et al., Scaling up all pairs similarity search, 2007). Most texts of real
data fall out before that, because more of their shingles than those few stand in no other text at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.parallel import side_by_side
from tunec.runtime.text.matches import joined, stars
from tunec.runtime.text.ngrams import hashes, sequences
from tunec.runtime.text.words import units

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

_BATCH = 20_000  # texts whose words are in memory at once, for each processor
_CHUNK = 4_000_000  # pairs, or shingles of pairs, in memory at once
_BITS = 27  # of a shingle's hash, by which shingles are told apart before they are compared


def similar(texts: pl.Series, threshold: Fraction, n: int) -> tuple[I64, I64, F64]:
    """Pairs (left, right, Jaccard) of positions, left < right; texts that are the same as `matches.pairs` has them.

    A pair below the threshold is never in it, and a pair at or above it is never missed: but for two shingles with one
    64-bit hash, a chance of one in a million among ten million of them.
    """
    scanned = list(side_by_side(lambda part: _scan(part, n), _batches(texts)))
    same = np.concatenate([one.same for one in scanned])
    lengths = np.concatenate([one.lengths for one in scanned])
    slots = np.concatenate([one.slots for one in scanned])
    del scanned
    # The same words in the same order are most of all duplicates, and need no comparison.
    again = np.flatnonzero((lengths > 0) & ~pl.Series(same).is_unique().to_numpy())
    left, right = stars(_keys(texts.gather(again)))
    left, right = again[left], again[right]
    stands = lengths > 0
    stands[right] = False
    if not stands.all():
        slots = slots[np.repeat(stands, lengths)]
    twice = _twice(slots)
    open_ = np.flatnonzero(stands)[_open(slots, twice, lengths[stands], threshold)]
    del slots
    shingles = _Shingles.of(texts.gather(open_), n, twice)
    found = [shingles.compare(a, b, threshold) for a, b in shingles.meeting(threshold)]
    near = pl.DataFrame(
        {
            "left": open_[joined(a for a, _, _ in found)],
            "right": open_[joined(b for _, b, _ in found)],
            "value": np.concatenate([np.empty(0), *(value for _, _, value in found)]),
        }
    )
    near = near.unique(["left", "right"]).sort("left", "right")
    return (
        np.concatenate([left, near["left"].to_numpy()]),
        np.concatenate([right, near["right"].to_numpy()]),
        np.concatenate([np.ones(len(left)), near["value"].to_numpy()]),
    )


def _batches(texts: pl.Series) -> Iterator[pl.Series]:
    for start in range(0, max(len(texts), 1), _BATCH):
        yield texts.slice(start, _BATCH)


def _keys(texts: pl.Series) -> pl.Series:
    """The words of each text, with blanks between them; missing where there are none."""
    keys = pl.concat(side_by_side(lambda part: units(part).list.join(" "), _batches(texts)))
    return keys.set(keys == "", None)


@dataclass(frozen=True, slots=True)
class _Scan:
    """Of each text a hash of its words and the number of its shingles; of each shingle some bits of its hash."""

    same: NDArray[np.uint64]
    lengths: I64
    slots: NDArray[np.uint32]


def _scan(texts: pl.Series, n: int) -> _Scan:
    listed = units(texts)
    words = sequences(listed).padded(n)
    text, position = words.windows(n)
    same = listed.list.join(" ").hash(seed=1).to_numpy()
    lengths = np.bincount(text, minlength=len(texts)).astype(np.int64)
    return _Scan(same, lengths, _slots(hashes(words.words, position, n)))


def _shared_shingles(texts: pl.Series, n: int, twice: NDArray[np.bool_]) -> tuple[I64, NDArray[np.uint64], I64]:
    """The shingles that may stand in another text too, as (text, hash), and for each text the number of others."""
    words = sequences(units(texts)).padded(n)
    text, position = words.windows(n)
    hashed = hashes(words.words, position, n)
    others = twice[_slots(hashed)]
    return text[others], hashed[others], np.bincount(text[~others], minlength=len(texts)).astype(np.int64)


def _slots(hashed: NDArray[np.uint64]) -> NDArray[np.uint32]:
    return (hashed >> np.uint64(64 - _BITS)).astype(np.uint32)


def _twice(slots: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """For each slot, whether several shingles are in it. One that is there alone stands in one text, and once."""
    ordered = np.sort(slots)
    twice = np.zeros(1 << _BITS, dtype=np.bool_)
    twice[ordered[1:][ordered[1:] == ordered[:-1]]] = True
    return twice


def _open(slots: NDArray[np.uint32], twice: NDArray[np.bool_], lengths: I64, threshold: Fraction) -> NDArray[np.bool_]:
    """Which texts may have a near one: few enough of their shingles stand nowhere else.

    Shingles that share a slot by chance are taken for the same one. That opens a text for nothing, and closes none.
    """
    if not len(slots):
        return np.zeros(len(lengths), dtype=np.bool_)
    alone = np.empty(len(slots), dtype=np.bool_)
    for start in range(0, len(slots), _CHUNK):
        alone[start : start + _CHUNK] = ~twice[slots[start : start + _CHUNK]]
    starts = np.cumsum(lengths) - lengths
    return np.add.reduceat(alone, starts, dtype=np.int64) < _rarest(lengths, threshold)


def _rarest(sizes: I64, threshold: Fraction) -> I64:
    """Of how many of its rarest shingles a set shares at least one with any that is near: all but those that two near
    sets have in common, and one more."""
    return sizes + 1 + (-sizes * threshold.numerator // threshold.denominator)


def _pairs_in_groups(group: I64) -> Iterator[tuple[I64, I64]]:
    """All pairs of positions with the same group, the smaller one first, in portions of about `_CHUNK`."""
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    end = np.repeat(np.cumsum(size), size)  # for each place in `order` the end of its group
    partners = end - np.arange(len(order)) - 1
    portion = np.cumsum(partners) // _CHUNK
    for places in np.split(np.arange(len(order)), np.flatnonzero(np.diff(portion)) + 1):
        count = partners[places]
        first = np.repeat(places, count)
        step = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
        if len(first):
            yield order[first], order[first + step + 1]


@dataclass(frozen=True, slots=True)
class _Shingles:
    """The sets of shingles of texts. Those that stand in one text alone are only counted: set i has `sizes[i]` in all,
    and `counts[i]` others, as sorted keys `text * width + rank`. The rarer a shingle, the lower its rank; the first
    `alone` ranks turned out to stand in one text as well."""

    keys: I64
    counts: I64
    sizes: I64
    width: int
    alone: int

    @staticmethod
    def of(texts: pl.Series, n: int, twice: NDArray[np.bool_]) -> _Shingles:
        read = list(side_by_side(lambda part: _shared_shingles(part, n, twice), _batches(texts)))
        text = np.concatenate([text + number * _BATCH for number, (text, _, _) in enumerate(read)])
        lone = np.concatenate([lone for _, _, lone in read])
        hashed = np.concatenate([hashed for _, hashed, _ in read])
        del read
        order = np.argsort(hashed)
        hashed = hashed[order]
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = hashed[1:] != hashed[:-1]
        width = max(int(new.sum()), 1)
        keys = _distinct(text[order] * width + np.cumsum(new) - 1)
        del text, hashed, order, new
        texts_with = np.bincount(keys % width, minlength=width)
        rank = np.empty(width, dtype=np.int64)
        rank[np.argsort(texts_with, kind="stable")] = np.arange(width)
        keys = np.sort(keys - keys % width + rank[keys % width])
        counts = np.bincount(keys // width, minlength=len(texts)).astype(np.int64)
        return _Shingles(keys, counts, counts + lone, width, int((texts_with <= 1).sum()))

    @property
    def starts(self) -> I64:
        """Where the keys of each set begin."""
        return np.cumsum(self.counts) - self.counts

    def meeting(self, threshold: Fraction) -> Iterator[tuple[I64, I64]]:
        """Pairs of texts that share one of their rarest shingles, in portions; a pair may be in several."""
        text = np.repeat(np.arange(len(self.sizes)), self.counts)
        # Those that stand in one text alone come first.
        place = np.arange(len(self.keys)) + (self.sizes - self.counts - self.starts)[text]
        rank = self.keys % self.width
        chosen = np.flatnonzero((place < _rarest(self.sizes, threshold)[text]) & (rank >= self.alone))
        text, rank = text[chosen], rank[chosen]
        for first, second in _pairs_in_groups(rank):
            pair = _distinct(text[first] * len(self.sizes) + text[second])
            yield pair // len(self.sizes), pair % len(self.sizes)

    def compare(self, a: I64, b: I64, threshold: Fraction) -> tuple[I64, I64, F64]:
        """The pairs that reach the threshold, with their Jaccard similarity."""
        p, q = threshold.numerator, threshold.denominator
        small, large = np.where(self.sizes[a] <= self.sizes[b], (a, b), (b, a))
        possible = self.sizes[small] * q >= self.sizes[large] * p
        a, b, small, large = a[possible], b[possible], small[possible], large[possible]
        shared = np.zeros(len(a), dtype=np.int64)
        portion = np.cumsum(self.counts[small]) // _CHUNK
        for part in np.split(np.arange(len(a)), np.flatnonzero(np.diff(portion)) + 1):
            shared[part] = self._shared(small[part], large[part])
        union = self.sizes[a] + self.sizes[b] - shared
        reached = shared * q >= union * p
        return a[reached], b[reached], shared[reached] / union[reached]

    def _shared(self, small: I64, large: I64) -> I64:
        count, starts = self.counts[small], self.starts
        pair = np.repeat(np.arange(len(small)), count)
        step = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
        shingle = self.keys[starts[small][pair] + step] % self.width
        wanted = large[pair] * self.width + shingle
        if not len(self.keys):
            return np.zeros(len(small), dtype=np.int64)
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.bincount(pair[self.keys[place] == wanted], minlength=len(small)).astype(np.int64)


def _distinct(keys: I64) -> I64:
    """The different numbers, in order. Sorting beats NumPy's hash table, which is what `unique` fills."""
    ordered = np.sort(keys)
    new = np.ones(len(ordered), dtype=np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]
