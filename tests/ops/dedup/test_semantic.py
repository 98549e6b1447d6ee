from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.ops.material import TINY, context
from tunec.runtime.context import Context
from tunec.runtime.ops.dedup.semantic import semantic
from tunec.runtime.values import EmbedderSpec

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


@pytest.mark.model
def test_a_rewording_is_found(minilm: Context) -> None:
    texts = ["How do I boil an egg?", "How can I boil an egg?", "What is the capital of France?"]
    assert [p[:2] for p in pairs(list(texts), 0.9, minilm)] == [(0, 1)]
