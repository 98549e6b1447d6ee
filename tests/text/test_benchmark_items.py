"""The items of benchmarks, and that they are made once."""

from __future__ import annotations

import polars as pl

from tunec.runtime.text.benchmark_items import BenchmarkItems


def rows(*pairs: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"{n:016x}" for n in range(len(pairs))],
            "instruction": [question for question, _ in pairs],
            "input": [None] * len(pairs),
            "response": [answer for _, answer in pairs],
            "system": [None] * len(pairs),
        },
        schema_overrides={"input": pl.String, "system": pl.String},
    )


def test_the_same_items_are_told_again_and_others_anew() -> None:
    known = BenchmarkItems()
    one, two = rows(("Why?", "So.")), rows(("Why?", "Because."), ("Who?", "She."))
    first = known.of([one], "question_answer")
    assert first["text"].to_list() == ["Why?\nSo."]
    assert known.of([two], "question_answer")["text"].to_list() == ["Why?\nBecause.", "Who?\nShe."]
    # Equal ids say nothing: a stage may have changed what rows say.
    assert known.of([rows(("Why?", "So.")), two], "question")["text"].to_list() == ["Why?", "Who?"]
    assert known.of([one], "question_answer").equals(first)
    known.forget()
    assert known.of([one], "question_answer").equals(first)


def test_items_are_not_made_twice() -> None:
    known = BenchmarkItems()
    benchmark = rows(("Why?", "So."))
    known.of([benchmark], "question")
    made = known._told[0][2]
    known.of([rows(("Why?", "So."))], "question")
    assert len(known._told) == 1 and known._told[0][2] is made
