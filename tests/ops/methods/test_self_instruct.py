"""Self-instruct in Alpaca's way: the prompt, the parser and the filters, on texts written by hand."""

from __future__ import annotations

import polars as pl
import pytest

from tunec.runtime.method import Answer, Draft, Method, Rejection
from tunec.runtime.operator import OperatorError
from tunec.runtime.ops.methods.self_instruct import self_instruct
from tunec.runtime.values import ModelSpec

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
    return method().parse(Answer(text, finish, 1, 1))  # type: ignore[arg-type]


def reasons(text: str, finish: str = "stop") -> list[str]:
    return [part.rule if isinstance(part, Rejection) else "row" for part in parsed(text, finish)]


def block(number: int, instruction: str, given: str = "<noinput>", output: str = "Fine.") -> str:
    """What a model writes after `NUMBER. Instruction:`."""
    return f" {instruction}\n{number}. Input:\n{given}\n{number}. Output:\n{output}\n"


def test_the_prompt_shows_seeds_and_ends_with_the_next_number() -> None:
    request = method().request(0, seeds(), 1)
    assert isinstance(request.prompt, str)
    assert request.prompt.endswith("###\n4. Instruction:")
    assert len(request.parents) == 3 and len(set(request.parents)) == 3
    assert "1. Instruction: Do thing number" in request.prompt
    assert "<noinput>" in request.prompt
    assert "20" in request.prompt  # the length of the list that is asked for


def test_which_seeds_are_shown_depends_on_seed_and_number_alone() -> None:
    first = method().request(5, seeds(), 1)
    assert method().request(5, seeds(), 1) == first
    assert method().request(5, seeds().reverse(), 1) == first
    assert method().request(6, seeds(), 1).parents != first.parents
    assert method().request(5, seeds(), 2).parents != first.parents


def test_chat_mode_asks_in_a_message() -> None:
    request = method("chat").request(0, seeds(), 1)
    assert not isinstance(request.prompt, str)
    assert request.prompt[0].role == "user"


def test_too_few_seeds_are_an_error_for_a_person() -> None:
    with pytest.raises(OperatorError, match="3 demonstrations are asked for, and there are 2 seeds"):
        method().request(0, seeds(2), 1)


def test_blocks_become_rows() -> None:
    text = block(4, "Name a tall tree.") + "###\n5. Instruction:" + block(5, "Add the two numbers.", "1 and 2", "3")
    assert parsed(text) == [
        Draft({"instruction": "Name a tall tree.", "input": "", "response": "Fine.", "system": ""}),
        Draft({"instruction": "Add the two numbers.", "input": "1 and 2", "response": "3", "system": ""}),
    ]


def test_a_block_under_a_wrong_number_dies() -> None:
    text = block(4, "Name a tall tree.") + "###\n6. Instruction:" + block(6, "Add the two numbers.")
    assert reasons(text) == ["row", "fields 5. Instruction, Input, Output"]


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


def test_other_styles_say_that_they_come_later() -> None:
    with pytest.raises(OperatorError, match="belle"):
        self_instruct(MODEL, style="belle")
