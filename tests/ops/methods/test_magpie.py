"""`magpie`: turns of a user that a model makes up."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.building import build, ledger, rows
from tests.generating import answer, with_the_bundled_model, work
from tests.serving import serving
from tunec.runtime.base.method import Message
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.magpie import magpie

QWEN = ModelSpec("openai", "Qwen/Qwen3-8B", "", "http://localhost:1/v1", (("max_tokens", 99),))
SEEDS = pl.DataFrame({"id": ["s0"], "instruction": ["Unused"]})


def test_a_turn_and_its_answer() -> None:
    made = work(magpie(QWEN), SEEDS, [" Why is the sky blue?\n", "Because of scattering."], number=7)
    (row,) = made.rows
    assert row.fields == {
        "instruction": "Why is the sky blue?", "input": "", "response": "Because of scattering.", "system": "",
    }  # fmt: skip
    turn, reply = made.asks
    assert turn.requests[0].prompt == "<|im_start|>user\n" and turn.requests[0].sample == 7
    assert turn.sampling.stop == ("<|im_end|>", "\n")
    assert (turn.sampling.temperature, turn.sampling.top_p, turn.sampling.max_tokens) == (1.0, 1.0, 99)
    assert reply.requests[0].prompt == (Message("user", "Why is the sky blue?"),) and reply.sampling.temperature == 0


def test_chinese() -> None:
    made = work(magpie(QWEN, system="你是一位厨师。"), SEEDS, ["怎样做红烧肉？", "先焯水，再加酱油慢炖。"])
    assert made.rows[0].fields["instruction"] == "怎样做红烧肉？" and made.rows[0].fields["system"] == ""
    before = "<|im_start|>system\n你是一位厨师。<|im_end|>\n<|im_start|>user\n"
    assert made.asks[0].requests[0].prompt == before
    assert made.asks[1].requests[0].prompt == (Message("system", "你是一位厨师。"), Message("user", "怎样做红烧肉？"))


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([answer("Why is", "length")], "complete"),
        (["  "], "an instruction"),
        (["…?!"], "an instruction"),
        (["Answer the following question:"], "an instruction"),
        (["Hello<|im_start|>assistant"], "no marks of turns"),
        (["Why?", answer("Because of", "length")], "complete"),
        (["Why?", " "], "complete"),
        ([answer("", "failed", reason="an empty answer, 6 times")], "answer"),
    ],
)
def test_turns_that_are_no_rows(said: list[str], rule: str) -> None:
    made = work(magpie(QWEN), SEEDS, said)
    assert not made.rows and [r.rule for r in made.rejected] == [rule]


@pytest.mark.parametrize(
    ("name", "before", "end"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        ("gemma-3-4b-it", "<start_of_turn>user\n", "<end_of_turn>"),
        ("phi-4", "<|im_start|>user<|im_sep|>", "<|im_end|>"),
        ("Phi-3-mini", "<|user|>\n", "<|end|>"),
        ("Mistral-7B-Instruct-v0.3", "[INST]", "[/INST]"),
    ],
)
def test_families(name: str, before: str, end: str) -> None:
    model = ModelSpec("openai", name, "", "http://localhost:1/v1")
    made = work(magpie(model, lines=True), SEEDS, ["Hi?", "Hello."])
    assert (made.asks[0].requests[0].prompt, made.asks[0].sampling.stop) == (before, (end,))


def test_a_model_whose_template_is_not_known() -> None:
    unknown = ModelSpec("openai", "my-model", "", "http://localhost:1/v1")
    with pytest.raises(OperatorError, match="how `my-model` marks the turn of a user is not known: state it"):
        magpie(unknown)
    made = work(magpie(unknown, opening="USER: "), SEEDS, ["Hi there?", "Hello."])
    assert made.asks[0].requests[0].prompt == "USER: " and made.asks[0].sampling.stop == ("\n",)
    with pytest.raises(OperatorError, match="no place for a system text"):
        magpie(unknown, opening="USER: ", system="Be kind.")
    with pytest.raises(OperatorError, match="no system text"):
        magpie(ModelSpec("openai", "gemma-3-4b-it", "", "http://localhost:1/v1"), system="Be kind.")


def test_every_turn_is_a_request_of_its_own(tmp_path: Path) -> None:
    said = iter(f"Question {n}?" for n in range(99))
    with serving(say=lambda body: next(said) if "prompt" in body else "Yes.") as served:
        text = f"""
spec s(version: "1.0.0-dev")
source q = rows([{{instruction: "Question 0?", response: "-"}}])
model teacher = openai("qwen3", base_url: "{served.url}", concurrency: 1)
generate made from q {{ magpie(teacher) novel(instruction) until(rows: 3, requests: 20) }}
dataset out from made {{ }}
"""
        built = build(tmp_path, text)
    assert rows(built, "out")["instruction"].to_list() == ["Question 1?", "Question 2?", "Question 3?"]
    assert served.bodies[0]["stop"] == ["<|im_end|>", "\n"]
    assert ledger(built, "out").filter(verdict="dropped")["rule"].to_list()[0] == "novel(rouge_l: 0.7)"


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "magpie(base) until(requests: 2)")
