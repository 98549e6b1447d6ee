from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.building import build
from tests.ops.material import TINY, benchmark, bound, context, instructions
from tunec.runtime.base.method import Answer, Request, Sampling
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.decontaminate.confirm import confirm
from tunec.runtime.ops.decontaminate.cosine import cosine
from tunec.runtime.ops.decontaminate.exact import exact
from tunec.runtime.ops.stages.decontaminate import decontaminate

JUDGE = ModelSpec("scripted", "judge", "1", "none")
ITEM = "Which planet of our sun is the largest one"
Judge = Callable[[str, float], str]


class Asked:
    """Answers from a script, so that every kind of answer comes, and remembers what was asked."""

    def __init__(self, answer: Judge) -> None:
        self.answer, self.seen, self.missing = answer, list[tuple[str, float]](), list[tuple[str, int]]()

    def ask(self, model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        assert model is JUDGE
        texts = [r.prompt[0].content for r in requests]  # type: ignore[union-attr]
        self.seen += [(text, sampling.temperature) for text in texts]
        return [Answer(self.answer(text, sampling.temperature), "stop", 1, 1) for text in texts]

    @property
    def ctx(self):
        return replace(context(), ask=self.ask, missing=lambda reason, rows: self.missing.append((reason, rows)))


def suspects(*pairs: tuple[int, int, float]) -> pl.DataFrame:
    kinds = {"text": pl.UInt32, "item": pl.UInt32, "value": pl.Float64, "threshold": pl.String}
    return pl.DataFrame([(*pair, ">= 0.7") for pair in pairs], schema=kinds, orient="row")


def confirmed(asked: Asked, texts: list[str], items: list[str], found: pl.DataFrame, **more) -> list[tuple[int, int]]:
    result = confirm(pl.Series(texts), pl.Series(items), found, JUDGE, ctx=asked.ctx, **more)
    return result.select("text", "item").rows()


def test_what_is_confirmed_convicts_and_what_is_denied_does_not() -> None:
    asked = Asked(lambda text, _: "True" if "biggest" in text else "False")
    found = suspects((0, 0, 0.9), (1, 0, 0.8))
    result = confirm(pl.Series(["the biggest planet", "the smallest"]), pl.Series([ITEM]), found, JUDGE, ctx=asked.ctx)
    assert result.rows() == [(0, 0, 0.9, ">= 0.7, confirmed")]
    assert all(ITEM in text for text, _ in asked.seen) and len(asked.seen) == 2
    assert asked.missing == []


def test_a_text_is_asked_about_with_its_nearest_items_until_one_is_confirmed() -> None:
    asked = Asked(lambda text, _: "True" if "item c" in text else "False")
    items = ["item a", "item b", "item c", "item d"]
    found = suspects((0, 0, 0.7), (0, 1, 0.95), (0, 2, 0.8), (0, 3, 0.75))
    assert confirmed(asked, ["text"], items, found) == [(0, 2)]
    assert [next(i for i in items if i in text) for text, _ in asked.seen] == ["item b", "item c"]


def test_no_more_than_the_nearest_are_asked_about() -> None:
    found = suspects((0, 0, 0.7), (0, 1, 0.95), (0, 2, 0.8))
    for top, wanted in ((1, 1), (2, 2), (3, 3), (9, 3)):
        asked = Asked(lambda text, _: "False")
        assert confirmed(asked, ["text"], ["a", "b", "c"], found, top=top) == []
        assert len(asked.seen) == wanted


def test_an_answer_that_is_neither_is_asked_for_again() -> None:
    asked = Asked(lambda text, temperature: " False." if temperature > 0.5 else "It depends")
    assert confirmed(asked, ["x"], ["y"], suspects((0, 0, 0.9))) == []
    assert [temperature for _, temperature in asked.seen] == [0.0, 0.3, 0.6]


def test_what_is_never_answered_counts_and_is_said() -> None:
    asked = Asked(lambda text, _: "True, I think")
    assert confirmed(asked, ["x"], ["y"], suspects((0, 0, 0.9))) == [(0, 0)]
    assert asked.missing == [
        ("judge said neither True nor False of a match with a benchmark, which therefore counts", 1)
    ]


@pytest.mark.parametrize("about", ["knowledge", "math", "numbers", "code"])
def test_what_the_same_means_depends_on_the_subject(about: str) -> None:
    asked = Asked(lambda text, _: "True")
    confirmed(asked, ["x"], ["y"], suspects((0, 0, 0.9)), about=about)
    others = Asked(lambda text, _: "True")
    confirmed(others, ["x"], ["y"], suspects((0, 0, 0.9)), about="code" if about != "code" else "math")
    assert asked.seen[0][0] != others.seen[0][0]


def test_the_other_rules_need_no_confirmation() -> None:
    asked = Asked(lambda text, _: "False" if "小行星" in text or "Ceres" in text else "True")
    rows = instructions([ITEM, f"{ITEM} then", "Which planet of our sun is the largest Ceres", "小行星"])
    rules = [
        bound("exact()", lambda rows, texts, items: exact(texts, items, context())),
        bound("cosine(0.7)", lambda rows, **more: cosine(**more, threshold=0.7, using=TINY, ctx=context())),
        bound("confirm(judge)", lambda rows, **more: confirm(**more, model=JUDGE, ctx=asked.ctx)),
    ]
    outcome = decontaminate(rows, against=[benchmark([ITEM])], rules=rules, ctx=asked.ctx)
    assert outcome.rows["id"].to_list() == ["r2", "r3"]
    assert outcome.drops.select("row", "rule", "threshold").rows() == [
        (0, "exact()", "equal or contained"),
        (1, "exact()", "equal or contained"),
    ]
    # What `exact` convicts is not asked about: a model's answer costs, and changes nothing.
    assert not any(ITEM in question.split("Second:")[1] for question, _ in asked.seen)
    # Without `exact`, the judge decides about both.
    outcome = decontaminate(rows, against=[benchmark([ITEM])], rules=rules[1:], ctx=asked.ctx)
    assert outcome.drops.select("row", "rule", "threshold").rows() == [
        (0, "confirm(judge)", ">= 0.7, confirmed"),
        (1, "confirm(judge)", ">= 0.7, confirmed"),
    ]
    assert [v.split(", ")[1] for v in outcome.drops["value"]] == ["duplicate", "duplicate"]


def test_chinese_is_shown_to_the_judge_as_it_is() -> None:
    asked = Asked(lambda text, _: "True")
    assert confirmed(asked, ["太阳系最大的行星是哪一颗？"], ["哪颗行星最大？"], suspects((0, 0, 0.9))) == [(0, 0)]
    assert "太阳系最大的行星是哪一颗？" in asked.seen[0][0] and "哪颗行星最大？" in asked.seen[0][0]


SPEC = """
spec t(version: "1.0.0", seed: 1)
source tasks = rows([
    {instruction: "Name the largest planet of our solar system.", response: "Jupiter"},
    {instruction: "Write a haiku about rain in the autumn.", response: "Rain"},
], license: "MIT")
benchmark quiz = rows([{question: "What is the largest planet in our solar system?", answer: "Jupiter"}])
embedder minilm = bundled("all-minilm-l6-v2")
model judge_model = bundled("smollm2-135m-instruct")
dataset out from tasks {
    decontaminate(against: [quiz]) {
        exact()
        cosine(0.70, using: minilm)
        confirm(judge_model)
    }
}
"""


@pytest.mark.model
def test_a_real_judge_is_asked_once_and_its_answers_are_recorded(tmp_path: Path) -> None:
    first = build(tmp_path, SPEC).built
    assert first is not None and first.published is not None
    assert first.engine.services.requests["asked"] >= 1
    again = build(tmp_path, SPEC.replace("exact()", "exact()\n        ngram(13)")).built
    assert again is not None
    assert again.engine.services.requests["asked"] == 0 and again.engine.services.requests["recorded"] >= 1
