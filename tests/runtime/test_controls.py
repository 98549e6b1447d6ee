"""A random choice beside a chosen one: its rows, the model that is trained on them, and what is said of the two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.building import build, rows
from tests.training.tiny import tiny_model
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.report.page import render_report
from tunec.runtime.versions.scores import against_random

ROWS = [{"instruction": f"question {n}", "input": "", "output": "word " * n} for n in range(1, 13)]
SPEC = """
spec s(version: "1.0.0-dev", seed: 3)
source i = jsonl("i.jsonl", format: alpaca)
model base = bundled("smollm2-135m-instruct")
dataset chosen from i {
    SELECT
    filter { keep words(response) > 1 }
    check count(true) >= 4
}
dataset beside from chosen.control { shuffle() }
dataset plain from i { select(4, by: random()) }
"""


def written(folder: Path, select: str, more: str = "") -> str:
    (folder / "i.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return SPEC.replace("SELECT", select) + more


def test_the_random_rows_are_those_of_random_behind_the_same_stages(tmp_path: Path) -> None:
    text = written(tmp_path, "select(4, by: top(words(response)), control: random)")
    text = text.replace("check count(true) >= 4", "check count(words(response) > 1) >= 4")
    result = build(tmp_path, text)
    chosen, beside, plain = (set(rows(result, name)["instruction"]) for name in ("chosen", "beside", "plain"))
    assert chosen == {f"question {n}" for n in (9, 10, 11, 12)}
    # The first row of all has one word; the stages below are the same, the check is of the chosen rows alone.
    assert beside == plain - {"question 1"}
    assert beside != chosen


def test_a_control_changes_nothing_of_what_is_chosen(tmp_path: Path) -> None:
    prints = []
    for control in (", control: random", ""):
        text = written(tmp_path, f"select(4, by: top(words(response)){control})").split("dataset beside")[0]
        result = build(tmp_path, text.replace("check count(true) >= 4", ""))
        assert result.built is not None, result.problems
        plan = result.built.engine.plan
        prints.append(plan.prints[plan.graph.targets["chosen"].node])
    assert prints[0] == prints[1]


@pytest.mark.parametrize("named", ["tuned", "tuned, other"])
def test_an_evaluation_measures_the_model_of_the_random_rows_too(tmp_path: Path, named: str) -> None:
    more = f"""
train tuned from base on chosen {{ lora() sft() }}
train other from base on plain {{ lora() sft() }}
evaluate scores of [base, {named}] {{ perplexity(on: i) }}
"""
    text = written(tmp_path, "select(4, by: top(words(response)), control: random)", more)
    (tmp_path / "t.tune").write_text(text.replace("check count(true) >= 4", ""), encoding="utf-8")
    graph = compile_spec(tmp_path / "t.tune", load_catalogue()).graph
    assert graph is not None
    target = graph.targets["scores"]
    assert target.names == ("base", "tuned", "tuned.control", *named.split(", ")[1:])
    models: Any = graph.node(target.node).params["models"]
    tuned, control = (graph.node(ref.node) for ref in models[1:3])
    assert tuned.params == control.params and tuned.id == graph.targets["tuned"].node
    assert graph.node(control.inputs[1]).op == "stages.filter" and control.inputs[1] != tuned.inputs[1]


def test_without_a_control_there_is_none(tmp_path: Path) -> None:
    text = written(tmp_path, "select(4, by: top(words(response)))").replace("check count(true) >= 4", "")
    problems = build(tmp_path, text).problems
    assert [p.code for p in problems if p.code.startswith("T1")] == ["T101"]
    assert any("part of `chosen`" in p.message for p in problems)


@pytest.mark.parametrize(
    ("better", "said"),
    [
        ("first", "t: the chosen rows are better than random ones: bits -0.1 (-0.2 to -0.05)"),
        ("second", "t: the chosen rows are WORSE than random ones: bits -0.1 (-0.2 to -0.05)"),
        ("", "t: the chosen rows are no better than random ones: bits -0.1 (-0.2 to -0.05)"),
    ],
)
def test_what_is_said(better: str, said: str) -> None:
    found = {"first": "t", "second": "t.control", "difference": 0.1, "low": 0.05, "high": 0.2, "better": better}
    other = {**found, "first": "base", "second": "t"}
    assert list(against_random({"compared": "bits", "differences": [other, found]})) == [said]
    assert list(against_random({})) == []


@pytest.mark.model
def test_a_build_measures_and_says_it(tmp_path: Path) -> None:
    for package in ("trl", "peft"):
        pytest.importorskip(package)
    tiny_model(ModelSpec("local", "tiny", "tiny", "backend"), tmp_path / "tiny")
    (tmp_path / "i.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    result = build(
        tmp_path,
        """
spec s(version: "1.0.0-dev", seed: 3)
source i = jsonl("i.jsonl", format: alpaca)
source held = jsonl("i.jsonl", format: alpaca, limit: 3)
model base = local("tiny")
dataset chosen from i { select(2, by: top(words(response)), control: random) }
train tuned from base on chosen { lora() sft(epochs: 2, batch_size: 1, max_length: 200, learning_rate: 0.01) }
evaluate scores of [base, tuned] { perplexity(on: held) }
""",
    )
    assert result.built is not None and result.built.published is not None, result.problems
    out = result.built.published.out
    (score,) = json.loads((out / "evaluations" / "scores.json").read_text("utf-8"))
    assert list(score["models"]) == ["base", "tuned", "tuned.control"]
    (said,) = against_random(score)
    assert said in " ".join(kind_of("evaluate").summary(out, "scores")) and said in render_report(out)
    # The random choice's model is measured and not published.
    assert [path.name for path in (out / "models").iterdir()] == ["tuned"]
