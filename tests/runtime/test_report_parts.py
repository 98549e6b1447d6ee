"""The parts of a report: what its first screen answers, how rows flow, lines of the spec, pairs, rows to browse."""

from __future__ import annotations

import importlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl
import pytest

from tests.building import build
from tunec.compiler.types import RowType
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions import sampled
from tunec.runtime.versions.report.answers import answers
from tunec.runtime.versions.report.browse import browsed
from tunec.runtime.versions.report.data import section
from tunec.runtime.versions.report.flow import accounts, flow
from tunec.runtime.versions.report.matches import common
from tunec.runtime.versions.report.scores import chart_of, scores_of
from tunec.runtime.versions.report.spec_lines import lines_of

SPEC = """spec t(version: "1.0.0-dev", license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
source more = jsonl("more.jsonl", format: alpaca, license: "MIT")
benchmark quiz = rows([{question: "Which colour has a lemon when it is ripe?", answer: "yellow"}])
dataset out from [tasks, more] {
    normalize(whitespace: collapse)
    filter { keep words(response) in 1..3 }
    dedup { exact(prompt) }
    decontaminate(against: [quiz]) { exact() }
    balance { share(response) <= 50% }
    split { train: 50%, test: 50% }
}
"""


def version(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    said = [("Name a fruit.", "An apple"), ("Name a fruit.", "A pear"), ("Name a tree.", "It is the old oak tree")]
    said += [("So: Which colour has a lemon when it is ripe? Say it.", "Yellow"), ("Name a fish.", "Cod")]
    said += [("Name a bird.", "Cod"), ("Name a bug.", "Cod"), ("Name a cat.", "Tom"), ("Name a dog.", "Rex")]
    for name, rows in (("tasks", said), ("more", [("Name a river.", "The Po")])):
        lines = (json.dumps({"instruction": i, "output": o}) + "\n" for i, o in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    built = build(folder, SPEC).built
    assert built is not None and built.published is not None
    return built.published.out


def test_parts_of_a_report(tmp_path: Path) -> None:
    place = version(tmp_path)
    manifest, run = manifest_of(place), json.loads((place / "run.json").read_text("utf-8"))
    out = section(place, "out", manifest)

    told = {a.question: a for a in answers(place, manifest, {"out": out}, run)}
    assert told["What came of each source?"].answer == "7 rows of 10"
    assert told["What came of each source?"].details == ("tasks: 6 of 9", "more: 1 of 1")
    assert told["Where were most rows lost?"].answer.startswith(("filter: 1", "dedup: 1", "decontaminate: 1"))
    assert told["Did a benchmark leak?"].answer == "No"
    assert told["Did a benchmark leak?"].details[-1] == "1 row matched, and was dropped."
    assert told["What did the model gain?"].answer == "No model was trained"

    done = accounts(manifest, run)
    drawing = flow(manifest, done)
    assert drawing is not None
    series = drawing.option["series"][0]
    links = {(link["source"], link["target"]): link["value"] for link in series["links"]}
    # `normalize` drops nothing and is not drawn; the two sources meet in `filter`.
    assert links["tasks", "filter"] == 9 and links["more", "filter"] == 1
    assert links["filter", "dropped by filter"] == 1 and links["filter", "dedup"] == 9
    assert sum(n for (_, after), n in links.items() if after.startswith("out · ")) == 7
    assert {"name": "filter", "label": {"formatter": "filter  9"}}.items() <= {
        k: v for k, v in next(n for n in series["data"] if n["name"] == "filter").items() if k != "itemStyle"
    }.items()

    lines = {line.number: line for line in lines_of(manifest, done)["t.tune"]}
    assert lines[2].rows == "9" and lines[7].rows == "10 → 9" and lines[7].dropped == 1
    assert ("k", "source") in lines[2].words and lines[2].seconds is not None
    assert "".join(word for _, word in lines[9].words) == "    decontaminate(against: [quiz]) { exact() }"

    pair = out.pairs[0]
    assert pair.kind == "duplicate" and out.matched == 1
    assert ("Which colour has a lemon when it is ripe", True) in pair.row and ("So: ", False) in pair.row
    assert [c.count for c in out.clusters] == [1] and out.clusters[0].text == "Name a fruit."

    balance = next(c for c in out.charts if c.title == "Balance: share(response) <= 50%")
    assert balance.table.header == ("", "before", "after") and balance.table.rows[0] == ("Cod", 42.86, 42.86)
    assert balance.option["series"][0]["markLine"]["data"] == [{"xAxis": 50.0}]

    rows = browsed(place, ["out"], manifest)
    assert rows["total"] == len(rows["rows"]) == 10
    fish = next(r for r in rows["rows"] if r["turns"][0]["text"] == "Name a tree.")
    assert (fish["state"], fish["by"], fish["value"], fish["record"]) == ("dropped", "filter", "6", "tasks.jsonl:3")


def test_a_report_holds_no_more_rows_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = version(tmp_path)
    monkeypatch.setattr("tunec.runtime.versions.report.browse._BYTES", 1_100)
    rows = browsed(place, ["out"], manifest_of(place))
    assert 2 <= len(rows["rows"]) < rows["total"] == 10
    # What is cut off is spread: both kept and dropped rows are there.
    assert {row["state"] for row in rows["rows"]} == {"kept", "dropped"}


def test_texts_of_few_rows_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps({"instruction": f"Name {n // 2}.", "output": f"{n}"}) + "\n" for n in range(120)]
    (tmp_path / "tasks.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "more.jsonl").write_text(lines[0], encoding="utf-8")
    built = build(tmp_path, SPEC.replace("    balance { share(response) <= 50% }\n", "")).built
    assert built is not None and built.published is not None
    held, collect = list[int](), pl.LazyFrame.collect

    def collected(rows: pl.LazyFrame, *given: Any, **more: Any) -> Any:
        found = collect(rows, *given, **more)
        if {"prompt", "partner_text", "members"} & set(found.columns):
            held.append(found.height)
        return found

    monkeypatch.setattr(pl.LazyFrame, "collect", collected)
    out = section(built.published.out, "out", manifest_of(built.published.out))
    assert out.clustered == 60 and out.dropped[0].count == 61 and len(out.dropped[0].samples) == 3
    assert out.clusters[0].count == 2
    assert held and max(held) <= len(out.clusters) < 60


def test_common_words_are_marked_in_any_script() -> None:
    row, item = common("请问 北京是中国的首都吗？谢谢", "北京是中国的首都吗")
    assert [t for t, same in row if same] == ["北京是中国的首都吗"] and item == (("北京是中国的首都吗", True),)
    # Two words that happen to stand in both are no match.
    assert not any(same for _, same in common("a cat sat", "a cat ran off with it")[0])
    long = "word " * 900 + "the very words of the item stand here " + "end " * 900
    assert any(same for _, same in common(long, "the very words of the item stand here")[0])


def test_gains_are_told_with_their_intervals(tmp_path: Path) -> None:
    models = {
        "base": {"accuracy": 0.3, "low": 0.25, "high": 0.35, "items": 90},
        "tuned": {"accuracy": 0.5, "low": 0.45, "high": 0.55, "items": 90},
    }
    (tmp_path / "evaluations").mkdir()
    pair = {"first": "base", "second": "tuned", "difference": 0.2, "low": 0.1, "high": 0.3, "better": "second"}
    score = {"measure": "multiple_choice(on: quiz)", "models": models, "compared": "accuracy", "differences": [pair]}
    (tmp_path / "evaluations" / "scores.json").write_text(json.dumps([score]), encoding="utf-8")
    manifest = {"targets": {"scores": {"kind": "evaluate"}}, "steps": []}
    gained = answers(tmp_path, manifest, {}, {})[0]
    assert gained.answer == "accuracy 0.3 → 0.5" and gained.tone == "good"
    assert gained.details[1] == "base → tuned: +0.2, 95 % interval +0.1 to +0.3; better"
    assert scores_of(tmp_path, "scores")[0].values[1] == (0.45, 0.5, 0.55)
    chart = chart_of(score)
    assert chart is not None and chart.table.rows[0] == ("base", 0.3, 0.25, 0.35)


def test_the_card_and_the_report_look_at_one_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are written side by side, and none waits for what the other has found already."""
    module = importlib.import_module("tunec.runtime.ops.functions.lang")
    folder = tmp_path / "datasets" / "d"
    folder.mkdir(parents=True)
    rows = {"id": ["a", "b"], "system": [None, None], "instruction": ["Say it.", "Say more."], "input": ["", ""]}
    texts = pl.DataFrame({**rows, "response": ["It is so.", "It is still so."]}, schema_overrides={"system": pl.String})
    texts.write_parquet(folder / "train-00000.parquet")
    looked: list[int] = []
    known, started = module.lang, Event()

    def slow(texts: pl.Series) -> pl.Series:
        looked.append(len(texts))
        started.set()
        time.sleep(0.2)  # the other one comes meanwhile
        return known(texts)

    monkeypatch.setattr(module, "lang", slow)
    data = sampled.DataSet(tmp_path, "1", "d", RowType.INSTRUCTION, ("train",))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sampled.spoken, data)
        started.wait(10)
        assert sampled.spoken(data).to_list() == first.result().to_list() == ["en", "en"]
    assert looked == [2]
