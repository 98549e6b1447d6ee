"""The life of a row is told from an id, a text, or a line of an input file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build
from tunec.runtime.store.published import store_of
from tunec.runtime.versions.why import Life, dropped_by, lives, rules_of

SPEC = """
spec t(version: "1.0.0-dev", seed: 1)
source tasks = jsonl("data/tasks.jsonl", format: alpaca)
dataset out from tasks {
    set(response: lower(response))
    dedup { exact(prompt) }
    let size = words(response)
    filter { keep size in 2..9 as brief }
}
"""


@pytest.fixture
def version(tmp_path: Path) -> Path:
    rows = [{"instruction": f"Name colour {n % 8}.", "output": "红色 RED, " * (n + 1)} for n in range(10)]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    done = build(tmp_path, SPEC).built
    assert done is not None and done.published is not None
    return done.published.out


def life(version: Path, row: str, steps: bool = True) -> Life:
    store = store_of(version)
    assert store is not None
    found = lives(version, row, steps=store / "steps" if steps else None)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("row", ["data/tasks.jsonl:3", "tasks.jsonl:3", "./data/tasks.jsonl:3", "colour 2."])
def test_a_line_of_a_file_or_a_text_means_a_row(version: Path, row: str) -> None:
    found = [x for x in lives(version, row) if x.verdict == "kept"]
    assert [(x.record, x.source) for x in found] == [("data/tasks.jsonl:3", "tasks")]


def test_an_id_or_its_beginning_means_a_row(version: Path) -> None:
    whole = life(version, "data/tasks.jsonl:3")
    assert life(version, whole.id) == whole == life(version, whole.id[:10])


def test_text_is_no_pattern(version: Path) -> None:
    assert lives(version, "colour .") == []


def test_every_step_is_told_with_before_and_after(version: Path) -> None:
    steps = {t.step.split(" · ")[-1]: t for t in life(version, "data/tasks.jsonl:3").steps}
    assert list(steps) == ["tasks", "set", "dedup", "let filter"]
    assert steps["let filter"].added == {"size": "6"}
    changed = steps["set"]
    assert (changed.before["response"][:6], changed.after["response"][:6]) == ("红色 RED", "红色 red")
    assert list(changed.before) == ["response"]


def test_a_dropped_row_names_rule_number_partner_and_place(version: Path) -> None:
    twin = life(version, "data/tasks.jsonl:9")
    assert (twin.stage, twin.rule, twin.partner) == ("dedup", "exact(prompt)", life(version, "data/tasks.jsonl:1").id)
    long = life(version, "data/tasks.jsonl:8")
    assert (long.rule, long.name, long.value, long.threshold) == ("keep size in 2..9", "brief", "16", "in 2..9")
    assert long.place == "t.tune:8:14"


def test_without_the_store_the_verdict_is_told_all_the_same(version: Path) -> None:
    assert life(version, "data/tasks.jsonl:3", steps=False).steps == ()


@pytest.mark.parametrize("rule", ["brief", "filter", "size in 2..9"])
def test_rows_that_a_rule_dropped(version: Path, rule: str) -> None:
    found, counts = dropped_by(version, rule, 2)
    assert counts == {"out: filter keep size in 2..9": 4}
    assert [x.record for x in found] == ["data/tasks.jsonl:5", "data/tasks.jsonl:7"]
    assert dropped_by(version, "nonsense") == ([], {})
    assert rules_of(version) == ["exact(prompt)", "keep size in 2..9"]
