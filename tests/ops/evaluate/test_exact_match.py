"""Written answers: prompts, numbers, texts, shots."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.ops.evaluate.saying import ONE, saying
from tests.ops.material import benchmark
from tunec.runtime.base.method import Message, Request
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.evaluate.exact_match import STOPS, exact_match
from tunec.runtime.tuning.measuring.final_numbers import last, marked

SUMS = benchmark(
    ["How many is 2 + 3?", "How many is 4 + 4?", "二加二等于几？"],
    ["2 + 3 = <<2+3=5>>5\n#### 5", "#### 8", "答案是 4。#### 4"],
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It is 5.", 5), ("#### 1,200", 1200), ("$3.50 is left", Fraction("3.5")), ("no number", None), ("-7", -7),
        ("5 apples and 12 pears", 12), ("共有 12 个。", 12), ("3.0", 3), ("..", None),
    ],
)  # fmt: skip
def test_the_last_number(text: str, number: Fraction | None) -> None:
    assert last(text) == number


def test_the_marked_number() -> None:
    assert marked("1 + 1\n#### 2, or 3") == 2 and marked("2") is None


def test_what_the_model_is_asked_and_what_counts() -> None:
    asked: list[Request] = []

    def say(model: object, request: Request, sampling: object) -> str:
        asked.append(request)
        assert sampling.temperature == 0 and sampling.stop == STOPS and sampling.max_tokens == 256  # type: ignore[attr-defined]
        return {0: "2 and 3 make 5", 1: "#### 8", 2: "不知道"}[len(asked) - 1]

    found = exact_match(on=SUMS, ctx=saying(say))(ONE)
    assert [r.prompt for r in asked] == [
        "Question: How many is 2 + 3?\nAnswer:",
        "Question: How many is 4 + 4?\nAnswer:",
        "问题：二加二等于几？\n答案：",
    ]
    numbers = found.numbers
    assert (numbers["exact_match"], numbers["strict"], numbers["items"]) == (2 / 3, 1 / 3, 3)
    assert (numbers["without"], numbers["cut"]) == (1, 0)
    assert found.items == {"q0": (1.0, 1.0), "q1": (1.0, 1.0), "q2": (0.0, 1.0)}


def test_shots_stand_before_the_question() -> None:
    seen: list[object] = []
    ctx = saying(lambda model, request, sampling: seen.append(request.prompt) or "5")  # type: ignore[func-returns-value]
    exact_match(on=SUMS.head(1), shots=2, shots_from=SUMS, ctx=ctx)(ONE)
    assert seen == [
        "Question: How many is 4 + 4?\nAnswer: #### 8\n\n问题：二加二等于几？\n答案：答案是 4。#### 4\n\n"
        "Question: How many is 2 + 3?\nAnswer:"
    ]
    exact_match(on=SUMS.head(1), shots=1, shots_from=SUMS, mode="chat", ctx=ctx)(ONE)
    assert seen[1] == (
        Message("user", "How many is 4 + 4?"), Message("assistant", "#### 8"), Message("user", "How many is 2 + 3?"),
    )  # fmt: skip
    exact_match(on=SUMS, shots=2, ctx=ctx)(ONE)
    assert all(str(prompt).count("Question: How many is 2 + 3?") == 1 for prompt in seen[2:])
    with pytest.raises(OperatorError, match="3 shots are requested, but there are only 2 other questions"):
        exact_match(on=SUMS, shots=3, ctx=ctx)


def test_texts_are_compared_whole() -> None:
    cities = benchmark(["Capital of France?", "法国的首都？"], ["Paris", "巴黎"])
    said = iter(["paris.", "巴黎是首都"])
    found = exact_match(on=cities, answer="text", ctx=saying(lambda *_: next(said)))(ONE)
    assert found.numbers["exact_match"] == 0.5 and "strict" not in found.numbers
    with pytest.raises(OperatorError, match="holds no number: use `answer: text`"):
        exact_match(on=cities, ctx=saying(lambda *_: ""))


def test_expressions_are_compared_by_their_value() -> None:
    pytest.importorskip("math_verify")
    asked = benchmark(["√8?", "一半？", "Square?", "Tower?"], ["$2\\sqrt{2}$", "#### 1/2", "x^2", "2^{99999}"])
    said = ["It is \\boxed{\\sqrt{8}}.", "答案是 0.5", "\\boxed{x^3}", "\\boxed{3^{99999}}"]
    answers = iter(said)
    found = exact_match(on=asked, answer="expression", ctx=saying(lambda *_: next(answers)))(ONE).numbers
    assert (found["exact_match"], found["undecided"], found["without"]) == (0.5, 1, 0) and "strict" not in found
    # As numbers, the last ones of the texts are compared, which says something else.
    answers = iter(said)
    assert exact_match(on=asked, ctx=saying(lambda *_: next(answers)))(ONE).numbers["exact_match"] != 0.5
    with pytest.raises(OperatorError, match="holds no expression: use `answer: text`"):
        exact_match(on=benchmark(["Who?"], ["Many are called."]), answer="expression", ctx=saying(lambda *_: ""))


def test_answers_that_are_cut_are_counted() -> None:
    found = exact_match(on=SUMS.head(1), max_tokens=2, ctx=saying(lambda *_: "it is 5"))(ONE)
    assert (found.numbers["cut"], found.numbers["exact_match"]) == (1, 0)
