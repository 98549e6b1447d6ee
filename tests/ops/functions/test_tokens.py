from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.functions.tokens import tokens


def counts(texts: list[str | None], of: ModelSpec | None = None) -> list[int | None]:
    return pl.DataFrame({"t": pl.Series(texts, dtype=pl.String)}).select(tokens(pl.col("t"), of=of))["t"].to_list()


def test_without_a_model() -> None:
    assert counts(["It costs $5.", "你好，world", "", None]) == [5, 4, 0, None]


def test_with_a_tokenizer(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.models.WordLevel({"[UNK]": 0, "red": 1, "green": 2}, unk_token="[UNK]")
    made = tokenizers.Tokenizer(words)
    made.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    made.enable_truncation(2)
    made.save(str(tmp_path / "tokenizer.json"))
    assert json.loads((tmp_path / "tokenizer.json").read_text())["truncation"]
    spec = ModelSpec("bundled", "x", "1", "transformers", adapter=str(tmp_path))
    assert counts(["red green red", "你好", "", None, "red green red"], spec) == [3, 1, 0, None, 3]


@given(st.lists(st.none() | st.text(ANY, max_size=30), max_size=6))
def test_one_count_a_text(texts: list[str | None]) -> None:
    found = counts(texts)
    assert found == counts(texts)
    assert [n is None for n in found] == [t is None for t in texts]
    assert all(n is None or t is None or n <= len(t) for n, t in zip(found, texts, strict=True))
