"""Signs that a model has read a benchmark: by rule, and against direct computation on a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.ops.evaluate.saying import ONE, TWO, saying
from tests.ops.material import benchmark, context
from tests.ops.merging.tiny import model
from tunec.runtime.base.method import Request
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.evaluate.contamination import contamination
from tunec.runtime.tuning.measuring.seen import auc

ITEMS = benchmark(["one two three four", "甲乙丙丁戊己", "a b c d e f"], ["five", "庚", "g"])


def test_an_item_counts_as_seen_where_nothing_else_is_likelier() -> None:
    asked: list[tuple[Any, int]] = []

    def say(m: Any, request: Request, sampling: Any) -> str:
        assert m == TWO and sampling.temperature == 1
        asked.append((request.prompt, request.sample))
        return f" other words {request.sample} and more and more"

    def loss(text: str) -> float:
        # The first item is the likeliest of all; of the others' continuations half and all are likelier.
        if text in ("one two three four five", "甲乙丙丁戊己 庚", "a b c d e f g"):
            return {"o": 0.0, "甲": 1.0, "a": 3.0}[text[0]]
        return 2.0 if text[0] in "oa" else (0.5 if " 0" in text or " 1" in text else 1.5)

    found = contamination(on=ITEMS, reference=TWO, samples=4, ctx=saying(say, loss))(ONE)
    assert {prompt for prompt, _ in asked} == {"one two", "甲乙丙", "a b c"}  # 40 % of the words, rounded up
    assert sorted(sample for prompt, sample in asked if prompt == "a b c") == [0, 1, 2, 3]
    assert found.numbers["seen"] == pytest.approx(1 / 3)
    assert found.numbers["mean_share"] == pytest.approx((0 + 0.5 + 1) / 3)
    assert (found.numbers["items"], found.numbers["left_out"]) == (3, 0)


def test_few_words_are_left_out_and_items_are_drawn() -> None:
    rows = benchmark(["x", "one two three four"], ["", "five"])
    ctx = saying(lambda *_: " word", lambda text: 0.0)
    assert contamination(on=rows, reference=TWO, samples=1, ctx=ctx)(ONE).numbers["left_out"] == 1
    many = benchmark([f"number {n} of many" for n in range(50)])
    found = contamination(on=many, reference=TWO, items=10, samples=1, ctx=ctx)(ONE)
    assert found.numbers["items"] == 10
    with pytest.raises(OperatorError, match="`reference_ratio` needs a `reference`"):
        contamination(on=ITEMS, ctx=context())


def direct(folder: Path, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities of a text's tokens after the first, and the same normalized over the vocabulary."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = [tokenizer.eos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
    with torch.inference_mode():
        logs = AutoModelForCausalLM.from_pretrained(folder)(torch.tensor([ids])).logits[0].log_softmax(-1).double()
    plain, normal = [], []
    for place in range(2, len(ids)):
        row = logs[place - 1]
        mean = float((row.exp() * row).sum())
        deviation = float(((row.exp() * row**2).sum() - mean**2).sqrt())
        plain.append(float(row[ids[place]]))
        normal.append((plain[-1] - mean) / deviation)
    return np.array(plain), np.array(normal)


@pytest.mark.parametrize("method", ["min_k", "min_k_plus"])
def test_the_least_likely_tokens(tmp_path: Path, method: Any) -> None:
    pytest.importorskip("transformers")
    spec = model(tmp_path / "m", 1)
    texts = ["red green blue red one red", "红 绿 one one"]
    rows = pl.DataFrame({"id": ["a", "b"], "text": texts})
    found = contamination(on=rows, method=method, k=0.5, ctx=context())(spec)
    for name, text in zip("ab", texts, strict=True):
        scores = np.sort(direct(tmp_path / "m", text)[method == "min_k_plus"])
        assert found.items[name][0] == pytest.approx(scores[: int(0.5 * len(scores))].mean(), abs=1e-4)
    assert found.numbers[method] == pytest.approx(np.mean([found.items[n][0] for n in "ab"]))
    beside = contamination(on=rows, method=method, unseen=rows, ctx=context())(spec).numbers
    assert beside["auc"] == 0.5 and beside["unseen"] == 2


def test_the_chance_that_an_item_scores_above_another_text() -> None:
    found = auc({"a": -1.0, "b": -3.0}, {"x": -2.0, "y": -3.0})
    assert found["auc"] == (2 + 0.5) / 4 and found["auc_low"] <= found["auc"] <= found["auc_high"]


def test_of_the_reference_itself_there_is_no_number() -> None:
    found = contamination(on=ITEMS, reference=TWO, ctx=saying(lambda *_: " word", lambda text: 0.0))(TWO)
    assert found.numbers["seen"] is None and not found.items
