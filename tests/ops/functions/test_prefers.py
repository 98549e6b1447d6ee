from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from tests.ops.material import context
from tunec.runtime.base.context import Context
from tunec.runtime.base.method import Answer, Request, Sampling
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.functions.prefers import prefers

JUDGE = ModelSpec("openai", "referee", "", "http://localhost/v1")


def judged(
    say: Callable[[str], str], rows: Sequence[tuple[str | None, str | None, str | None]]
) -> tuple[list[Any], Any]:
    """The preferences, and what was told and counted."""
    told: list[Any] = []

    def ask(model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        assert sampling.temperature == 0
        return [Answer(say(request.prompt[0].content), "stop", 1, 1) for request in requests]  # type: ignore[union-attr]

    base = context()
    ctx = Context(1, base.embed, base.progress, ask=ask, note=told.append, missing=lambda *c: told.append(c))
    prompts, firsts, seconds = (pl.Series(values, dtype=pl.String) for values in zip(*rows, strict=True))
    return prefers(JUDGE, firsts, seconds, prompt=prompts, ctx=ctx).to_list(), told


def fair(text: str) -> str:
    """Prefers the answer that holds `good` or 好."""
    a, b = text.replace("回答甲", "Answer A:").split("Answer B:")[0], text.split("Answer B:")[-1]
    left, right = (any(word in part for word in ("good", "好")) for part in (a, b))
    return f"Because. [[{'C' if left == right else 'A' if left else 'B'}]]"


ROWS = [("Which?", "good one", "bad one"), ("Which?", "bad", "good"), ("Which?", "bad", "bad"), (None, "a", "b")]


def test_both_orders() -> None:
    found, told = judged(fair, ROWS)
    assert found == [1.0, 0.0, 0.5, None]
    assert told[-1] == (
        "`prefers` by referee: of 6 comparisons the answer that stood first won 33%, the second 33%; both orders say "
        "the same of 3 of 3 rows"
    )


def test_a_judge_who_prefers_what_stands_first_decides_nothing() -> None:
    found, told = judged(lambda text: "[[A]]", ROWS)
    assert found == [0.5, 0.5, 0.5, None]
    assert "first won 100%, the second 0%; both orders say the same of 0 of 3 rows" in told[-1]


def test_chinese_is_asked_in_chinese() -> None:
    asked: list[str] = []
    judged(lambda text: asked.append(text) or "[[C]]", [("天为什么是蓝的？", "因为散射。", "不知道。")])  # type: ignore[func-returns-value]
    assert all("天为什么是蓝的" in text and "Two assistants" not in text for text in asked)


def test_no_verdict_is_missing_and_counted() -> None:
    found, told = judged(
        lambda text: "[[A]]" if "bad" in text else "I cannot say.", [("q", "x", "y"), ("q", "bad", "z")]
    )
    assert found == [None, 0.5]
    assert ("`prefers` has no value by referee: no verdict in both orders", 1) in told
