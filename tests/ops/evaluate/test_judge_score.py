"""Ratings of answers by a judge."""

from __future__ import annotations

from typing import Any

from tests.ops.evaluate.saying import JUDGE, ONE, saying
from tests.ops.material import benchmark, chats
from tunec.runtime.base.method import Message, Request
from tunec.runtime.base.values import Range
from tunec.runtime.ops.evaluate.judge_score import judge_score

ITEMS = benchmark(["Say a word.", "Say two words.", "Say nothing."])


def test_the_judge_reads_question_and_answer_and_the_mean_counts() -> None:
    seen: list[str] = []

    def say(model: Any, request: Request, sampling: Any) -> str:
        if model == ONE:
            assert request.prompt[-1] in [Message("user", q) for q in ITEMS["question"]]
            assert sampling.max_tokens == 99
            return f"answer {len(seen)}"
        seen.append(request.prompt[0].content)  # type: ignore[union-attr]
        return ["8", "3", "no idea"][len(seen) - 1]

    found = judge_score(JUDGE, on=ITEMS, rubric="Is it short?", max_tokens=99, ctx=saying(say))(ONE)
    assert (found.numbers["score"], found.numbers["items"], found.numbers["unrated"]) == (5.5, 2, 1)
    assert found.items == {"q0": (8.0, 1.0), "q1": (3.0, 1.0)} and found.compared == "score"
    assert found.numbers["low"] <= 5.5 <= found.numbers["high"]
    assert "Is it short?" in seen[0] and "Say a word." in seen[0] and "answer 0" in seen[0]


def test_the_scale_bounds_what_counts() -> None:
    ctx = saying(lambda model, request, sampling: "7" if model == JUDGE else "x")
    assert judge_score(JUDGE, on=ITEMS, scale=Range(1, 5), ctx=ctx)(ONE).numbers["unrated"] == 3
    assert judge_score(JUDGE, on=ITEMS, ctx=ctx)(ONE).numbers["score"] == 7


def test_expected_ratings_are_of_single_digits() -> None:
    ctx = saying(lambda *_: "x", logits=lambda model, prompts, words: [tuple(float(w == "4") * 50 for w in words)] * 3)
    assert round(judge_score(JUDGE, on=ITEMS, method="expected", ctx=ctx)(ONE).numbers["score"], 3) == 4


def test_of_a_chat_the_last_question_is_asked_with_what_was_before() -> None:
    rows = chats([[("system", "短"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]])
    asked: list[Any] = []

    def say(model: Any, request: Request, sampling: Any) -> str:
        if model == ONE:
            asked.append(request.prompt)
        return "5"

    judge_score(JUDGE, on=rows, ctx=saying(say))(ONE)
    assert asked == [(Message("system", "短"), Message("user", "a"), Message("assistant", "b"), Message("user", "c"))]
