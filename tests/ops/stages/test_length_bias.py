from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.building import build, rows
from tunec.runtime.building.broken_checks import CheckBroken
from tunec.runtime.ops.stages.length_bias import length_bias


def said(chosen: list[str | None], rejected: list[str | None]) -> tuple[str, ...]:
    frame = pl.DataFrame({"id": [str(n) for n in range(len(chosen))]})
    outcome = length_bias(frame, pl.Series(chosen, dtype=pl.String), pl.Series(rejected, dtype=pl.String))
    assert outcome.rows is frame and outcome.drops.height == 0
    return outcome.notes


def test_the_share_of_pairs_that_differ() -> None:
    # Three of four that differ; one pair of equal length, and one without an answer, say nothing.
    (note,) = said(["aaaa", "bbb", "长一点的", "c", "dd", None], ["a", "b", "短", "ccc", "ee", "f"])
    assert "the longer one in 75% of 4 pairs (95% interval 30% to 95%)" in note
    assert "1.75 times the characters" in note  # 14 against 8
    assert said(["a", "b"], ["c", "d"]) == ("length bias: no pair has answers of different lengths",)
    assert said([], []) == ("length bias: no pair has answers of different lengths",)


def test_in_a_build_and_the_bound_as_a_check(tmp_path: Path) -> None:
    pairs = [{"prompt": f"q{n}", "chosen": "long " * (n + 2), "rejected": "short"} for n in range(5)]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")
    text = 'spec s(version: "1.0.0-dev")\nsource p = jsonl("p.jsonl", format: preference)\ndataset d from p {{ {} }}'
    result = build(tmp_path, text.format("length_bias()"))
    assert rows(result, "d").height == 5
    (warning,) = [w for w in result.reporter.warnings if "length_bias" in w]
    assert "100% of 5 pairs (95% interval 57% to 100%)" in warning
    with pytest.raises(CheckBroken, match=r"<= 70%, but it is 100.00% of 5 rows"):
        build(tmp_path, text.format("length_bias() check share(chars(chosen) > chars(rejected)) <= 70%"))
