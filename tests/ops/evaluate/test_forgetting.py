"""What a training made worse, on tiny models."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.ops.material import context
from tests.ops.merging.tiny import model
from tunec.runtime.ops.evaluate.forgetting import forgetting
from tunec.runtime.ops.evaluate.perplexity import perplexity

TEXTS = pl.DataFrame({"id": list("abc"), "text": ["red green blue", "红 绿 one one", "one red"]})


def test_the_difference_of_the_bits(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    before, after = model(tmp_path / "0", 0), model(tmp_path / "1", 1)
    found = forgetting(on=TEXTS, base=before, ctx=context())(after)
    bits = [perplexity(on=TEXTS, ctx=context())(m).numbers["bits_per_character"] for m in (before, after)]
    assert (found.numbers["before"], found.numbers["bits_per_character"]) == tuple(bits)
    assert found.numbers["forgotten"] == pytest.approx(bits[1] - bits[0]) and found.numbers["items"] == 3
    assert found.numbers["low"] <= found.numbers["forgotten"] <= found.numbers["high"]
    assert sum(n for n, _ in found.items.values()) / sum(d for _, d in found.items.values()) == pytest.approx(
        found.numbers["forgotten"]
    )
    assert forgetting(on=TEXTS, base=before, batch_size=1, ctx=context())(before).numbers["forgotten"] == 0
