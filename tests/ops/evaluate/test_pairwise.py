"""Comparisons of answers by a judge, in both orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.ops.evaluate.saying import JUDGE, ONE, TWO, saying
from tests.ops.material import benchmark
from tunec.runtime.base.context import Context
from tunec.runtime.base.method import Request
from tunec.runtime.ops.evaluate.pairwise import pairwise

ITEMS = benchmark(["First?", "Second?", "第三个问题？", "Fourth?"])


def judged(verdict: Callable[[str], str]) -> Context:
    """Model two answers well except to the second question; the judge says `verdict` of what it reads."""

    def say(model: Any, request: Request, sampling: Any) -> str:
        text = request.prompt[-1].content  # type: ignore[union-attr]
        if model != JUDGE:
            assert sampling.max_tokens == 33
            return "good" if (model == TWO) != (text == "Second?") else "poor"
        assert sampling.max_tokens == 256
        return verdict(text)

    return saying(say)


def better_first(text: str) -> bool:
    return text.index("good") < text.index("poor")


def test_an_answer_wins_where_it_is_preferred_in_both_orders() -> None:
    ctx = judged(lambda text: "Because. [[A]]" if better_first(text) else "[[B]]")
    found = pairwise(JUDGE, on=ITEMS, against=ONE, max_tokens=33, ctx=ctx)(TWO)
    numbers = found.numbers
    assert (numbers["win_rate"], numbers["wins"], numbers["ties"], numbers["losses"]) == (0.75, 3, 0, 1)
    assert numbers["prefers_first"] == 0.5 and numbers["unread"] == 0
    assert found.items["q1"] == (0.0, 1.0) and found.compared == "win_rate"


def test_a_judge_who_prefers_what_stands_first_decides_nothing() -> None:
    found = pairwise(JUDGE, on=ITEMS, against=ONE, max_tokens=33, ctx=judged(lambda text: "[[A]]"))(TWO)
    assert (found.numbers["win_rate"], found.numbers["ties"], found.numbers["prefers_first"]) == (0.5, 4, 1.0)


def test_verdicts_that_cannot_be_read_are_ties_and_counted() -> None:
    ctx = judged(lambda text: "Hm." if "First?" in text else "[[C]]")
    numbers = pairwise(JUDGE, on=ITEMS, against=ONE, max_tokens=33, ctx=ctx)(TWO).numbers
    assert (numbers["ties"], numbers["unread"], numbers["prefers_first"]) == (4, 2, 0.5)


def test_a_model_against_itself_is_not_judged() -> None:
    def refuse(text: str) -> str:
        raise AssertionError(text)

    numbers = pairwise(JUDGE, on=ITEMS, against=TWO, max_tokens=33, ctx=judged(refuse))(TWO).numbers
    assert (numbers["win_rate"], numbers["ties"]) == (0.5, 4)
