"""Texts that are not all in memory are compared as those that are."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tunec.runtime.rows.texts import Texts
from tunec.runtime.text.boilerplate import near_without_boilerplate
from tunec.runtime.text.jaccard import _scanned, similar
from tunec.runtime.text.slots import Bits, Slots, leading

WORDS = ["a", "tree", "river", "猫", "7", "C#", "stands", "there"]
texts = st.lists(st.one_of(st.none(), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)), max_size=40)


def in_portions(column: pl.Series, size: int, scratch: Path | None = None) -> Texts:
    """A column that is read anew, so many texts at a time."""
    starts = range(0, max(len(column), 1), size)
    return Texts(len(column), lambda: (column.slice(n, size) for n in starts), column.gather, scratch)


@settings(deadline=None, max_examples=16)
@given(texts, st.integers(1, 9), st.sampled_from(["1/2", "4/5", "1"]), st.integers(1, 4))
def test_the_same_pairs_are_near(found: list[str | None], size: int, threshold: str, n: int) -> None:
    column = pl.Series("t", found, pl.String)
    once = near_without_boilerplate(column, Fraction(threshold), n)
    again = near_without_boilerplate(in_portions(column, size), Fraction(threshold), n)
    assert [part.tolist() for part in again[:3]] == [part.tolist() for part in once[:3]]
    assert again[3] == once[3]


def test_texts_that_are_the_same_are_not_all_in_memory() -> None:
    column = pl.Series(["one two three four five six"] * 40)
    texts = in_portions(column, 7)

    def found(numbers: NDArray[np.integer]) -> pl.Series:
        raise AssertionError(f"{len(numbers)} texts at once")

    left, right, _ = similar(Texts(len(column), texts.read, found), Fraction(4, 5), 5)
    assert left.tolist() == [0] * 39
    assert right.tolist() == list(range(1, 40))


def test_shingles_lie_in_the_file_alone() -> None:
    column = pl.Series([" ".join(f"w{text}x{word}" for word in range(60)) for text in range(2000)])
    tracemalloc.start()
    try:
        scans = list(_scanned(in_portions(column, 100), 5, Slots(None)))
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert sum(len(scan.lengths) for scan in scans) == len(column)
    assert held < 100 * len(column)  # a slot of each shingle would be four bytes


def test_a_portion_of_shingles_bounds_the_memory() -> None:
    slots, many = Slots(None), 6_000_000
    kept = np.random.default_rng(1).integers(0, 1 << 32, many, dtype=np.uint32)
    lengths, stands = np.full(many // 60, 60), np.ones(many // 60, dtype=np.bool_)
    slots.add(kept)
    del kept
    tracemalloc.start()
    try:
        twice = slots.shared(lengths, stands)
        slots.alone(lengths, twice)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2 * len(twice.table) + 110_000_000


def test_a_template_connects_nothing_in_portions(tmp_path: Path) -> None:
    head = "Read the following instruction carefully, then answer as well as you can, step by step. Instruction: "
    words = ["name a fish", "ski", "sum of two", "red", "bird song", "map", "tin", "rain", "ox"]
    column = pl.Series([head + word for word in words])
    assert near_without_boilerplate(in_portions(column, 4, tmp_path), Fraction(1, 2), 5)[3] == len(column)


@settings(deadline=None, max_examples=24)
@given(st.lists(st.lists(st.integers(0, 40), max_size=9), max_size=20), st.data())
def test_what_stands_once_is_told_from_what_may_stand_twice(sets: list[list[int]], data: st.DataObject) -> None:
    stands = np.array(data.draw(st.lists(st.booleans(), min_size=len(sets), max_size=len(sets))), dtype=np.bool_)
    # Far apart, so that the table tells them apart.
    hashed = [np.array([n << 58 for n in some], dtype=np.uint64) for some in sets]
    lengths, slots = np.array(list(map(len, sets)), dtype=np.int64), Slots(None)
    for some in hashed:
        slots.add(leading(some))
    twice = slots.shared(lengths, stands)
    standing = [n for some, stay in zip(sets, stands, strict=True) if stay for n in some]
    several = [n for n in range(41) if standing.count(n) > 1]
    if twice.bits >= 6:
        assert [n for n in range(41) if twice.has(np.array([n << 58], dtype=np.uint64))[0]] == several
    else:
        assert all(twice.has(np.array([n << 58 for n in several], dtype=np.uint64)))
    alone = [int((~twice.has(some)).sum()) for some in hashed]
    assert slots.alone(lengths, twice).tolist() == alone


def test_bits_are_set_one_by_one() -> None:
    bits = Bits.empty(6)
    bits.add(np.array([0, 7, 8, 63], dtype=np.uint32))
    bits.add(np.array([], dtype=np.uint32))
    kept = np.arange(64, dtype=np.uint32) << np.uint32(26)
    assert np.flatnonzero(bits.of(kept)).tolist() == [0, 7, 8, 63]
