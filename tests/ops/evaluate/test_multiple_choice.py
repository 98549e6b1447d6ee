"""Multiple choice: prompts, shots and answers worked out by hand, and the real model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, context
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.comparing import of_groups
from tunec.runtime.models.intervals import wilson, wilson_of
from tunec.runtime.ops.evaluate.multiple_choice import _top, demonstrations, multiple_choice, prompt, questions

SUMS = ("How much is 1 + 1?", ["1", "2"], "B")
MORE = ("How much is 2 + 3?", ["5", "4"], "0")
CHINESE = ("二加二等于几？", ["三", "四"], "四")


def items(*rows: tuple[str, Sequence[str] | None, str]) -> pl.DataFrame:
    names, choices, answers = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "id": [str(n) for n in range(len(rows))],
            "question": names,
            "choices": pl.Series(choices, dtype=pl.List(pl.String)),
            "answer": answers,
        }
    )


def answer(text: str, choices: Sequence[str] = ("red", "green", "blue")) -> int:
    return questions(items(("What?", choices, text)))[0].answer


@pytest.mark.parametrize(
    ("text", "number"),
    [("A", 0), ("c", 2), (" B ", 1), ("(b)", 1), ("B.", 1), ("0", 0), ("2", 2), ("green", 1), ("blue ", 2)],
)
def test_an_answer_is_a_letter_a_number_or_a_text(text: str, number: int) -> None:
    assert answer(text) == number


def test_the_text_of_a_choice_comes_first() -> None:
    assert answer("2", ["1", "2", "3"]) == 1
    assert answer("A", ["C", "B", "A"]) == 2
    assert answer("四", ["三", "四"]) == 1


@pytest.mark.parametrize("text", ["D", "3", "yellow", "", "AB"])
def test_an_answer_that_is_no_choice(text: str) -> None:
    with pytest.raises(OperatorError, match=rf'the answer "{text}" to "What\?" is not one of its 3 choices'):
        answer(text)


def test_rows_that_are_no_questions() -> None:
    for choices in (None, ["one"], [str(n) for n in range(27)]):
        with pytest.raises(OperatorError, match=r'"What\?" has \d+ choices'):
            questions(items(("What?", choices, "A")))
    for rows in (items(SUMS).head(0), items(SUMS).drop("choices")):
        with pytest.raises(OperatorError, match="needs rows with a question, choices and an answer"):
            multiple_choice(on=rows, ctx=context())


def test_prompts_by_hand() -> None:
    sums, more, chinese = questions(items(SUMS, MORE, CHINESE))
    assert prompt(sums, []) == "How much is 1 + 1?\nA. 1\nB. 2\nAnswer:"
    assert prompt(chinese, [more]) == (
        "How much is 2 + 3?\nA. 5\nB. 4\nAnswer: A\n\n二加二等于几？\nA. 三\nB. 四\n答案："
    )
    assert prompt(sums, [chinese]).startswith("二加二等于几？\nA. 三\nB. 四\n答案：B\n\nHow")


def test_shots_from_other_rows_come_in_their_order() -> None:
    asked = questions(items(SUMS))
    pool = questions(items(CHINESE, SUMS, MORE))
    assert demonstrations(0, asked, pool, 2, 7) == [pool[0], pool[2]]  # never the question itself
    with pytest.raises(OperatorError, match="3 shots are requested, but there are only 2 other questions"):
        demonstrations(0, asked, pool, 3, 7)
    with pytest.raises(OperatorError, match="there are only 2 other"):
        multiple_choice(on=items(SUMS), shots=3, shots_from=items(CHINESE, SUMS, MORE), ctx=context())
    with pytest.raises(OperatorError, match="there are only 0 other"):
        multiple_choice(on=items(SUMS), shots=1, ctx=context())
    with pytest.raises(OperatorError, match="`shots` must be 0 or more"):
        multiple_choice(on=items(SUMS), shots=-1, ctx=context())


def of_subjects(*rows: tuple[str, tuple[str, Sequence[str] | None, str]]) -> pl.DataFrame:
    subjects, questions_ = zip(*rows, strict=True)
    return items(*questions_).with_columns(pl.Series("meta.subject", subjects))


def test_the_questions_of_a_subject_are_asked_after_those_of_the_same() -> None:
    asked = questions(of_subjects(("law", SUMS), ("logic", MORE)), "subject")
    pool = questions(of_subjects(("logic", CHINESE), ("law", MORE), ("law", CHINESE)), "subject")
    assert demonstrations(0, asked, pool, 2, 7) == pool[1:] and demonstrations(1, asked, pool, 1, 7) == pool[:1]
    with pytest.raises(OperatorError, match="1 shots are requested, but there are only 0 other questions about `law`"):
        demonstrations(0, asked, None, 1, 7)
    with pytest.raises(OperatorError, match="there is no column `topic` to group by; there are `subject`"):
        questions(of_subjects(("law", SUMS)), "topic")
    header = "以下是中国关于{subject}的单项选择题，请选出其中的正确答案。"
    assert _top(header, "subject", asked[1]) == "以下是中国关于逻辑学的单项选择题，请选出其中的正确答案。\n\n"
    [item] = questions(of_subjects(("high_school_biology", SUMS)), "subject")
    assert _top("Questions about {subject}.", "subject", item) == "Questions about high school biology.\n\n"


def test_the_mean_of_subjects_and_its_interval() -> None:
    # Of a: 1 of 1 right, of b: 1 of 4.
    right, groups = [True, True, False, False, False], ["a", "b", "b", "b", "b"]
    found = of_groups(list("12345"), right, groups, {})
    assert found.numbers["macro"] == (1 + 1 / 4) / 2 and found.numbers["accuracy"] == 2 / 5
    assert found.numbers["by_group"] == {"a": 1.0, "b": 0.25} and found.numbers["groups"] == 2
    # The standard error of (p_a + p_b) / 2 is that of 4 / (1 / 1 + 1 / 4) items.
    assert (found.numbers["low"], found.numbers["high"]) == wilson_of(0.625, 3.2)
    assert sum(part for part, _ in found.items.values()) / sum(of for _, of in found.items.values()) == 0.625
    even = of_groups(list("1234"), [True, False, True, True], ["a", "a", "b", "b"], {})
    assert (even.numbers["low"], even.numbers["high"]) == wilson(3, 4)


def test_the_seed_draws_the_shots() -> None:
    many = questions(items(*((f"Question {n}?", ["a", "b"], "A") for n in range(20))))
    drawn = {tuple(item.id for item in demonstrations(0, many, None, 3, seed)) for seed in range(5)}
    assert len(drawn) == 5


@MANY
@given(st.lists(st.sampled_from("abcdefg好的"), min_size=2, max_size=9), st.integers(0, 5), st.integers())
def test_no_question_is_shown_before_itself(names: list[str], shots: int, seed: int) -> None:
    found = questions(items(*((name, ["a", "b"], "A") for name in names)))
    for number, asked in enumerate(found):
        others = sum(name != asked.question for name in names)
        if others < shots:
            with pytest.raises(OperatorError):
                demonstrations(number, found, None, shots, seed)
            continue
        shown = demonstrations(number, found, None, shots, seed)
        assert len(shown) == shots and asked.question not in {other.question for other in shown}
        assert prompt(asked, shown).count(asked.question) >= 1


# On the real model


def likeliest(loaded: Any, text: str, letters: Sequence[str]) -> int:
    """The number of the letter that the model finds likeliest next, computed directly."""
    import torch

    tokens = [loaded.tokenizer(text + letter)["input_ids"][-1] for letter in letters]
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([loaded.tokenizer(text)["input_ids"]])).logits[0, -1]
    return int(logits[tokens].argmax())


@pytest.mark.model
def test_right_is_what_the_model_finds_likeliest(base: ModelSpec, loaded: Any) -> None:
    said = [
        likeliest(loaded, "How much is 1 + 1?\nA. 1\nB. 2\nAnswer:", [" A", " B"]),
        likeliest(loaded, "How much is 2 + 3?\nA. 5\nB. 4\nC. 3\nAnswer:", [" A", " B", " C"]),
        likeliest(loaded, "二加二等于几？\nA. 三\nB. 四\n答案：", ["A", "B"]),
    ]
    right = [(SUMS[0], SUMS[1], "AB"[said[0]]), (MORE[0], ["5", "4", "3"], "ABC"[said[1]])]
    wrong = (CHINESE[0], CHINESE[1], CHINESE[1][1 - said[2]])
    found = multiple_choice(on=items(*right, wrong), ctx=context())(base).numbers
    assert found["items"] == 3 and found["accuracy"] == 2 / 3
    assert found["chance"] == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)
    # Wilson's interval of two of three.
    z2 = 1.959964**2
    middle = (2 / 3 + z2 / 6) / (1 + z2 / 3)
    half = math.sqrt(z2) * math.sqrt(2 / 9 / 3 + z2 / 36) / (1 + z2 / 3)
    assert (found["low"], found["high"]) == pytest.approx((middle - half, middle + half), abs=1e-6)


@pytest.mark.model
def test_the_shots_are_what_the_model_reads(base: ModelSpec, loaded: Any) -> None:
    asked = ("What is the code?", ["dog", "cat"], "A")
    first, second = ("Which letter?", ["x", "y"], "A"), ("哪一个？", ["甲", "乙"], "B")
    text = (
        "Which letter?\nA. x\nB. y\nAnswer: A\n\n哪一个？\nA. 甲\nB. 乙\n答案：B\n\n"
        "What is the code?\nA. dog\nB. cat\nAnswer:"
    )
    said = likeliest(loaded, text, [" A", " B"])
    measure = multiple_choice(on=items(asked), shots=2, shots_from=items(first, second), ctx=context())
    assert measure(base).numbers["accuracy"] == float(said == 0)


@pytest.mark.model
def test_the_header_stands_above_the_questions(base: ModelSpec, loaded: Any) -> None:
    asked = ("二加二等于几？", ["三", "四"], "B")
    head = "以下是中国关于算术的单项选择题，请选出其中的正确答案。"
    said = likeliest(loaded, f"{head}\n\n二加二等于几？\nA. 三\nB. 四\n答案：", ["A", "B"])
    found = multiple_choice(on=items(asked), header=f"{head}\n", ctx=context())(base)
    assert found.numbers["accuracy"] == float(said == 1)
    rows = items(asked).with_columns(pl.lit("算术").alias("subject"))
    head = head.replace("算术", "{subject}")
    found = multiple_choice(on=rows, header=head, by="subject", ctx=context())(base)
    assert (found.compared, found.numbers["macro"]) == ("macro", float(said == 1))


@pytest.mark.model
def test_a_blank_before_the_letter(base: ModelSpec, loaded: Any) -> None:
    first, asked = ("哪一个？", ["甲", "乙"], "B"), ("二加二等于几？", ["三", "四"], "B")
    text = "哪一个？\nA. 甲\nB. 乙\n答案： B\n\n二加二等于几？\nA. 三\nB. 四\n答案："
    said = likeliest(loaded, text, [" A", " B"])
    found = multiple_choice(on=items(asked), shots=1, shots_from=items(first), blank=True, ctx=context())(base)
    assert found.numbers["accuracy"] == float(said == 1)
    [one, two] = questions(items(first, asked))
    assert prompt(two, [one], blank=True) == text


STICKERS = ("Mina buys 7 packs of stickers with 12 stickers in each pack. How many stickers does she have in total?",
            ["19", "84", "96", "74"], "B")  # fmt: skip
BILL = ("Five friends share a restaurant bill of 95 dollars equally. How many dollars does each friend pay?",
        ["19", "90", "15", "18"], "A")  # fmt: skip
FOUR, NINE = ("二加二等于几？", ["三", "四", "五", "六"], "B"), ("三乘三等于几？", ["九", "六", "三", "八"], "A")


@pytest.mark.model
@pytest.mark.parametrize(
    ("header", "shot", "asked", "blank", "recorded"),
    [
        (
            "The following are multiple choice questions (with answers) about arithmetic.",
            STICKERS, BILL, False, [-1.1881, -1.6397, -0.9856, -2.1557],
        ),
        (
            "以下是中国关于算术的单项选择题，请选出其中的正确答案。",
            FOUR, NINE, True, [-1.6905, -1.6293, -1.0847, -1.4798],
        ),
    ],
)  # fmt: skip
def test_the_letters_have_the_odds_that_lm_eval_gives_them(
    loaded: Any, header: str, shot: Any, asked: Any, blank: bool, recorded: list[float]
) -> None:
    """Log-likelihoods that lm-eval 0.4.13 recorded of this model in float32, with the templates of `mmlu` and of
    `ceval-valid` and one shot."""
    from tunec.runtime.models.scoring import next_logits
    from tunec.runtime.ops.evaluate.multiple_choice import _tokens

    [one, two] = questions(items(shot, asked))
    text = f"{header}\n\n{prompt(two, [one], blank)}"
    ids, letters = _tokens(loaded.tokenizer, text, 4, blank)
    [found] = next_logits(loaded, [ids], [letters], 1)
    assert found - found[0] == pytest.approx([value - recorded[0] for value in recorded], abs=3e-4)


@pytest.mark.model
def test_too_many_shots_for_the_model_are_an_error_for_a_person(base: ModelSpec) -> None:
    long = (("word " * 9000).strip() + "?", ["a", "b"], "A")
    with pytest.raises(OperatorError, match=r"a prompt of \d+ tokens does not fit into the model's \d+: fewer shots"):
        multiple_choice(on=items(SUMS), shots=1, shots_from=items(long), ctx=context())(base)
