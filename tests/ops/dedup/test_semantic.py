from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.ops.material import TINY, context
from tunec.runtime.base.context import Context
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.ops.dedup.semantic import semantic
from tunec.runtime.text.cells import nearly_all_close_pairs
from tunec.runtime.text.vectors import close_pairs

VECTORS = {"east": (1, 0), "east again": (1, 0), "mostly east": (0.8, 0.6), "north": (0, 1)}


def plane(_: EmbedderSpec, texts: list[str]) -> np.ndarray:
    return np.array([VECTORS[t] for t in texts], dtype=np.float16)


def pairs(texts: list[str | None], cosine: float, ctx: Context | None = None) -> list[tuple[int, int, float]]:
    found = semantic(pl.Series(texts, dtype=pl.String), cosine=cosine, using=TINY, ctx=ctx or context(embed=plane))
    return found.select("left", "right", "value").sort("left", "right").rows()


def test_a_pair_on_the_threshold_counts() -> None:
    # 0.8 and 0.6 are rounded to float16, of length 1.0001; the cosine is that of the rounded vectors.
    exact = float(np.float16(0.8)) / np.sqrt(float(np.float16(0.8)) ** 2 + float(np.float16(0.6)) ** 2)
    assert pairs(["east", "mostly east", "north"], exact) == [(0, 1, exact)]
    assert pairs(["east", "mostly east", "north"], np.nextafter(exact, 1)) == []


def test_texts_with_one_vector_are_the_same() -> None:
    assert pairs(["mostly east", "east", "east again", "east"], 0.9) == [(1, 2, 1.0), (1, 3, 1.0)]


def test_one_pair_stands_for_a_class() -> None:
    assert [p[:2] for p in pairs(["mostly east", "east", "east again"], 0.75)] == [(0, 1), (1, 2)]


def test_missing_and_blank_texts_are_near_to_nothing() -> None:
    assert pairs([None, " ", "", "north", None], 0.1) == []


def test_all_pairs_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunec.runtime.text.vectors._BLOCK", 3)
    monkeypatch.setattr("tunec.runtime.text.vectors._CHUNK", 2)
    texts = [f"word{a} word{b}" for a in range(5) for b in range(a + 1, 5)]
    vectors = context().embed(TINY, texts).astype(np.float64)
    length = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ vectors.T / np.outer(length, length)
    wanted = [(a, b) for a in range(len(texts)) for b in range(a + 1, len(texts)) if cosine[a, b] >= 0.4]
    assert [p[:2] for p in pairs(list(texts), 0.4, context())] == wanted
    assert len(wanted) > 5


def test_chinese() -> None:
    assert [p[:2] for p in pairs(["今天天气好", "今天天气很好", "学习数学"], 0.85, context())] == [(0, 1)]


def planted(count: int, seed: int) -> np.ndarray:
    """Random directions, and of a tenth of them a second vector at a cosine between 0.8 and 1."""
    draw = np.random.default_rng(seed)
    some = draw.standard_normal((count, 64))
    some /= np.linalg.norm(some, axis=1, keepdims=True)
    first = some[: count // 10]
    apart = draw.standard_normal(first.shape)
    apart -= np.einsum("ij,ij->i", apart, first)[:, None] * first
    apart /= np.linalg.norm(apart, axis=1, keepdims=True)
    cosine = draw.uniform(0.8, 1, (len(first), 1))
    both = np.concatenate([some, cosine * first + np.sqrt(1 - cosine**2) * apart])
    return both[draw.permutation(len(both))].astype(np.float16)


def test_an_approximate_search_finds_nearly_all_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunec.runtime.text.cells._IN_A_CELL", 32)
    vectors = planted(3000, seed=3)
    every = zip(*close_pairs(vectors, 0.8, lambda done, total, what: None), strict=True)
    exact = {(int(a), int(b)): float(value) for a, b, value in every}
    found = zip(*nearly_all_close_pairs(vectors, 0.8, lambda done, total, what: None), strict=True)
    pairs = [(int(a), int(b), float(value)) for a, b, value in found]
    assert [p[:2] for p in pairs] == sorted({p[:2] for p in pairs})
    assert all(exact[a, b] == value for a, b, value in pairs)
    assert len(exact) > 250
    for cosine, least in ((0.8, 0.9), (0.95, 0.97)):
        wanted = {pair for pair, value in exact.items() if value >= cosine}
        assert least < len(wanted & {p[:2] for p in pairs}) / len(wanted) <= 1


@pytest.mark.parametrize("size", [32, 128])
def test_who_visits_all_cells_misses_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("tunec.runtime.text.cells._IN_A_CELL", size)
    vectors = planted(200, seed=1)
    quiet = (lambda done, total, what: None,)
    for exact, found in zip(
        close_pairs(vectors, 0.3, *quiet), nearly_all_close_pairs(vectors, 0.3, *quiet), strict=True
    ):
        assert exact.tolist() == found.tolist()


@pytest.mark.parametrize(
    ("search", "above", "approximate"),
    [("auto", 3, False), ("auto", 2, True), ("exact", 2, False), ("approximate", 3, True)],
)
def test_who_searches_approximately_says_so(
    monkeypatch: pytest.MonkeyPatch, search: str, above: int, approximate: bool
) -> None:
    monkeypatch.setattr("tunec.runtime.ops.dedup.semantic.EXACT", above)
    said: list[tuple[str, int]] = []
    ctx = replace(context(embed=plane), missing=lambda reason, rows: said.append((reason, rows)))
    texts = pl.Series(["east", "mostly east", "north", "east again", None])
    found = semantic(texts, cosine=0.75, using=TINY, search=search, ctx=ctx)
    assert found.select("left", "right").sort("left", "right").rows() == [(0, 1), (0, 3)]
    assert set(found["threshold"]) == {">= 0.75, approximate search" if approximate else ">= 0.75"}
    assert [rows for _, rows in said] == [5] * approximate


@pytest.mark.parametrize("search", ["exact", "approximate"])
def test_nothing_to_search(search: str) -> None:
    assert semantic(pl.Series([None, ""]), using=TINY, search=search, ctx=context(embed=plane)).height == 0


@pytest.mark.model
def test_a_rewording_is_found(minilm: Context) -> None:
    texts = ["How do I boil an egg?", "How can I boil an egg?", "What is the capital of France?"]
    assert [p[:2] for p in pairs(list(texts), 0.9, minilm)] == [(0, 1)]
