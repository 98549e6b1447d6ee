"""Arrays that are recorded by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.models.recordings import recorded
from tunec.runtime.store.store import Store
from tunec.runtime.text.vectors import quiet


class Lengths:
    """Computes the length of each content, and remembers what it was asked for."""

    def __init__(self, contents: list[str]) -> None:
        self.contents = contents
        self.asked: list[list[str]] = []

    def __call__(self, chunks: Iterable[list[int]]) -> Iterator[np.ndarray]:
        return map(self.of_chunk, chunks)

    def of_chunk(self, numbers: list[int]) -> np.ndarray:
        self.asked.append([self.contents[n] for n in numbers])
        return np.array([[float(len(self.contents[n]))] for n in numbers])


def lengths(store: Store, contents: list[str], chunk: int = 2) -> tuple[list[float], list[list[str]]]:
    compute = Lengths(contents)
    rows, computed = recorded(store, "scores/x", contents, compute, chunk, quiet, "measuring", "it is measured again")
    assert computed == sum(map(len, compute.asked))
    return rows[:, 0].tolist(), compute.asked


def test_longest_first_in_chunks_and_equal_ones_once(tmp_path: Path) -> None:
    found, asked = lengths(Store(tmp_path), ["a", "ccc", "bb", "a", "dddd"])
    assert found == [1, 3, 2, 1, 4]
    assert asked == [["dddd", "ccc"], ["bb", "a"]]


@given(st.permutations(["a", "b", "ccc", "ddd", "你好", "ee"]))
@settings(max_examples=20)
def test_the_order_decides_nothing(tmp_path_factory: pytest.TempPathFactory, contents: list[str]) -> None:
    first, second = (Store(tmp_path_factory.mktemp("s")) for _ in range(2))
    assert lengths(first, sorted(contents))[1] == lengths(second, contents)[1]
    files = [sorted(p.name for p in s.root.rglob("*.npz")) for s in (first, second)]
    assert files[0] == files[1]


def test_what_is_recorded_is_not_computed_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    lengths(store, ["a", "bb", "ccc"])
    store.touched.clear()
    found, asked = lengths(store, ["bb", "eeeee", "bb"])
    assert (found, asked) == ([2, 5, 2], [["eeeee"]])
    # The recording of `a` alone is none that this rests on.
    assert len(store.touched) == 2
    assert len(list(store.root.rglob("*.npz"))) == 3


def test_a_kill_repeats_one_chunk(tmp_path: Path) -> None:
    contents = ["a", "bb", "ccc", "dddd", "eeeee"]

    class Killed(Lengths):
        def of_chunk(self, numbers: list[int]) -> np.ndarray:
            if len(self.asked) == 1:
                raise KeyboardInterrupt
            return super().of_chunk(numbers)

    with pytest.raises(KeyboardInterrupt):
        recorded(Store(tmp_path), "scores/x", contents, Killed(contents), 2, quiet, "", "")
    found, asked = lengths(Store(tmp_path), contents)
    assert (found, asked) == ([1, 2, 3, 4, 5], [["ccc", "bb"], ["a"]])


def test_a_damaged_chunk_is_computed_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    lengths(store, ["a", "bb"])
    path = next(store.root.rglob("*.npz"))
    path.write_bytes(path.read_bytes()[:-9])
    warned: list[str] = []
    store.warn = warned.append
    assert lengths(store, ["a", "bb"]) == ([1, 2], [["bb", "a"]])
    assert warned == [f"damaged: {path} has changed since it was written; it is measured again"]


def test_no_contents(tmp_path: Path) -> None:
    rows, computed = recorded(Store(tmp_path), "scores/x", [], Lengths([]), 2, quiet, "", "")
    assert (len(rows), computed) == (0, 0)
