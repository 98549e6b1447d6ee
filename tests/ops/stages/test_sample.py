from __future__ import annotations

import json
from pathlib import Path

from tests.building import build, ledger, rows
from tests.ops.material import conserved, context, drops, instructions
from tunec.runtime.ops.stages.sample import sample


def test_as_many_as_asked_for_in_their_order() -> None:
    given = instructions([f"第 {n} 题" for n in range(20)])
    outcome = sample(given, 5, ctx=context())
    ids = outcome.rows["id"].to_list()
    assert len(ids) == 5 and ids == sorted(ids, key=lambda i: int(i[1:]))
    assert drops(outcome)[0][1:] == ("sample", "not drawn", "5 rows", None)
    conserved(given, outcome)
    assert sample(given, 5, ctx=context(8)).rows["id"].to_list() != ids
    fewer = given.filter(given["id"] != ids[0])
    assert set(ids[1:]) < set(sample(fewer, 5, ctx=context()).rows["id"])


def test_fewer_rows_than_asked_for() -> None:
    given = instructions(["a", "b"])
    assert sample(given, 3, ctx=context()).notes == ("a sample of 3 rows was requested, but there are only 2",)
    assert sample(given, 2, ctx=context()).notes == ()


def spec(folder: Path, text: str) -> str:
    lines = [json.dumps({"instruction": f"Task {n}", "output": "ok"}) for n in range(30)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.jsonl").write_text("\n".join(lines))
    return f'source a = jsonl("a.jsonl", format: alpaca)\n{text}'


def test_as_a_source(tmp_path: Path) -> None:
    result = build(tmp_path, spec(tmp_path, "source few = sample(a, 5)\ndataset out from few { shuffle() }"))
    assert rows(result, "out").height == 5
    found = ledger(result, "out")
    assert found.height == 30 and (found["rule"] == "sample").sum() == 25


def test_as_a_source_without_rows_or_with_a_wrong_argument(tmp_path: Path) -> None:
    for call, code in (
        ("sample()", "T202"),
        ("sample(size: 5)", "T202"),
        ("sample(a)", "T202"),
        ("sample(x, 5)", "T101"),
    ):
        text = spec(tmp_path, f"source few = {call}\ndataset out from few {{ shuffle() }}")
        assert code in [d.code for d in build(tmp_path, text).problems], call


def test_in_a_list_beside_the_whole(tmp_path: Path) -> None:
    text = spec(tmp_path, "dataset out from [sample(a, 4), a] { dedup { exact(prompt) } }")
    result = build(tmp_path, text)
    assert rows(result, "out").height == 30
    # The rows came in two ways, and each is one row: what was not drawn came with the whole.
    assert ledger(result, "out")["verdict"].to_list() == ["kept"] * 30


def test_what_is_no_part_of_rows(tmp_path: Path) -> None:
    for source in ("words(a)", "dedup(a)", "sample(3, 4)"):
        problems = build(tmp_path, spec(tmp_path, f"dataset out from [{source}] {{ shuffle() }}")).problems
        assert [d.code for d in problems][:1] == ["T208"], source
