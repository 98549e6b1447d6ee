from __future__ import annotations

import polars as pl

from tunec.runtime.ops.functions.regex_equal import regex_equal

LETTER = r"(?:Answer|答案)\s*[:：]\s*([A-DＡ-Ｄ])"


def of(texts: list[str | None], answers: list[str | None], pattern: str = LETTER) -> list[bool | None]:
    texts_, answers_ = (pl.Series(values, dtype=pl.String) for values in (texts, answers))
    return regex_equal(texts_, answers_, pattern=pattern).to_list()


def test_the_last_match_counts() -> None:
    assert of(["Answer: A. No, Answer: B", "答案：Ｃ。"], ["b", "C"]) == [True, True]
    assert of(["Answer: B. No, Answer: A", "I think B"], ["B", "B"]) == [False, False]


def test_the_answer_may_be_written_as_the_text_is() -> None:
    assert of(["答案:D"], ["因为… 答案：D"]) == [True]


def test_without_a_group_the_whole_match() -> None:
    assert of(["on 2024-05-01 or 2024-05-02"], ["2024-05-02"], r"\d{4}-\d\d-\d\d") == [True]


def test_missing() -> None:
    assert of([None, "Answer: A"], ["A", None]) == [None, None]
