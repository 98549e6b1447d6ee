"""The table of an evaluation, for the terminal and the report."""

from __future__ import annotations

from typing import Any

from tunec.runtime.versions.scores import lines, table

BASE = {"accuracy": 0.4, "low": 0.3, "high": 0.5, "items": 100, "chance": 0.25}
PAIR = {"items": 100, "difference": 0.1, "low": 0.02, "high": 0.18, "better": "second", "p": 0.01}


def score(**models: dict[str, Any]) -> dict[str, Any]:
    return {"measure": "multiple_choice(on: quiz)", "models": models, "compared": "accuracy", "lower": False}


def test_models_stand_side_by_side_with_what_they_differ_by() -> None:
    given = score(base=BASE, tuned={**BASE, "accuracy": 0.5, "low": 0.4, "high": 0.6}, blend=BASE)
    given["differences"] = [
        {"first": "base", "second": "tuned", **PAIR},
        {"first": "base", "second": "blend", **PAIR, "difference": 0.0, "low": -0.1, "better": ""},
        {"first": "tuned", "second": "blend", **PAIR, "difference": -0.1, "better": "first"},
    ]
    assert list(lines(table(given))) == [
        "multiple_choice(on: quiz)   items 100, chance 0.25",
        "         accuracy  95 % interval  difference from base",
        "  base        0.4     0.3 to 0.5",
        "  tuned       0.5     0.4 to 0.6  +0.1 (+0.02 to +0.18), better",
        "  blend       0.4     0.3 to 0.5  +0 (-0.1 to +0.18), not shown",
        "  blend from tuned: -0.1 (+0.02 to +0.18), worse",
    ]


def test_numbers_that_differ_are_columns_and_origins_are_rows() -> None:
    part = {"bits_per_character": 2.5, "low": 2.0, "high": 3.0, "perplexity": 9.0, "rows": 2}
    one = {**part, "by_origin": {"a": part, "b": {**part, "bits_per_character": 1.0}}}
    given = score(base=one, tuned={**part, "perplexity": 8.0, "by_origin": {"a": part}})
    found = table({**given, "compared": "bits_per_character", "lower": True, "differences": []})
    assert found.told == "bits per character, less is better, rows 2"
    assert found.columns == ("", "bits per character", "95 % interval", "perplexity")
    assert [row[0] for row in found.rows] == ["base", "  a", "  b", "tuned"]
    assert found.rows[2] == ("  b", "1", "2 to 3", "9")


def test_an_evaluation_of_an_earlier_release() -> None:
    found = table({"measure": "m", "models": {"base": {"accuracy": 0.5, "items": 3}}})
    assert (found.columns, found.rows, found.told) == (("", "accuracy"), (("base", "0.5"),), "items 3")
