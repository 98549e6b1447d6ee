"""Row functions that ask a model or an embedder, in a build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.building import Result, build, ledger, rows
from tunec.compiler.pipeline import compile_spec
from tunec.compiler.planning.steps import steps_of
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.gc import garbage
from tunec.runtime.store.store import Store

HEAD = """
spec t(version: "1.0.0-dev", license: "MIT", allow_empty: true)
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
model base = bundled("smollm2-135m-instruct", batch_size: 2)
embedder minilm = bundled("all-minilm-l6-v2")
"""
#: The answer of the last has nothing to do with its question.
TASKS = [
    ("Name three primary colours.", "The three primary colours are red, blue and yellow."),
    ("What is the capital of France?", "The capital of France is Paris."),
    ("法国的首都是哪里？", "法国的首都是巴黎。"),
    ("What is the capital of France?", "Paris is the capital of France."),
    ("How do I bake bread?", "Qx7 zzgh plumbus 9921 vorpal."),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [json.dumps({"instruction": i, "output": o}, ensure_ascii=False) + "\n" for i, o in TASKS]
    (tmp_path / "tasks.jsonl").write_text("".join(lines), encoding="utf-8")
    return tmp_path


def info(result: Result) -> dict[str, Any]:
    assert result.built is not None, result.problems
    engine = result.built.engine
    found: dict[str, Any] = engine.store.info(engine.plan.steps[-1].fingerprint)
    return found


def published(result: Result) -> Path:
    assert result.built is not None and result.built.published is not None
    return result.built.published.folder


def counts(result: Result) -> tuple[dict[str, int], dict[str, int]]:
    assert result.built is not None, result.problems
    return result.built.engine.services.requests, result.built.engine.services.scores


@pytest.mark.model
def test_what_a_model_said_is_recorded_and_counted(folder: Path) -> None:
    pytest.importorskip("torch")
    stages = """
    let quality = judge(base, rubric: "How helpful is the response?", scale: 1000..2000, max_tokens: 1)
    let surprise = perplexity(response, using: base)
    filter { drop perplexity(response, using: base) > 200 as odd }
"""
    first = build(folder, f"{HEAD}dataset d from tasks {{ {stages} }}")
    kept = rows(first, "d")
    assert set(kept["quality"]) == {None}
    assert 1 < kept["surprise"].max() <= 200
    fallen = ledger(first, "d").filter(verdict="dropped")
    assert fallen.height == len(TASKS) - kept.height > 0
    assert min(float(value) for value in fallen["value"]) > 200
    requests, scores = counts(first)
    assert (requests["asked"], scores["computed"]) == (5, 5)
    said = info(first)
    assert said["requests"] == 5
    assert said["prompt_tokens"] > said["completion_tokens"] > 0
    notes = [note for note in said["nodes"][0]["notes"] if "`judge` has no value" in note]
    assert sum(int(note.split()[0]) for note in notes) == 5
    assert all(any(warning.endswith(f": {note}") for warning in first.reporter.warnings) for note in notes)
    # Another rule, and another order of the rows: nobody is asked again.
    lines = (folder / "tasks.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "tasks.jsonl").write_text("".join(lines[::-1]), encoding="utf-8")
    edited = stages + "filter { keep words(prompt) in 1..200 }"
    second = build(folder, f"{HEAD}dataset d from tasks {{ {edited} }}")
    requests, scores = counts(second)
    assert (requests["asked"], requests["recorded"], scores["computed"]) == (0, 5, 0)
    assert scores["recorded"] > 0
    kinds = {g.kind for g in garbage(Store(folder / ".tunec"))}
    assert not kinds & {"answers", "scores"}
    build(folder, f"{HEAD}dataset d from tasks {{ filter {{ keep words(prompt) in 1..200 }} }}")
    gone = tuple(published(result) for result in (first, second))
    assert {g.kind for g in garbage(Store(folder / ".tunec"), gone)} >= {"answers", "scores"}


@pytest.mark.model
def test_costly_rules_see_what_cheap_ones_left(folder: Path, tiny_base: Path) -> None:
    pytest.importorskip("torch")
    text = f"{HEAD}dataset d from tasks {{ filter {{ keep ifd(using: base) < 50  keep words(prompt) in 1..5 }} }}"
    _, scores = counts(build(folder, text))
    # Each response is read twice: after its prompt, and alone.
    assert 0 < rows_of_at_most(5) < len(TASKS)
    assert scores["computed"] == 2 * rows_of_at_most(5)


@pytest.mark.model
def test_a_rule_asks_once_for_what_it_judges_and_tells(folder: Path, tiny_base: Path) -> None:
    pytest.importorskip("torch")
    rule = 'drop judge(base, rubric: "{}", scale: 1000..2000, max_tokens: 1) > 1500'
    stages = f"filter {{ drop perplexity(response, using: base) > 0 {rule.format('A?')} {rule.format('B?')} }}"
    result = build(folder, f"{HEAD}dataset d from tasks {{ {stages} }}")
    assert rows(result, "d").height == 0
    requests, scores = counts(result)
    assert scores == {"computed": 5, "recorded": 0}
    assert requests["recorded"] == 0
    stages = f"filter {{ {rule.format('A?')} {rule.format('B?')} }}"
    result = build(folder, f"{HEAD}dataset d from tasks {{ {stages} }}")
    notes = [note for note in info(result)["nodes"][0]["notes"] if "`judge` has no value" in note]
    assert sum(int(note.split()[0]) for note in notes) == 2 * len(TASKS)


def rows_of_at_most(words: int) -> int:
    import polars as pl

    from tunec.runtime.text.words import count_words

    return int((count_words(pl.Series([i for i, _ in TASKS])) <= words).sum())


@pytest.mark.model
def test_what_was_measured_of_a_dropped_row_is_its_distance_to_all(folder: Path) -> None:
    pytest.importorskip("sentence_transformers")
    text = f"{HEAD}dataset d from tasks {{ filter {{ drop nearest(prompt, using: minilm, k: 2) > 0.3 }} }}"
    result = build(folder, text)
    fallen = ledger(result, "d").filter(verdict="dropped")
    assert fallen.height > 1
    assert result.built is not None
    assert result.built.engine.services.vectors == {"computed": len(TASKS) - 1, "recorded": 0}
    everything = build(folder, f"{HEAD}dataset d from tasks {{ let apart = nearest(prompt, using: minilm, k: 2) }}")
    apart = {row["id"]: row["apart"] for row in rows(everything, "d").iter_rows(named=True)}
    assert {row["id"]: float(row["value"]) for row in fallen.iter_rows(named=True)} == pytest.approx(
        {i: apart[i] for i in fallen["id"]}, abs=1e-6
    )


def steps(folder: Path, stages: str) -> list[list[str]]:
    (folder / "t.tune").write_text(f"{HEAD}dataset d from tasks {{ {stages} }}", encoding="utf-8")
    graph = compile_spec(folder / "t.tune", load_catalogue()).graph
    assert graph is not None
    return [[node.op for node in step.nodes] for step in steps_of(graph, load_catalogue())]


def test_a_stage_that_needs_all_rows_is_a_step_of_its_own(folder: Path) -> None:
    fused = "normalize() filter { keep words(prompt) > 1 } filter { keep chars(prompt) > 1 }"
    assert steps(folder, fused)[-1] == ["stages.normalize", "stages.filter", "stages.filter"]
    apart = "normalize() filter { drop nearest(prompt, using: minilm) < 0.1 } filter { keep chars(prompt) > 1 }"
    assert steps(folder, apart)[-3:] == [["stages.normalize"], ["stages.filter"], ["stages.filter"]]


def test_the_rows_own_fields_are_the_same_written_or_not(folder: Path) -> None:
    def prints(rule: str) -> set[str]:
        result = compile_text(folder, f"filter {{ keep {rule} < 1 }}")
        return {node.id for node in result.nodes}

    assert prints("ifd(using: base)") == prints("ifd(prompt, response, using: base)")
    assert prints("ifd(using: base)") != prints("ifd(instruction, response, using: base)")
    assert prints("coherence(using: base)") == prints("coherence(response: response, using: base)")


def test_the_text_of_a_rule_leaves_the_rows_own_fields_out(folder: Path) -> None:
    written = 'filter { keep judge(base, rubric: "kind?", scale: 1..5, prompt: prompt, response: instruction) > 3 }'
    (text,) = {rule for _, rule in compile_text(folder, written).rule_spans}
    assert text == 'keep judge(@bundled, rubric: "kind?", scale: 1..5, response: instruction) > 3'


def compile_text(folder: Path, stages: str) -> Any:
    (folder / "t.tune").write_text(f"{HEAD}dataset d from tasks {{ {stages} }}", encoding="utf-8")
    compiled = compile_spec(folder / "t.tune", load_catalogue())
    assert compiled.graph is not None, compiled.diagnostics
    return compiled.graph
