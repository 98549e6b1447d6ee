"""Self-instruct in Alpaca's way: the prompt, the parser and the filters, on texts written by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.generating import answer, first_request, with_the_bundled_model, work
from tests.ops.material import MANY
from tunec.runtime.base.method import Draft, Method, Rejection, Unit
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.self_instruct import self_instruct
from tunec.runtime.ops.methods.styles import alpaca

MODEL = ModelSpec("bundled", "m", "r", "b", (("temperature", 0.7), ("top_p", 1.0)))


def method(mode: str = "completion") -> Method:
    return self_instruct(MODEL, demonstrations=3, mode=mode, max_tokens=64)  # type: ignore[arg-type]


def seeds(count: int = 6) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"s{n}" for n in range(count)],
            "instruction": [f"Do  thing\nnumber {n}:" for n in range(count)],
            "input": ["" if n % 2 else f"given {n}" for n in range(count)],
            "response": [f"Done {n}." for n in range(count)],
        }
    )


def parsed(text: str, finish: str = "stop") -> list[Draft | Rejection]:
    return work(method(), seeds(), [answer(text, finish)]).parts


def reasons(text: str, finish: str = "stop") -> list[str]:
    return [part.rule if isinstance(part, Rejection) else "row" for part in parsed(text, finish)]


def block(number: int, instruction: str, given: str = "<noinput>", output: str = "Fine.") -> str:
    """What a model writes after `NUMBER. Instruction:`."""
    return f" {instruction}\n{number}. Input:\n{given}\n{number}. Output:\n{output}\n"


def test_the_prompt_shows_seeds_and_ends_with_the_next_number() -> None:
    request = first_request(method(), seeds())
    assert isinstance(request.prompt, str)
    assert request.prompt.endswith("###\n4. Instruction:")
    assert "1. Instruction: Do thing number" in request.prompt
    assert "<noinput>" in request.prompt
    assert "20" in request.prompt  # the length of the list that is asked for


def test_which_seeds_are_shown_depends_on_seed_and_number_alone() -> None:
    first = first_request(method(), seeds(), 5)
    assert first_request(method(), seeds(), 5) == first
    assert first_request(method(), seeds().reverse(), 5) == first
    assert first_request(method(), seeds(), 6) != first
    assert first_request(method(), seeds(), 5, seed=2) != first


def test_rows_and_rejections_name_the_seeds_that_were_shown() -> None:
    made = work(method(), seeds(), [block(4, "Name a tall tree.") + "###\n5. Nothing"])
    (row,), (rejected,) = made.rows, made.rejected
    assert len(set(row.parents)) == 3 and row.parents == rejected.parents
    (asked,) = made.asks
    shown = str(asked.requests[0].prompt)
    assert all(f"Do thing number {parent[1:]}" in shown for parent in row.parents)


def test_chat_mode_asks_in_a_message() -> None:
    request = first_request(method("chat"), seeds())
    assert not isinstance(request.prompt, str)
    assert request.prompt[0].role == "user"


def test_too_few_seeds_are_an_error_for_a_person() -> None:
    with pytest.raises(OperatorError, match="3 demonstrations are requested, but there are only 2 seeds"):
        first_request(method(), seeds(2))


def test_blocks_become_rows() -> None:
    text = block(4, "Name a tall tree.") + "###\n5. Instruction:" + block(5, "Add the two numbers.", "1 and 2", "3")
    assert [row.fields for row in work(method(), seeds(), [text]).rows] == [
        {"instruction": "Name a tall tree.", "input": "", "response": "Fine.", "system": ""},
        {"instruction": "Add the two numbers.", "input": "1 and 2", "response": "3", "system": ""},
    ]


def test_a_block_under_a_wrong_number_dies() -> None:
    text = block(4, "Name a tall tree.") + "###\n6. Instruction:" + block(6, "Add the two numbers.")
    assert reasons(text) == ["row", "Instruction, Input, Output under one number"]


def test_only_the_last_block_of_a_truncated_answer_is_dropped() -> None:
    text = block(4, "Name a tall tree.") + "###\n5. Instruction: Tell me"
    assert reasons(text, "length") == ["row", "complete"]


@pytest.mark.parametrize(
    "instruction, kept",
    [
        ("Go now please", False),  # three words
        ("Go now please do", True),
        ("word " * 151, False),
        ("Draw a big red house.", False),
        ("Describe the drawbridge of a castle.", True),  # whole words only
        ("Please go to the shop today.", False),
        ("Write a program that sorts.", False),
        ("- list four fine things", False),
        ("Écris une phrase en français.", False),
        ("写一首关于春天的诗 for me now", False),
    ],
)
def test_filters(instruction: str, kept: bool) -> None:
    assert (reasons(block(4, instruction)) == ["row"]) is kept


def test_an_empty_output_is_no_row() -> None:
    assert reasons(block(4, "Name a tall tree.", output="")) == ["output not empty"]


# Every argument


@pytest.mark.parametrize("name, stated", [("temperature", 0.0), ("top_p", 0.5), ("max_tokens", 9)])
def test_how_it_samples_is_the_models_unless_stated(name: str, stated: float) -> None:
    options = {"temperature": 0.2, "top_p": 0.9, "max_tokens": 77}
    model = replace(MODEL, options=tuple(options.items()))

    def sampling(**more: float) -> dict[str, float]:
        asked = work(self_instruct(model, demonstrations=3, **more), seeds(), [""]).asks[0]  # type: ignore[arg-type]
        return {n: getattr(asked.sampling, n) for n in options}

    assert sampling() == options
    assert sampling(**{name: stated}) == {**options, name: stated}


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": -0.1},
        {"top_p": 0},
        {"top_p": 1.5},
        {"max_tokens": 0},
        {"demonstrations": 0},
        {"count": 8},
        {"machine": 8},
        {"instances": 2},
    ],
    ids=str,
)
def test_settings_that_make_no_sense(settings: dict[str, Any]) -> None:
    with pytest.raises(OperatorError, match="|".join(settings)):
        self_instruct(MODEL, **settings)


@pytest.mark.parametrize("shown", [1, 3, 5])
def test_as_many_demonstrations_as_asked_for(shown: int) -> None:
    asked = self_instruct(MODEL, demonstrations=shown, mode="completion")
    request = first_request(asked, seeds())
    assert isinstance(request.prompt, str)
    assert request.prompt.count(". Output:") == shown
    assert request.prompt.endswith(f"###\n{shown + 1}. Instruction:")


def test_the_length_of_the_list_is_asked_for_and_ends_the_answer() -> None:
    asked = self_instruct(MODEL, demonstrations=2, count=5, mode="completion")
    (ask,) = work(asked, seeds(), [""]).asks
    prompt = ask.requests[0].prompt
    assert isinstance(prompt, str) and prompt.startswith("Write a list of 5 different tasks.")
    assert ask.sampling.stop == ("\n6. Instruction:",)


def test_a_demonstration_by_hand() -> None:
    seed = {"id": ["s"], "instruction": ["列出 三种颜色："], "input": ["  "], "response": ["红、绿、蓝。\n"]}
    prompt = first_request(self_instruct(MODEL, demonstrations=1, mode="completion"), pl.DataFrame(seed)).prompt
    assert isinstance(prompt, str)
    assert prompt.endswith(
        "###\n1. Instruction: 列出 三种颜色：\n1. Input:\n<noinput>\n1. Output:\n红、绿、蓝。\n###\n2. Instruction:"
    )


@pytest.mark.parametrize("begin", ["", "###\n4. Instruction:", "4. Instruction:", "\n ### 4. Instruction:"])
def test_in_a_chat_the_answer_may_begin_with_the_header(begin: str) -> None:
    (row,) = work(method("chat"), seeds(), [begin + block(4, "Name a tall tree.")]).parts
    assert isinstance(row, Draft) and row.fields["instruction"] == "Name a tall tree."


@MANY
@given(st.text(alphabet="###45. InstructionInputOutput:\nab好", max_size=80), st.sampled_from(["stop", "length"]))
def test_whatever_a_model_says_is_read_or_rejected_with_a_reason(text: str, finish: str) -> None:
    for part in parsed(text, finish):
        if isinstance(part, Rejection):
            assert part.rule and isinstance(part.text, str)
        else:
            assert set(part.fields) == {"instruction", "input", "response", "system"} and part.fields["response"]


def test_tasks_that_were_made_are_shown_too() -> None:
    made = pl.DataFrame({"id": ["m0", "m1", "m2"], "instruction": ["Made 0", "Made 1", "Made 2"]})
    made = made.with_columns(input=pl.lit(""), response=pl.lit("Done."))
    asked = self_instruct(MODEL, demonstrations=3, machine=2, mode="completion")
    assert asked.reads_accepted and not method().reads_accepted
    prompts = []
    for number in range(8):
        ask = next(asked.work(Unit(number, seeds(), f"1 {number}", made)))
        prompts.append(str(ask.requests[0].prompt))
    assert all(prompt.count("Made ") == 2 and prompt.count("Do thing") == 1 for prompt in prompts)
    assert len({prompt[-400:] for prompt in prompts}) > 4, "drawn anew, and mixed"
    early = next(asked.work(Unit(0, seeds(), "1 0", made[:0])))
    assert str(early.requests[0].prompt).count("Do thing") == 3, "as long as nothing was made there are seeds alone"


def test_the_paper_shows_two_by_default() -> None:
    assert self_instruct(MODEL, style="paper").machine == 2  # type: ignore[attr-defined]
    assert self_instruct(MODEL, style="belle").machine == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_seed_without_an_input_is_shown_as_one(blank: str | None) -> None:
    shown = alpaca.demonstration(2, {"instruction": "Name a\ncolour:", "input": blank, "response": "Red.\n"})
    assert shown == "###\n2. Instruction: Name a colour\n2. Input:\n<noinput>\n2. Output:\nRed."


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "self_instruct(base, demonstrations: 1, mode: completion) until(requests: 1)")
