"""Objectives on a tiny model: they learn, an interruption changes no byte, and rows become the right tokens."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.training.families import bundled
from tests.training.tiny import byte_tokenizer, rows_of, run_tiny, said, weights
from tunec.compiler.types import RowType
from tunec.runtime.base.method import Job
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.adapters.full import full
from tunec.runtime.ops.adapters.lora import lora
from tunec.runtime.ops.objectives.dpo import dpo
from tunec.runtime.ops.objectives.kto import kto
from tunec.runtime.ops.objectives.orpo import orpo
from tunec.runtime.ops.objectives.pretrain import pretrain
from tunec.runtime.ops.objectives.sft import sft
from tunec.runtime.text.vectors import quiet
from tunec.runtime.tuning.training.run import setup_of

STOPS = frozenset({"<|im_end|>"})
OBJECTIVES: dict[str, tuple[Any, RowType]] = {
    "sft": (sft, RowType.CHAT),
    "dpo": (dpo, RowType.PREFERENCE),
    "kto": (kto, RowType.RATED),
    "orpo": (orpo, RowType.PREFERENCE),
    "pretrain": (pretrain, RowType.TEXT),
}


class Killed(Exception):
    """Stands for a power cut."""


@pytest.mark.parametrize("name", OBJECTIVES)
def test_it_learns_and_an_interruption_changes_no_byte(name: str, tiny: ModelSpec, tmp_path: Path) -> None:
    make, kind = OBJECTIVES[name]
    objective = make(epochs=1, learning_rate=1e-2, batch_size=2, max_length=128, warmup=0)
    objective = replace(objective, settings=replace(objective.settings, save_steps=2))
    rows, watched = rows_of(kind), rows_of(kind, 4, first=40)
    done = run_tiny(objective, tiny, rows, tmp_path / "whole", watched=watched)
    assert done.summary["rows"] >= 8 and not done.left_out
    assert done.log[-2]["loss"] < done.log[1]["loss"]
    assert done.summary["validation_loss"] < done.summary["validation_loss_before"]
    assert done.summary["trained_parameters"] == done.summary["parameters"]

    def kill(step: int, total: int, what: str) -> None:
        if step == 3:
            raise Killed

    with pytest.raises(Killed):
        run_tiny(objective, tiny, rows, tmp_path / "broken", watched=watched, progress=kill)
    again = run_tiny(objective, tiny, rows, tmp_path / "broken", watched=watched)
    assert again == done
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")


@pytest.mark.parametrize("packing", [False, True])
def test_the_only_step_learns(packing: bool, tiny: ModelSpec, tmp_path: Path) -> None:
    # Of a step in which the rate rises it is zero.
    objective = sft(epochs=1, learning_rate=1e-2, batch_size=16, max_length=128, warmup=0.5, packing=packing)
    rows, watched = rows_of(RowType.CHAT), rows_of(RowType.CHAT, 4, first=40)
    done = run_tiny(objective, tiny, rows, tmp_path, watched=watched)
    assert done.summary["steps"] == 1
    assert done.summary["validation_loss"] < done.summary["validation_loss_before"]


@pytest.mark.parametrize(("rows", "warming"), [(1, 0), (16, 0), (17, 1), (160, 3), (10_000, 188)])
def test_steps_in_which_the_rate_rises(rows: int, warming: int) -> None:
    assert sft(epochs=1, batch_size=16, warmup=0.3).settings.warming(rows) == warming


def test_the_best_checkpoint_is_kept(tiny: ModelSpec, tmp_path: Path) -> None:
    # The validation rows say the opposite, so that every step makes them less likely.
    rows, watched = rows_of(RowType.CHAT), rows_of(RowType.CHAT, 4)
    odd = [[said("user", "What colour is thing 1?"), said("assistant", f"Zebra zebra zebra {n}")] for n in range(4)]
    watched = watched.with_columns(messages=pl.Series(odd, dtype=watched.schema["messages"]))
    objective = sft(
        epochs=4, learning_rate=2e-2, batch_size=8, max_length=128, warmup=0, patience=1, evaluate_steps=1,
        schedule="constant",
    )  # fmt: skip
    done = run_tiny(objective, tiny, rows, tmp_path, watched=watched)
    losses = [entry["validation_loss"] for entry in done.log if "validation_loss" in entry]
    assert done.summary["steps"] < 4 and losses[-1] > min(losses)
    assert done.summary["validation_loss"] == min(losses)


def test_a_trained_model_is_the_base_of_another(tiny: ModelSpec, tmp_path: Path) -> None:
    first = sft(epochs=4, learning_rate=2e-2, batch_size=8, max_length=128, warmup=0)
    rows = rows_of(RowType.CHAT)
    one = run_tiny(first, tiny, rows, tmp_path / "one", adapter=lora(rank=4))
    trained = replace(tiny, adapter=str(tmp_path / "one/model"), under=(tiny.adapter,))
    two = run_tiny(first, trained, rows, tmp_path / "two", adapter=lora(rank=4))
    assert two.log[0]["loss"] < one.log[0]["loss"] - 0.05  # begins where the first ended
    from tunec.runtime.models.local import fresh

    model, _ = fresh(replace(trained, adapter=str(tmp_path / "two/model"), under=(*trained.under, trained.adapter)))
    assert sum("lora_A" in name for name, _ in model.named_parameters()) == 6


def test_pairs_as_tokens() -> None:
    rows = rows_of(RowType.PREFERENCE, 3)
    same, long = rows["chosen"][0], [said("assistant", "so " * 90)]
    rows = rows.with_columns(rejected=pl.Series([rows["rejected"][0], same, long], dtype=rows.schema["chosen"]))
    rows = rows.with_columns(chosen=pl.Series([same, same, same], dtype=rows.schema["chosen"]))
    given = dpo(max_length=64).prepare(bundled(), rows, STOPS)
    (record,) = given.records
    read = bundled().decode
    assert read(record["prompt_ids"]).endswith("thing 0?<|im_end|>\n<|im_start|>assistant\n")
    assert read(record["chosen_ids"]) == "It is red.<|im_end|>"
    assert read(record["rejected_ids"]) == "Nobody knows 0.<|im_end|>"
    assert [(left.row, left.check) for left in given.failed] == [(1, "nothing_trained"), (2, "too_long")]


def test_an_answer_of_several_turns_is_not_compared() -> None:
    rows = rows_of(RowType.RATED, 1)
    turns = [said("assistant", "One."), said("user", "And?"), said("assistant", "Two.")]
    rows = rows.with_columns(completion=pl.Series([turns], dtype=rows.schema["completion"]))
    assert kto().prepare(bundled(), rows, STOPS).failed[0].check == "wrong_turn"


def test_kto_compares_with_the_answers_to_other_prompts() -> None:
    from datasets import Dataset

    from tunec.runtime.tuning.training.kto import mismatched

    rows = Dataset.from_dict({"completion_ids": [[1], [2], [3], [4], [5]]})
    assert mismatched(rows, 2)["KL_completion_ids"] == [[2], [1], [4], [3], [5]]
    with pytest.raises(OperatorError, match="computes one at a time"):
        kto(batch_size=1)


def test_texts_are_split_and_none_of_them_is_lost() -> None:
    rows = rows_of(RowType.TEXT, 4)
    given = pretrain(max_length=16).prepare(bundled(), rows, STOPS)
    text = bundled().decode([token for record in given.records for token in record["input_ids"]])
    assert text == "".join(f"{text}<|endoftext|>" for text in rows["text"])
    assert max(given.lengths) == 16 and given.trained == sum(given.lengths)
    bad = rows.with_columns(text=pl.Series(["<|im_end|>", " ", "a", "b"]))
    assert [left.check for left in pretrain().prepare(bundled(), bad, STOPS).failed] == [
        "control_token",
        "nothing_trained",
    ]


def test_the_prompt_of_alpaca_is_what_the_model_is_saved_with(tiny: ModelSpec, tmp_path: Path) -> None:
    objective = sft(epochs=1, batch_size=8, max_length=256, template="alpaca")
    done = run_tiny(objective, tiny, rows_of(RowType.CHAT), tmp_path)
    assert done.summary["rows"] == 8
    assert "### Response:" in (tmp_path / "model/chat_template.jinja").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "more", "taken"),
    [
        ("dpo", {"beta": 2.0}, {"beta": 2.0}),
        ("orpo", {"beta": 2.0}, {"beta": 2.0}),
        (
            "kto",
            {"beta": 2.0, "liked_weight": 3.0, "disliked_weight": 4.0},
            {"beta": 2.0, "desirable_weight": 3.0, "undesirable_weight": 4.0},
        ),
    ],
)
def test_its_own_settings_reach_the_trainer(
    name: str, more: dict[str, Any], taken: dict[str, Any], tiny: ModelSpec, tmp_path: Path
) -> None:
    make, kind = OBJECTIVES[name]
    objective = make(batch_size=2, max_length=128, **more)
    given = objective.prepare(byte_tokenizer(), rows_of(kind, 2), STOPS)
    job = Job(tiny, rows_of(kind, 2), full(), tmp_path, tmp_path, 1, quiet)
    setup = setup_of(job, objective.settings, byte_tokenizer(), given, None)
    trainer = objective.trainer(setup) if name == "kto" else trainer_of(name)(setup)
    assert {key: getattr(trainer, key) for key in taken} == taken


def trainer_of(name: str) -> Any:
    return import_module(f"tunec.runtime.tuning.training.{name}").trainer
