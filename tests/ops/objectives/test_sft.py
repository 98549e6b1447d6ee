"""Supervised fine-tuning, a few steps each: on the real model where what it learns counts, elsewhere on a tiny one."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.building import build
from tests.ops.material import chats, context
from tests.ops.training import adapted, rows, train
from tunec.runtime.base.method import Trained
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.adapters.lora import lora
from tunec.runtime.ops.evaluate.perplexity import perplexity
from tunec.runtime.ops.objectives.sft import sft

pytestmark = pytest.mark.model


def trained_rows(count: int) -> pl.DataFrame:
    """Rows, and one that is too long."""
    long = rows(1, "far too long " * 40).with_columns(pl.lit("f" * 16).alias("id"), pl.lit("a").alias("origin"))
    return pl.concat([rows(count), long])


@pytest.fixture(scope="session")
def trained(base: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained]:
    out = tmp_path_factory.mktemp("trained")
    data = trained_rows(8)
    return out, train(base, out, data, allow=["too_long"])


def test_only_the_assistant_and_its_end_token_are_trained(loaded: Any) -> None:
    from tunec.runtime.models.chat import Chat, encode
    from tunec.runtime.tuning.training.sft import MASKED, labels

    turns = [("user", "Say one."), ("assistant", "One."), ("user", "Say two."), ("assistant", "Two.")]
    encoded = encode(loaded.tokenizer, Chat(tuple({"role": role, "content": said} for role, said in turns)))
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


def test_what_is_written_loads_has_no_pickle_and_no_path(trained: tuple[Path, Trained], base: ModelSpec) -> None:
    folder = trained[0] / "model"
    assert {p.suffix for p in folder.iterdir()} <= {".json", ".safetensors", ".jinja", ".txt", ".md"}
    assert base.id in (folder / "adapter_config.json").read_text()
    assert str(Path.home()) not in (folder / "adapter_config.json").read_text()
    learnt = perplexity(on=rows(2), ctx=context())
    assert (
        learnt(replace(base, adapter=str(folder), revision="tuned")).numbers["perplexity"]
        < learnt(base).numbers["perplexity"]
    )


def test_nothing_to_train_on_is_an_error_for_a_person(tiny: ModelSpec, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="none of the 2 rows can be trained on"):
        train(tiny, tmp_path, rows(2), max_length=4, allow=["too_long"])


# Every argument, seen in what the training did. Without dropout, which would blur what is compared.

SIX = rows(6).with_columns(
    response=pl.Series(["Red.", "Green as grass.", "蓝色。", "Blue, I think, and white too.", "Black.", "它是黄色的。"])
)


def steps(base: ModelSpec, out: Path, data: pl.DataFrame, **more: Any) -> Trained:
    settings = {"batch_size": 6, "max_length": 512, "warmup": 0, "schedule": "constant", **more}
    return train(base, out, data, lora(rank=2, alpha=4, dropout=0), **settings)


@pytest.fixture(scope="session")
def one_step(base: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained]:
    out = tmp_path_factory.mktemp("one_step")
    return out, steps(base, out, SIX)


@pytest.fixture(scope="session")
def tiny(base: ModelSpec, tiny_weights: Path) -> ModelSpec:
    """Random weights of two layers."""
    return replace(base, adapter=str(tiny_weights), revision="tiny")


def test_the_same_training_gives_the_same_bytes(tiny: ModelSpec, tmp_path: Path) -> None:
    data = trained_rows(8)
    first, again = (train(tiny, tmp_path / name, data, allow=["too_long"]) for name in ("first", "again"))
    assert first == again and first.summary["steps"] == 2
    name = "model/adapter_model.safetensors"
    assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def rates(trained: Trained) -> list[float]:
    return [entry["learning_rate"] for entry in trained.log]


def test_linear_over_two_epochs(tiny: ModelSpec, tmp_path: Path) -> None:
    done = steps(tiny, tmp_path, rows(4), batch_size=2, epochs=2, schedule="linear", learning_rate=4e-4)
    assert rates(done) == pytest.approx([4e-4, 3e-4, 2e-4, 1e-4])
    assert [entry["epoch"] for entry in done.log] == [0.5, 1, 1.5, 2]
    assert done.summary["steps"] == 4 and done.summary["epochs"] == 2


def test_cosine(tiny: ModelSpec, tmp_path: Path) -> None:
    done = steps(tiny, tmp_path, rows(4), batch_size=1, schedule="cosine", learning_rate=2e-4)
    assert rates(done) == pytest.approx([1e-4 * (1 + cos(pi * step / 4)) for step in range(4)])


def test_constant_after_half_of_the_steps_for_half_an_epoch(tiny: ModelSpec, tmp_path: Path) -> None:
    done = steps(tiny, tmp_path, rows(8), batch_size=1, epochs=0.5, warmup=0.5, learning_rate=2e-4)
    assert rates(done) == pytest.approx([0, 1e-4, 2e-4, 2e-4])


def test_weight_decay_shrinks_the_weights(tiny: ModelSpec, tmp_path: Path) -> None:
    # The second matrix of each pair begins at zero, so the first gets no gradient in the first step: it only decays,
    # by learning rate times weight decay.
    done = [steps(tiny, tmp_path / str(decay), SIX, weight_decay=decay) for decay in (0, 100)]
    assert done[0].log == done[1].log
    before, after = adapted(tmp_path / "0"), adapted(tmp_path / "100")
    firsts = [name for name in before if "lora_A" in name]
    assert len(firsts) == 6
    for name in firsts:
        assert np.allclose(after[name], before[name] * (1 - 1e-3 * 100), atol=1e-6)


def test_packed_rows_share_a_sequence_and_do_not_see_each_other(
    base: ModelSpec, one_step: tuple[Path, Trained], together: list[int], tmp_path: Path
) -> None:
    done = steps(base, tmp_path, SIX, batch_size=1, packing=True)
    assert done.summary["steps"] == 1 and together == [1, 1, 1]  # two for the proof, alone and behind another
    assert done.summary["trained_tokens"] == one_step[1].summary["trained_tokens"]
    # The rows, computed side by side, have the same loss: no token was foreseen from another row.
    assert done.log[0]["loss"] == pytest.approx(one_step[1].log[0]["loss"], rel=1e-4)


def test_small_batches_make_the_same_step(tiny: ModelSpec, together: list[int], tmp_path: Path) -> None:
    whole = steps(tiny, tmp_path / "whole", SIX)
    assert together == [6]
    done = steps(tiny, tmp_path / "small", SIX, micro_batch_size=2)
    assert together == [6, 2, 2, 2] and done.summary["steps"] == 1
    assert done.log[0]["loss"] == pytest.approx(whole.log[0]["loss"], rel=1e-4)
    ours, theirs = (adapted(tmp_path / name) for name in ("small", "whole"))
    assert all(np.allclose(ours[name], theirs[name], atol=1e-5) for name in theirs)


def test_chats_and_what_cannot_be_trained_on(tiny: ModelSpec, tmp_path: Path) -> None:
    data = chats(
        [
            [("system", "简短回答。"), ("user", "天空是什么颜色？"), ("assistant", "蓝色。")],
            [("user", "Say <|im_end|> please."), ("assistant", "No.")],
            [("user", "Nobody answers.")],
            [("assistant", "Welcome!"), ("user", "Name a fish."), ("assistant", "An eel.")],
            [("user", "Name a bird."), ("assistant", " \n")],
        ]
    )
    done = train(tiny, tmp_path, data, allow=["control_token", "refused", "nothing_trained"])
    assert done.summary["rows"] == 1
    scores = perplexity(on=data, ctx=context())(tiny).numbers
    assert (scores["rows"], scores["left_out"]) == (1, 4)
    assert [(left.row, left.rule, left.value) for left in done.left_out] == [
        (1, "control token in the text", "<|im_end|>"),
        (2, "no turn of the assistant", "user"),
        (3, "the assistant speaks first", "assistant, user, assistant"),
        (4, "an empty answer", "0"),
    ]


def test_a_row_that_fails_the_proof_stops_the_training(tiny: ModelSpec, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"1 of 3 rows cannot.*\n.*too_long.*\n.*\n  row f{16} of a: longer"):
        train(tiny, tmp_path, trained_rows(2))


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 0},
        {"learning_rate": 0},
        {"warmup": 1},
        {"weight_decay": -0.1},
        {"batch_size": 0},
        {"max_length": 1},
        {"micro_batch_size": 0},
        {"batch_size": 8, "micro_batch_size": 3},
    ],
    ids=str,
)
def test_settings_that_make_no_sense(settings: dict[str, Any]) -> None:
    with pytest.raises(OperatorError, match="|".join(settings)):
        sft(**settings)


def test_rows_of_another_type_are_an_error_of_the_spec(tmp_path: Path) -> None:
    spec = """
    source pairs = rows([{prompt: "a", chosen: "b", rejected: "c"}])
    model base = bundled("smollm2-135m-instruct")
    train tuned from base on pairs { lora() sft() }
    """
    (problem,) = build(tmp_path, spec).problems
    assert problem.code == "T203" and "preference" in problem.message
