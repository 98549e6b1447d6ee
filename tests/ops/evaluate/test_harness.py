"""lm-eval itself, on a task of our own and a tiny model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.building import build
from tests.ops.material import context
from tests.ops.merging.tiny import model
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.evaluate.harness import harness

TASK = """
task: colours
dataset_path: json
dataset_kwargs:
  data_files: {test: DATA}
test_split: test
output_type: multiple_choice
doc_to_text: "{{q}}"
doc_to_choice: ["red", "green"]
doc_to_target: answer
metric_list:
  - metric: acc
"""


def test_it_needs_tasks() -> None:
    with pytest.raises(OperatorError, match="needs the names of tasks"):
        harness(tasks=[], ctx=context())


def test_lm_eval_is_missed_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunec.runtime.ops.evaluate.harness.find_spec", lambda name: None)
    spec = 'model base = bundled("smollm2-135m-instruct")\nevaluate scores of [base] { harness(tasks: ["arc_easy"]) }'
    (problem,) = build(tmp_path, spec).problems
    assert problem.code == "T603" and "pip install 'tunec[harness]'" in problem.message


@pytest.mark.extras
def test_lm_eval_scores_the_items_of_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lm_eval", reason="lm-eval is not installed: pip install 'tunec[harness]'")
    items = [{"q": "blue", "answer": 0}, {"q": "one", "answer": 1}, {"q": "红", "answer": 0}]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(item) + "\n" for item in items))
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "colours.yaml").write_text(TASK.replace("DATA", str(data)))
    monkeypatch.setattr("tunec.runtime.ops.evaluate.harness.INCLUDE", str(tmp_path / "tasks"))
    spec = model(tmp_path / "m", 1)
    said: dict[str, Any] = {"tasks": ["colours"], "batch_size": 1, "ctx": context()}
    found = harness(**said)(spec)
    assert found.numbers["items"] == 3 and set(found.items) == {f"colours {n}" for n in range(3)}
    assert found.numbers["score"] == pytest.approx(found.numbers["colours_acc"])
    few = harness(**said, limit=2, shots=1, metric="acc")(spec)
    assert few.numbers["items"] == 2
    with pytest.raises(OperatorError, match="no metric `f1` of an item"):
        harness(**said, metric="f1")(spec)
    with pytest.raises(OperatorError, match="lm-eval knows no task `none_such`"):
        harness(**{**said, "tasks": ["none_such"]})(spec)
