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
from itertools import pairwise
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.parallel import side_by_side
from tunec.runtime.base.workers import each
from tunec.runtime.rows.texts import Texts, key_of, texts_of
from tunec.runtime.text.matches import joined, stars
from tunec.runtime.text.shingles import BITS, Scan, Shared, Table, scanning, sharing
from tunec.runtime.text.signs import portions, signs_of
from tunec.runtime.text.slots import MOST, Bits, Slots

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Numbers = TypeVar("Numbers", bound=NDArray[np.integer])

_CHUNK = 2_000_000  # pairs, or shingles of pairs, in memory at once
_FEWEST_BITS = 12
_BUCKETS = 5  # bits of a hash, by which very many shingles are numbered a part at a time


def similar(column: pl.Series | Texts, threshold: Fraction, n: int) -> tuple[I64, I64, F64]:
    """Pairs (left, right, Jaccard) of positions, left < right; texts that are the same as `matches.pairs` has them.

    A pair below the threshold is never in it, and a pair at or above it is never missed: but for two shingles with one
    64-bit hash, a chance of one in a million among ten million of them.
    """
    texts = texts_of(column)
    aside = Slots(texts.scratch) if texts.held is None else None
    scanned = list(_scanned(texts, n, aside))
    same = np.concatenate([one.same for one in scanned])
    lengths = np.concatenate([one.lengths for one in scanned])
    slots = np.concatenate([one.slots for one in scanned])
    del scanned
    # The same words and marks in the same order are most of all duplicates, and need no comparison.
    again = np.flatnonzero((lengths > 0) & ~pl.Series(same).is_unique().to_numpy())
    left, right = stars(_keys(texts, again))
    left, right = again[left], again[right]
    stands = lengths > 0
    stands[right] = False
    shared: Bits | Table
    if aside is None:
        bits = _bits(len(slots))
        slots >>= np.uint32(BITS - bits)
        if not stands.all():
            slots = slots[np.repeat(stands, lengths)]
        twice = Table(_twice(slots, bits), bits)
        open_ = np.flatnonzero(stands)[_open(slots, twice.table, lengths[stands], threshold)]
        shared = twice
        del twice
    else:
        shared = aside.shared(lengths, stands)
        open_ = np.flatnonzero(stands & (aside.alone(lengths, shared) < _rarest(lengths, threshold)))
        del aside
    del slots
    read = _read_again(texts, open_, n, shared)
    del shared
    shingles = _Shingles.of(read) if texts.held is not None else _Shingles.of_many(read)
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


def _keys(texts: Texts, numbers: I64) -> pl.Series:
    """The words and marks of each of these texts, with blanks between them, or a hash of them where texts are not in
    memory; missing where there are none."""

    def keys(part: pl.Series) -> pl.Series:
        found = signs_of(part).written(marks=True)
        found = found.set(found == "", None)
        return found if texts.held is not None else key_of(found)

    return pl.concat(side_by_side(keys, _some(texts, numbers)))


def _scanned(texts: Texts, n: int, aside: Slots | None) -> Iterator[Scan]:
    """The portions of texts, scanned; with what is said of their shingles put aside, if there is a place for it."""
    bits, parts = BITS if aside is None else MOST, _portions(texts)
    if texts.workers is None:  # no frames are made of what need not travel
        scans = side_by_side(lambda part: Scan.among(part, n, bits), parts)
    else:
        settings = {"n": n, "bits": bits}
        scans = map(Scan.of, each(texts.workers, scanning, settings, (part.to_frame("text") for part in parts)))
    for one in scans:
        if aside is not None:
            aside.add(one.slots)
        yield one if aside is None else Scan(one.same, one.lengths, np.empty(0, dtype=np.uint32))


def _read_again(texts: Texts, numbers: I64, n: int, known: Bits | Table) -> list[Shared]:
    """The shingles that texts may share with others."""
    some = _some(texts, numbers)
    if isinstance(known, Table):
        return list(side_by_side(lambda part: Shared.among(part, n, known), some))
    settings = {"n": n, "bits": known.bits}
    parts = (part.to_frame("text") for part in some)
    return [Shared.of(worked) for worked in each(texts.workers, sharing, settings, parts, [known.frame()])]


def _portions(texts: Texts) -> Iterator[pl.Series]:
    return (portion for part in texts.parts() for portion in portions(part))


def _some(texts: Texts, numbers: I64) -> Iterator[pl.Series]:
    """Portions of the texts with these ascending numbers."""
    if texts.held is not None:
        yield from portions(texts.gather(numbers))
        return
    start = first = 0
    for part in texts.parts():
        after = int(np.searchsorted(numbers, start + len(part)))
        yield from portions(part.gather(numbers[first:after] - start))
        start, first = start + len(part), after


def _bits(shingles: int) -> int:
    """The bits of a hash that tell so many shingles apart: eight slots for each. More would only be memory to clear."""
    return min(BITS, max(_FEWEST_BITS, (8 * shingles).bit_length()))


def _twice(slots: NDArray[np.uint32], bits: int) -> NDArray[np.bool_]:
    """For each slot, whether several shingles are in it. One that is there alone stands in one text, and once."""
    ordered = _sorted(slots)
    twice = np.zeros(1 << bits, dtype=np.bool_)
    twice[ordered[1:][ordered[1:] == ordered[:-1]]] = True
    return twice


def _open(slots: NDArray[np.uint32], twice: NDArray[np.bool_], lengths: I64, threshold: Fraction) -> NDArray[np.bool_]:
    """Which texts may have a near one: few enough of their shingles stand nowhere else.

    Shingles that share a slot by chance are taken for the same one. That opens a text for nothing, and closes none.
    """
    ends = np.cumsum(lengths)
    starts = ends - lengths
    cuts = np.searchsorted(ends, np.arange(0, len(slots), _CHUNK), side="right")

    def alone(first: int, after: int) -> I64:
        begin = starts[first]
        return np.add.reduceat(~twice[slots[begin : ends[after - 1]]], starts[first:after] - begin, dtype=np.int64)

    portions = [(a, b) for a, b in pairwise([*np.unique(cuts).tolist(), len(lengths)]) if a < b]
    return joined(side_by_side(lambda portion: alone(*portion), portions)) < _rarest(lengths, threshold)


def _rarest(sizes: I64, threshold: Fraction) -> I64:
    """Of how many of its rarest shingles a set shares at least one with any that is near: all but those that two near
    sets have in common, and one more."""
    return sizes + 1 + (-sizes * threshold.numerator // threshold.denominator)


def _pairs_in_groups(group: NDArray[np.integer]) -> Iterator[tuple[I64, I64]]:
    """All pairs of positions with the same group, the smaller one first, in portions of about `_CHUNK`."""
    if not len(group):
        return
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # of each group, its last place in `order`
    del ordered
    partners = np.repeat(last, np.diff(last, prepend=-1))
    partners -= np.arange(len(order))  # and now, how many of the group come after each
    cuts = np.flatnonzero(np.diff(np.cumsum(partners) // _CHUNK)) + 1
    for start, after in pairwise([0, *cuts.tolist(), len(order)]):
        places, count = np.arange(start, after), partners[start:after]
        first = np.repeat(places, count)
        step = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
        if len(first):
            yield order[first], order[first + step + 1]


@dataclass(frozen=True, slots=True)
class _Shingles:
    """The sets of shingles of texts. Those that stand in one text alone are only counted: set i has `sizes[i]` in all,
    and `counts[i]` others, by their ranks in order, set after set. There are `width` ranks. The rarer a shingle, the
    lower its rank; the first `alone` ranks turned out to stand in one text as well."""

    ranks: NDArray[np.uint32]
    counts: I64
    sizes: I64
    width: int
    alone: int

    @staticmethod
    def of(read: list[Shared]) -> _Shingles:
        """Takes the hashes out of `read`, which is empty afterwards: they are most of the memory."""
        shared = np.concatenate([part.shared for part in read])
        lone = np.concatenate([part.lone for part in read])
        hashed = np.concatenate([part.hashed for part in read])
        read.clear()
        shingle = pl.Series(hashed).rank("dense").to_numpy() - np.uint32(1)
        del hashed
        width = int(shingle.max(initial=0)) + 1
        keys = np.repeat(np.arange(len(shared)) * width, shared)
        keys += shingle
        del shingle
        keys = _distinct(keys)
        text = keys // width
        counts = np.bincount(text, minlength=len(shared)).astype(np.int64)
        text *= width
        keys -= text
        texts_with = np.bincount(keys, minlength=width)
        rank = np.empty(width, dtype=np.int64)
        # Of small whole numbers NumPy makes a radix sort.
        few = np.minimum(texts_with, np.iinfo(np.uint16).max).astype(np.uint16)
        rank[np.argsort(few, kind="stable")] = np.arange(width)
        text += rank[keys]
        del keys
        ranks = (_sorted(text) - np.repeat(np.arange(len(counts)) * width, counts)).astype(np.uint32)
        return _Shingles(ranks, counts, counts + lone, width, int((texts_with <= 1).sum()))

    @staticmethod
    def of_many(read: list[Shared]) -> _Shingles:
        """The same, portion by portion: no array of all shingles is there twice. Takes the hashes out of `read`."""
        counts = [part.shared for part in read]
        sizes = np.concatenate([np.empty(0, dtype=np.int64), *(part.lone for part in read)])
        hashed = [part.hashed for part in read]
        read.clear()
        numbers, width = _numbered(hashed)
        with_ = np.zeros(width, dtype=np.uint32)  # texts with each shingle
        for place, (some, many) in enumerate(zip(numbers, counts, strict=True)):
            text = np.repeat(np.arange(len(many)), many)
            distinct = _distinct(text * width + some)
            counts[place] = np.bincount(distinct // width, minlength=len(many)).astype(np.int64)
            numbers[place] = (distinct % width).astype(np.uint32)
            np.add.at(with_, numbers[place], np.uint32(1))
        few = np.minimum(with_, np.iinfo(np.uint16).max).astype(np.uint16)
        rank = np.empty(width, dtype=np.uint32)
        rank[np.argsort(few, kind="stable")] = np.arange(width, dtype=np.uint32)
        del few
        ranks = np.empty(sum(map(len, numbers)), dtype=np.uint32)
        start = 0
        for place, many in enumerate(counts):
            text = np.repeat(np.arange(len(many)) * width, many)
            after = start + len(text)
            ranks[start:after] = _sorted(text + rank[numbers[place]]) - text
            start, numbers[place] = after, np.empty(0, dtype=np.uint32)
        all_counts = np.concatenate([np.empty(0, dtype=np.int64), *counts])
        return _Shingles(ranks, all_counts, all_counts + sizes, max(width, 1), int((with_ <= 1).sum()))

    @property
    def starts(self) -> I64:
        """Where the ranks of each set begin."""
        return np.cumsum(self.counts) - self.counts

    def meeting(self, threshold: Fraction) -> Iterator[tuple[I64, I64]]:
        """Pairs of texts that share one of their rarest shingles, in portions; a pair may be in several."""
        # Those that stand in one text alone come first.
        take = np.clip(_rarest(self.sizes, threshold) - (self.sizes - self.counts), 0, self.counts)
        starts = self.starts
        texts, ranks = [np.empty(0, dtype=np.int32)], [np.empty(0, dtype=np.uint32)]
        for some in np.split(np.arange(len(take)), np.flatnonzero(np.diff(np.cumsum(take) // _CHUNK)) + 1):
            many = take[some]
            one = np.repeat(some, many)
            of_these = self.ranks[_places(starts[some], many)]
            seen = of_these >= self.alone
            texts.append(one[seen].astype(np.int32))
            ranks.append(of_these[seen])
        text, rank = np.concatenate(texts), np.concatenate(ranks)
        del texts, ranks
        for first, second in _pairs_in_groups(rank):
            pair = _distinct(text[first].astype(np.int64) * len(self.sizes) + text[second])
            yield pair // len(self.sizes), pair % len(self.sizes)

    def compare(self, a: I64, b: I64, threshold: Fraction) -> tuple[I64, I64, F64]:
        """The pairs that reach the threshold, with their Jaccard similarity."""
        p, q = threshold.numerator, threshold.denominator
        small, large = np.where(self.sizes[a] <= self.sizes[b], (a, b), (b, a))
        # They have no more in common than either shares with any.
        most = np.minimum(self.counts[a], self.counts[b])
        possible = most * (p + q) >= (self.sizes[a] + self.sizes[b]) * p
        a, b, small, large = a[possible], b[possible], small[possible], large[possible]
        shared, starts = np.zeros(len(a), dtype=np.int64), self.starts
        portion = np.cumsum(self.counts[small] + self.counts[large]) // _CHUNK
        for part in np.split(np.arange(len(a)), np.flatnonzero(np.diff(portion)) + 1):
            shared[part] = self._shared(small[part], large[part], starts)
        union = self.sizes[a] + self.sizes[b] - shared
        reached = shared * q >= union * p
        return a[reached], b[reached], shared[reached] / union[reached]

    def _shared(self, small: I64, large: I64, starts: I64) -> I64:
        """How many shingles each pair has in common. The sets are searched for in those of the larger ones, made one
        list for that."""
        pair, shingle = self._of(small, starts)
        sets, of = np.unique(large, return_inverse=True)
        number, held = self._of(sets, starts)
        keys, wanted = number * self.width + held, of[pair] * self.width + shingle
        if not len(keys):
            return np.zeros(len(small), dtype=np.int64)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.bincount(pair[keys[place] == wanted], minlength=len(small)).astype(np.int64)

    def _of(self, texts: I64, starts: I64) -> tuple[I64, NDArray[np.uint32]]:
        """The shingles of some texts, each with the number of its text among them."""
        many = self.counts[texts]
        return np.repeat(np.arange(len(texts)), many), self.ranks[_places(starts[texts], many)]


def _places(starts: I64, many: I64) -> I64:
    """So many places from each start on."""
    ends = np.cumsum(many)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + many, many)


def _numbered(hashed: list[NDArray[np.uint64]]) -> tuple[list[NDArray[np.uint32]], int]:
    """A number for each hash, the same for equal ones, in their order; and how many there are. Takes the hashes out of
    the list."""
    width, rest = 0, np.uint64(64 - _BUCKETS)
    for bucket in range(1 << _BUCKETS):
        some = np.concatenate([np.empty(0, dtype=np.uint64), *(part[part >> rest == bucket] for part in hashed)])
        known, inverse = np.unique(some, return_inverse=True)
        start = 0
        for place, part in enumerate(hashed):
            # A number takes the place of its hash: below 2^32, it looks like a hash of the first bucket, which is done.
            there = part >> rest == bucket
            after = start + int(there.sum())
            if not part.flags.writeable:
                hashed[place] = part = part.copy()
            part[there] = inverse[start:after] + width
            start = after
        width += len(known)
    numbers = []
    while hashed:
        numbers.append(hashed.pop(0).astype(np.uint32))
    return numbers, width


def _distinct(keys: I64) -> I64:
    """The different numbers, in order. Sorting beats NumPy's hash table, which is what `unique` fills."""
    ordered = _sorted(keys)
    new = np.ones(len(ordered), dtype=np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def _sorted(numbers: Numbers) -> Numbers:
    """The numbers in order, by Polars: on all processors, three times as fast as NumPy."""
    ordered: Numbers = pl.Series(numbers).sort().to_numpy()  # type: ignore[assignment]
    return ordered
