"""Pairs of texts with a high Jaccard similarity: MinHash finds candidates, integers decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.matches import joined, stars
from tunec.runtime.text.ngrams import Sequences, hashes, numbered, sequences, vocabulary_of
from tunec.runtime.text.words import units

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Signatures = NDArray[np.uint32]

_BATCH = 50_000  # texts whose words are in memory at once
_CHUNK = 4_000_000  # pairs, or shingles of pairs, in memory at once
_MISS = 1e-6  # chance to miss a pair that lies on the threshold
_SEED = 1


def similar(texts: pl.Series, threshold: Fraction, n: int, permutations: int) -> tuple[I64, I64, F64]:
    """Pairs (left, right, Jaccard) of positions, left < right; texts that are the same as `matches.pairs` has them."""
    # The same words in the same order are most of all duplicates, and need no comparison.
    keys = pl.concat([units(part).list.join(" ") for part in _batches(texts)])
    keys = keys.set(keys == "", None)
    left, right = stars(keys)
    distinct = pl.DataFrame({"key": keys, "row": np.arange(len(keys))}).drop_nulls()
    distinct = distinct.unique("key", keep="first", maintain_order=True)
    band = band_length(threshold, permutations)
    candidates = _candidates(distinct["key"], n, permutations, band)
    chosen = distinct["key"].gather(candidates)
    row = distinct["row"].to_numpy().astype(np.int64)[candidates]
    shingles = _Shingles.of(chosen, n)
    found = [shingles.compare(a, b, threshold) for a, b in _banded(chosen, n, permutations, band)]
    return (
        joined([left, *(row[a] for a, _, _ in found)]),
        joined([right, *(row[b] for _, b, _ in found)]),
        np.concatenate([np.ones(len(left)), *(value for _, _, value in found)]),
    )


def band_length(threshold: Fraction, permutations: int) -> int:
    """The longest band of a signature with which a pair on the threshold is almost never missed."""
    for length in range(permutations, 0, -1):
        bands = permutations // length
        if permutations % length == 0 and (1 - float(threshold) ** length) ** bands <= _MISS:
            return length
    return 1


def _batches(texts: pl.Series) -> Iterator[pl.Series]:
    for start in range(0, max(len(texts), 1), _BATCH):
        yield texts.slice(start, _BATCH)


def _shingled(keys: pl.Series, n: int, vocabulary: pl.Series | None = None) -> Sequences:
    return sequences(keys.str.split(" "), vocabulary).padded(n)


def _digests(keys: pl.Series, n: int, permutations: int) -> Any:
    """The signatures of texts, as rensa's matrix."""
    import rensa

    texts = _shingled(keys, n)
    text, position = texts.windows(n)
    ends = np.concatenate([[0], np.cumsum(np.bincount(text, minlength=len(keys)))]).astype(np.uint64)
    digest = rensa.RMinHash.digest_matrix_from_flat_token_hashes
    return digest(hashes(texts.words, position, n), ends, permutations, _SEED)


def _candidates(keys: pl.Series, n: int, permutations: int, band: int) -> I64:
    """Which texts share a band with another one."""
    import rensa

    index = rensa.RMinHashLSH(0.5, permutations, permutations // band)
    matrices = []
    for number, part in enumerate(_batches(keys)):
        if len(part):
            matrices.append(_digests(part, n, permutations))
            index.insert_matrix(matrices[-1], number * _BATCH)
    flags = [index.query_duplicate_flags_matrix(matrix) for matrix in matrices]
    return np.flatnonzero(np.concatenate([np.empty(0, dtype=np.bool_), *flags]))


def _banded(keys: pl.Series, n: int, permutations: int, band: int) -> Iterator[tuple[I64, I64]]:
    """Pairs of texts that share a band, each pair once, in portions."""
    if not len(keys):
        return
    signatures = np.array(_digests(keys, n, permutations).to_rows(), dtype=np.uint32)
    bands = signatures.reshape(len(keys), -1, band)
    for number in range(bands.shape[1]):
        _, group = np.unique(bands[:, number], axis=0, return_inverse=True)
        for a, b in _pairs_in_groups(group.ravel()):
            # A pair belongs to the first band that it shares.
            earlier = (bands[a, :number] == bands[b, :number]).all(axis=2).any(axis=1)
            yield a[~earlier], b[~earlier]


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
    """The set of shingles of each text, as sorted keys `text * width + shingle`."""

    keys: I64
    sizes: I64
    starts: I64
    width: int

    @staticmethod
    def of(texts: pl.Series, n: int) -> _Shingles:
        lists = texts.str.split(" ")
        words = sequences(lists, vocabulary_of(lists)).padded(n)
        text, position = words.windows(n)
        shingle = numbered(words.words, position, n)
        width = max(len(shingle.hashes), 1)
        keys = np.unique(text * width + shingle.number)
        sizes = np.bincount(keys // width, minlength=len(texts)).astype(np.int64)
        return _Shingles(keys, sizes, np.cumsum(sizes) - sizes, width)

    def compare(self, a: I64, b: I64, threshold: Fraction) -> tuple[I64, I64, F64]:
        """The pairs that reach the threshold, with their Jaccard similarity."""
        p, q = threshold.numerator, threshold.denominator
        small, large = np.where(self.sizes[a] <= self.sizes[b], (a, b), (b, a))
        possible = self.sizes[small] * q >= self.sizes[large] * p
        a, b, small, large = a[possible], b[possible], small[possible], large[possible]
        shared = np.zeros(len(a), dtype=np.int64)
        portion = np.cumsum(self.sizes[small]) // _CHUNK
        for part in np.split(np.arange(len(a)), np.flatnonzero(np.diff(portion)) + 1):
            shared[part] = self._shared(small[part], large[part])
        union = self.sizes[a] + self.sizes[b] - shared
        reached = shared * q >= union * p
        return a[reached], b[reached], shared[reached] / union[reached]

    def _shared(self, small: I64, large: I64) -> I64:
        count = self.sizes[small]
        pair = np.repeat(np.arange(len(small)), count)
        step = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
        shingle = self.keys[self.starts[small][pair] + step] % self.width
        wanted = large[pair] * self.width + shingle
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.bincount(pair[self.keys[place] == wanted], minlength=len(small)).astype(np.int64)
