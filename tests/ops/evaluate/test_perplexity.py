"""Perplexity of held-out rows, on the real model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from tests.ops.material import chats, context
from tests.ops.training import rows
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.evaluate.perplexity import perplexity

pytestmark = pytest.mark.model


def texts(values: Sequence[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"id": [str(n) for n in range(len(values))], "text": pl.Series(values, dtype=pl.String)})


def nats(loaded: Any, ids: Sequence[int], places: Sequence[int]) -> float:
    """The negative log-likelihood of the tokens at these places, given all before them, computed directly."""
    import torch

    with torch.inference_mode():
        logs = torch.log_softmax(loaded.model(torch.tensor([ids])).logits[0], dim=-1)
    return -sum(float(logs[place - 1, ids[place]]) for place in places)


def test_of_instructions_the_answer_with_its_end_counts(base: ModelSpec, loaded: Any) -> None:
    data = rows(3)
    found = perplexity(on=data, batch_size=2, ctx=context())(base).numbers
    total = tokens = 0.0
    for question, answer in data.select("instruction", "response").iter_rows():
        turns = [{"role": "user", "content": question}]
        before = loaded.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        head, tail = (
            loaded.tokenizer(text, add_special_tokens=False)["input_ids"] for text in (before, f"{answer}<|im_end|>")
        )
        total += nats(loaded, [*head, *tail], range(len(head), len(head) + len(tail)))
        tokens += len(tail)
    characters = sum(len(answer) for answer in data["response"])
    assert found["tokens"] == tokens and found["characters"] == characters and found["rows"] == 3
    assert found["nats_per_token"] == pytest.approx(total / tokens, rel=1e-3)
    assert found["perplexity"] == pytest.approx(math.exp(total / tokens), rel=1e-3)
    assert found["bits_per_character"] == pytest.approx(total / math.log(2) / characters, rel=1e-3)


def test_of_a_chat_every_turn_of_the_assistant_counts(base: ModelSpec, loaded: Any) -> None:
    talk = [("system", "简短。"), ("user", "你好"), ("assistant", "你好！"), ("user", "Bye"), ("assistant", "Bye.")]
    found = perplexity(on=chats([talk]), ctx=context())(base).numbers
    answers = [loaded.tokenizer(f"{text}<|im_end|>")["input_ids"] for role, text in talk if role == "assistant"]
    assert found["tokens"] == sum(map(len, answers)) and found["characters"] == 3 + 4


@pytest.mark.parametrize("text", ["The cat sat on the mat.", "太阳从东方升起。"])
def test_of_a_text_every_token_counts(base: ModelSpec, loaded: Any, text: str) -> None:
    ids = loaded.tokenizer(text)["input_ids"]
    start = loaded.tokenizer.bos_token_id
    found = perplexity(on=texts([text]), ctx=context())(base).numbers
    assert found["tokens"] == len(ids)
    total = nats(loaded, [start, *ids], range(1, len(ids) + 1))
    assert found["perplexity"] == pytest.approx(math.exp(total / len(ids)), rel=1e-3)
    assert found["perplexity_low"] == found["perplexity"] == found["perplexity_high"]  # of one row
    assert found["bits_per_byte"] == pytest.approx(total / math.log(2) / len(text.encode()), rel=1e-3)


def test_a_long_text_is_read_in_stretches_to_its_end(
    base: ModelSpec, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tunec.runtime.models.scoring.WINDOW", 9)
    ids = loaded.tokenizer("one two three four five six seven eight nine ten eleven twelve")["input_ids"]
    assert len(ids) == 12
    found = perplexity(on=texts([loaded.tokenizer.decode(ids)]), ctx=context())(base).numbers
    # Eight tokens after the one that begins a text, and the others after the last of these.
    total = nats(loaded, [loaded.tokenizer.bos_token_id, *ids[:8]], range(1, 9)) + nats(loaded, ids[7:], range(1, 5))
    assert found["tokens"] == 12 and found["nats_per_token"] == pytest.approx(total / 12, rel=1e-3)


def test_numbers_of_each_origin(base: ModelSpec) -> None:
    data = rows(4).with_columns(response=pl.Series(["Blue.", "It is blue.", "蓝色。", "它是蓝色的。"]))
    found = perplexity(on=data, ctx=context())(base).numbers
    assert set(found["by_origin"]) == {"a", "b"}
    odd = perplexity(on=data.filter(pl.col("origin") == "a"), ctx=context())(base).numbers
    assert found["by_origin"]["a"]["perplexity"] == pytest.approx(odd["perplexity"], rel=1e-3)
    for name in ("rows", "tokens", "characters"):
        assert sum(part[name] for part in found["by_origin"].values()) == found[name]
    assert found["perplexity_low"] < found["perplexity"] < found["perplexity_high"]
    assert found["low"] < found["bits_per_character"] < found["high"]


def test_rows_are_read_in_batches(base: ModelSpec, together: list[int]) -> None:
    three = perplexity(on=rows(7), batch_size=3, ctx=context())(base).numbers
    assert together == [3, 3, 1]
    alone = perplexity(on=rows(7), batch_size=1, ctx=context())(base).numbers
    assert together[3:] == [1] * 7
    assert alone["perplexity"] == pytest.approx(three["perplexity"], rel=1e-4)
    with pytest.raises(OperatorError, match="`batch_size` must be at least 1"):
        perplexity(on=rows(2), batch_size=0, ctx=context())


def test_what_cannot_be_read_is_left_out_and_counted(base: ModelSpec) -> None:
    long = perplexity(on=pl.concat([rows(2), rows(1, "far too long " * 3000)]), ctx=context())(base).numbers
    assert (long["rows"], long["left_out"]) == (2, 1)
    blank = perplexity(on=texts(["Fine.", "", None]), ctx=context())(base).numbers
    assert (blank["rows"], blank["left_out"]) == (1, 2)


def test_nothing_to_read_is_an_error_for_a_person(base: ModelSpec) -> None:
    with pytest.raises(OperatorError, match="no rows"):
        perplexity(on=rows(0), ctx=context())(base)
    with pytest.raises(OperatorError, match="no row holds anything"):
        perplexity(on=texts(["", None]), ctx=context())(base)
