from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest

from tests.ops.functions.conftest import Models, models, recordings  # noqa: F401 - fixtures
from tests.ops.material import TINY, conserved, context, drops, instructions
from tunec.runtime.ops.stages.consistent import consistent
from tunec.runtime.text.contradictions import contradiction, every_pair

ROWS: list[tuple[str, str | None]] = [
    ("What is the capital of France?", "Paris"),
    ("What is the capital of France?", "Lyon."),
    ("What is the capital of France?", " paris."),
    ("What is 3 + 4?", "The answer is 7."),
    ("What is 3 + 5?", "The answer is 8."),
    ("地球是平的吗？", "不是，地球是圆的。"),
    ("地球是平的吗？", "是的，是平的。"),
    ("Write a poem.", "Roses are red, violets are blue."),
    ("Write a poem.", "The sea is wide, and so am I."),
    ("Write a poem.", None),
]


def outcome_of(pairs: list[tuple[str, str | None]], **more: Any) -> Any:
    rows = instructions(*zip(*pairs, strict=True))
    found = consistent(rows, rows["instruction"], rows["response"], using=TINY, **{"ctx": context(), **more})
    conserved(rows, found)
    return found


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Yes, it is.", "No.", "yes and no"),
        ("Yesterday it rained all day.", "No.", None),
        ("可以。", "不可以。", "yes and no"),
        ("是否如此还不知道，要看情况再说。", "不是，地球是圆的。", None),
        ("The answer is 12.", "#### 13", "12 and 13"),
        ("The answer is 1/2.", "0.5", None),
        ("答案是 3", "答案是 4", "3 and 4"),
        ("Positive", "negative.", "Positive and negative."),
        ("Positive", "positive!", None),
        ("北京", "上海", "北京 and 上海"),
        ("It depends on what you mean.", "A long story told well.", None),
        ("今天天气非常好我们去公园", "明天下雨所以大家都在家里", None),
        ("left / right – up", "left / right – down", "left / right – up and left / right – down"),
    ],
)
def test_what_the_wording_shows(one: str, other: str, how: str | None) -> None:
    assert contradiction(one, other) == how
    assert (contradiction(other, one) is None) == (how is None)


def test_without_the_extra_math_only_numbers_have_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunec.runtime.text.mathematics.find_spec", lambda name: None)
    assert contradiction("The answer is x+10", "The answer is 2x+10") is None
    assert contradiction("The answer is 10", "The answer is 11") == "10 and 11"


def test_both_sides_go_and_each_shows_the_other() -> None:
    found = outcome_of(ROWS)
    assert drops(found) == [
        (0, "consistent", "Paris and Lyon. (1)", "no contradiction at >= 0.95", "r1"),
        (1, "consistent", "Paris and Lyon. (1)", "no contradiction at >= 0.95", "r0"),
        (2, "consistent", "Lyon. and paris. (1)", "no contradiction at >= 0.95", "r1"),
        (5, "consistent", "yes and no (1)", "no contradiction at >= 0.95", "r6"),
        (6, "consistent", "yes and no (1)", "no contradiction at >= 0.95", "r5"),
    ]
    assert found.drops["partner_text"][0] == "What is the capital of France?"


def test_nearly_the_same_prompts() -> None:
    near = [
        ("Is it true that the old bridge in town was built by hand?", "Yes."),
        ("Is it true that the old bridge in the town was built by hand?", "No."),
    ]
    assert outcome_of(near, cosine=0.9).rows.height == 0
    assert outcome_of(near, cosine=1.0).rows.height == 2


def test_a_report_keeps_the_rows_and_shows_pairs() -> None:
    found = outcome_of(ROWS, action="report")
    assert found.rows.height == len(ROWS)
    (note,) = found.notes
    assert note.startswith("3 pairs contradict each other and stay (5 rows): What is the capital of France?: Paris / L")
    assert outcome_of(ROWS[3:5]).notes == ()


def test_every_pair_that_a_class_stands_for() -> None:
    found = pl.DataFrame({"left": [0, 0, 2], "right": [1, 3, 4], "value": [1.0, 1.0, 0.97]})
    assert sorted(every_pair(found)) == [(0, 1, 1.0), (0, 3, 1.0), (1, 3, 1.0), (2, 4, 0.97)]
    linked = pl.DataFrame({"left": [0, 1], "right": [1, 2], "value": [1.0, 0.97]})
    assert sorted(every_pair(linked)) == [(0, 1, 1.0), (0, 2, 0.97), (1, 2, 0.97)]


@pytest.mark.model
def test_with_a_judge_it_decides_in_both_orders(models: Models) -> None:  # noqa: F811
    pairs: list[tuple[str, str | None]] = [("Is the earth flat?", "No, it is round."), ("Is the earth flat?", "Yes.")]
    sent: list[str] = []
    whole = models.context

    def logits(model: Any, prompts: Any, candidates: Any) -> Any:
        sent.extend(prompts)
        return whole.logits(model, prompts, candidates)

    ctx = type(whole)(7, whole.embed, whole.progress, logits=logits)
    found = outcome_of(pairs, judge=models.base, ctx=ctx)
    assert len(sent) == 2 and "first response: No, it is round.\nsecond response: Yes." in sent[0]
    assert "first response: Yes.\nsecond response: No, it is round." in sent[1]
    scores = whole.logits(models.base, sent, [" Yes", " No"])
    shares = [1 / (1 + 2.718281828459045 ** (s[1] - s[0])) for s in scores if s is not None]
    assert (found.rows.height == 0) == (sum(shares) / 2 > 0.5)
    assert all(re.fullmatch(r"\d+% by smollm2-135m-instruct \(1\)", d[2]) for d in drops(found))
