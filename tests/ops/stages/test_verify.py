"""Rejection sampling, on answers of a server that are written down."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from tests.building import Result, build, ledger, rows
from tests.needs import needs
from tests.ops.material import bound, instructions
from tests.serving import last, serving
from tunec.runtime.base.values import RowRule
from tunec.runtime.ops.keep.longest import longest
from tunec.runtime.ops.keep.shortest import shortest
from tunec.runtime.ops.stages.verify import verify
from tunec.runtime.rows.dropped import nothing_dropped

needs("aiohttp")

#: Answers to each question, one a sample.
ANSWERS = {
    "3 + 4?": ["We add. The answer is 7.", "It is 8.", "\\boxed{7}", "答案是7。"],
    "一半加四分之一？": ["答案是 3/4", "答案是 0.7", "  ", "答案是 1"],
    "2 * 2?": ["4", "4.0", "#### 4", "The answer is 4"],
    "1 - 1?": ["1", "2", "3", "4"],
}
REFERENCES = {"3 + 4?": "3+4=7 #### 7", "一半加四分之一？": "0.75", "2 * 2?": "4", "1 - 1?": "0"}


def built(folder: Path, verify: str, after: str = "", model: str = "", block: str = "") -> Result:
    (folder / "q.jsonl").write_text(
        "".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in REFERENCES.items()), encoding="utf-8"
    )
    asked: Counter[str] = Counter()

    def say(body: dict[str, Any]) -> str:
        if "rate" in last(body):
            return "5" if "答案是7" in last(body) else "2"
        asked[last(body)] += 1
        return ANSWERS[last(body)][asked[last(body)] - 1] if asked[last(body)] <= 4 else " "

    with serving(say=say) as served:
        text = f"""
        spec s(version: "1.0.0-dev", seed: 3)
        source q = jsonl("q.jsonl", format: {{instruction: "question", response: "answer"}})
        model teacher = openai("m", base_url: "{served.url}", attempts: 1)
        generate solved from q {{
            respond(teacher, samples: 4)
            {verify}
            {after}
        }}
        dataset out from solved {{ {block} }}
        """
        result = build(folder, text)
    assert result.built is not None, result.problems
    return result


RIGHT = "keep math_equal(response, meta.answer)"


def test_all_right_answers(tmp_path: Path) -> None:
    result = built(tmp_path, f"verify {{ {RIGHT} }}")
    found = rows(result, "out")
    assert Counter(found["instruction"]) == {"3 + 4?": 3, "一半加四分之一？": 1, "2 * 2?": 4}
    assert set(found.filter(instruction="3 + 4?")["response"]) == set(ANSWERS["3 + 4?"]) - {"It is 8."}
    # The empty answer never became a row, and counts as wrong.
    rates = dict(found.select("instruction", "pass_rate").unique().iter_rows())
    assert rates == {"3 + 4?": 0.75, "一半加四分之一？": 0.25, "2 * 2?": 1.0}
    wrong = ledger(result, "out").filter(pl.col("rule") == "keep math_equal(response, meta.answer)")
    assert wrong.height == 1 + 2 + 4 and set(wrong["value"]) == {"false"}
    published = pl.read_parquet(tmp_path / "build" / "s" / "datasets" / "out" / "train-00000.parquet")
    assert set(published["pass_rate"]) == {0.75, 0.25, 1.0}
    assert set(published["meta.answer"]) == {"3+4=7 #### 7", "0.75", "4"}


def test_the_shortest_right_one(tmp_path: Path) -> None:
    result = built(tmp_path, f"verify(keep: shortest(response)) {{ {RIGHT} }}")
    assert set(rows(result, "out")["response"]) == {"答案是7。", "答案是 3/4", "4"}
    beaten = ledger(result, "out").filter(rule="keep: shortest(response)")
    assert beaten.height == 2 + 3 and beaten["partner"].null_count() == 0


def test_the_best_of_n_by_a_judge(tmp_path: Path) -> None:
    keep = 'best(judge(teacher, rubric: "rate it", scale: 1..5))'
    result = built(tmp_path, f"verify(keep: {keep}) {{ {RIGHT} }}")
    found = rows(result, "out")
    assert found.height == 3 and found.filter(instruction="3 + 4?")["response"].to_list() == ["答案是7。"]


def test_a_band_of_pass_rates(tmp_path: Path) -> None:
    result = built(tmp_path, f"verify(keep: first) {{ {RIGHT} }}", "filter { keep pass_rate in 20%..80% }")
    assert set(rows(result, "out")["instruction"]) == {"3 + 4?", "一半加四分之一？"}
    outside = ledger(result, "out").filter(pl.col("rule").str.starts_with("keep pass_rate"))
    assert outside["value"].to_list() == ["1.0"]


def test_a_dataset_verifies_too_and_does_not_know_of_empty_answers(tmp_path: Path) -> None:
    result = built(tmp_path, "", block=f"verify {{ {RIGHT} }}")
    rates = dict(rows(result, "out").select("instruction", "pass_rate").unique().iter_rows())
    assert rates == {"3 + 4?": 0.75, "一半加四分之一？": 1 / 3, "2 * 2?": 1.0}


def test_rows_of_a_source_are_alone() -> None:
    frame = instructions(["x", "x", "x"], ["aa", "b", "ccc"])
    rule = RowRule("drop", "drop no(response)", "true", lambda r: r["response"] == "b", lambda r: r["response"])
    keep = bound("longest(response)", lambda r: longest(r["response"]))
    outcome = verify(frame, keep=keep, fallen=nothing_dropped(), rules=[rule])
    assert outcome.rows["id"].to_list() == ["r0", "r2"] and outcome.rows["pass_rate"].to_list() == [1.0, 1.0]


def test_ties_and_missing_scores() -> None:
    frame = instructions(["x"] * 4, ["bb", "aa", None, "ccc"]).with_columns(
        parents=pl.Series([["p"]] * 4, dtype=pl.List(pl.String))
    )
    rule = RowRule("keep", "keep any()", "true", lambda r: pl.Series([True] * r.height), lambda r: r["response"])
    keep = bound("shortest(response)", lambda r: shortest(r["response"]))
    outcome = verify(frame, keep=keep, fallen=nothing_dropped(), rules=[rule])
    assert outcome.rows["id"].to_list() == ["r0"]
    assert outcome.drops["row"].to_list() == [1, 2, 3] and set(outcome.drops["partner"]) == {"r0"}


def test_the_name_of_the_rate_may_hide_nothing(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"question": "a", "answer": "1"}\n')
    text = """
    source q = jsonl("q.jsonl", format: {instruction: "question", response: "answer"})
    dataset out from q { let pass_rate = words(response)  verify { keep response == "1" } }
    """
    assert [p.code for p in build(tmp_path, text).problems] == ["T104"]
