"""Two versions side by side."""

from __future__ import annotations

import json
from pathlib import Path

from tests.building import build
from tunec.runtime.versions.diff import Diff, compare, leaves

SPEC = """
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
source more = jsonl("more.jsonl", format: alpaca, license: "MIT")
dataset out from [tasks, more] {
    filter { keep words(response) in 1..40 }
    split { train: 50%, test: 50% }
}
"""


def write(folder: Path, name: str, rows: list[tuple[str, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps({"instruction": i, "output": o}, ensure_ascii=False) + "\n" for i, o in rows)
    (folder / name).write_text(text, encoding="utf-8")


def tasks(count: int) -> list[tuple[str, str]]:
    return [(f"Name the colour of thing {n}, please.", "It is blue, as far as anyone can tell.") for n in range(count)]


CHINESE = [(f"请说出第{n}种颜色的名字。", "这是蓝色的,大家都知道。") for n in range(6)]


def two(folder: Path, before: str, after: str, more: int = 6, tasks_after: int = 10) -> Diff:
    found = []
    for side, text, count, chinese in (("a", before, 10, 6), ("b", after, tasks_after, more)):
        write(folder / side, "tasks.jsonl", tasks(count))
        write(folder / side, "more.jsonl", CHINESE[:chinese])
        built = build(folder / side, text).built
        assert built is not None and built.published is not None
        found.append(built.published.out)
    return compare(found[0], found[1])


def test_rows_that_say_nothing_are_compared(tmp_path: Path) -> None:
    spec = SPEC.replace('tasks.jsonl", format: alpaca', 'tasks.jsonl", format: choice')
    spec = spec.replace("[tasks, more]", "tasks").replace("filter { keep words(response) in 1..40 }", "NOTHING")
    spec = spec.replace("    split { train: 50%, test: 50% }\n", "")
    sides = []
    for side, count in (("a", 2), ("b", 3)):
        folder = tmp_path / side
        folder.mkdir()
        items = [{"question": f"Q{n}", "choices": ["red", "blue"], "answer": "A"} for n in range(count)]
        (folder / "tasks.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
        write(folder, "more.jsonl", tasks(1))
        built = build(folder, spec.replace("NOTHING", 'set(question: lang("7"))')).built
        assert built is not None and built.published is not None
        sides.append(built.published.out)
    (data,) = compare(sides[0], sides[1]).data
    assert data.added == 1 and [example.text for example in data.examples["added"]] == [""]


def test_the_same_is_the_same(tmp_path: Path) -> None:
    found = two(tmp_path, SPEC, SPEC.replace("tasks =", "jobs =").replace("[tasks", "[jobs"))
    assert found.same and not found.steps and not found.scores
    assert found.data[0].rows == (16, 16) and not found.data[0].moved


def test_rows_are_matched_by_content_though_the_source_grew(tmp_path: Path) -> None:
    found = two(tmp_path, SPEC, SPEC, tasks_after=12)
    data = found.data[0]
    assert (data.added, data.removed, data.changed) == (2, 0, 0)
    assert [e.source for e in data.examples["added"]] == ["tasks", "tasks"]
    assert (found.steps[0].step, found.steps[0].state) == ("tasks", "changed")
    assert found.steps[0].why[0].startswith("jsonl files")
    assert found.steps[1].why == ("its input",)


def test_shares_are_told_by_source_and_language(tmp_path: Path) -> None:
    shares = two(tmp_path, SPEC, SPEC, more=2).data[0].shares
    assert shares["source"] == {"tasks": (10 / 16, 10 / 12), "more": (6 / 16, 2 / 12)}
    assert shares["language"] == {"en": (10 / 16, 10 / 12), "zh": (6 / 16, 2 / 12)}
    assert sum(a for a, _ in shares["length"].values()) == 1


def test_a_changed_rule_is_named_by_its_text(tmp_path: Path) -> None:
    found = two(tmp_path, SPEC, SPEC.replace("1..40", "9..40"))
    step = next(s for s in found.steps if "filter" in s.step)
    assert step.why == ("keep words(response) in 1..40 → keep words(response) in 9..40",)
    assert found.data[0].drops == {"filter: keep words(response) in 9..40": (0, 6)}
    assert found.data[0].removed == 6


def test_text_that_a_stage_changed_is_counted(tmp_path: Path) -> None:
    found = two(tmp_path, SPEC, SPEC.replace("    filter", "    set(response: lower(response))\n    filter"))
    assert (found.data[0].added, found.data[0].changed) == (0, 10)


def test_a_row_that_training_did_not_see_before_is_called_out(tmp_path: Path) -> None:
    data = two(tmp_path, SPEC, SPEC.replace("seed: 1", "seed: 2")).data[0]
    assert data.moved[("test", "train")] == len(data.leaked) > 0
    assert data.moved[("train", "test")] == data.moved[("test", "train")]


def test_targets_of_one_alone_and_the_spec_are_told(tmp_path: Path) -> None:
    found = two(
        tmp_path,
        SPEC,
        SPEC.replace('"MIT")\nsource tasks', '"ISC")\nsource tasks') + "dataset few from tasks { limit(2) }",
    )
    assert found.only == ((), ("few",))
    assert found.spec == ("license: 'MIT' → 'ISC'",)
    assert not found.same


def test_leaves_are_the_places_that_differ() -> None:
    before = {"a": [1, {"b": 2}], "c": 3, "d": [1, 2]}
    after = {"a": [1, {"b": 5}], "c": 3, "d": [1], "e": 4}
    assert list(leaves(before, after)) == [("a[1].b", 2, 5), ("d", [1, 2], [1]), ("e", None, 4)]


def test_shares_by_task_are_told_where_somebody_tells_tasks(tmp_path: Path) -> None:
    import polars as pl

    folder = tmp_path / "a"
    write(folder, "tasks.jsonl", tasks(10))
    write(folder, "more.jsonl", CHINESE)
    built = build(folder, SPEC).built
    assert built is not None and built.published is not None

    def kind(prompts: pl.Series) -> pl.Series:
        return prompts.str.contains("Name").replace_strict({True: "question", False: None}, return_dtype=pl.String)

    found = compare(built.published.out, built.published.out, kind)
    assert found.data[0].shares["task"] == {"question": (10 / 16, 10 / 16), "none": (6 / 16, 6 / 16)}
