"""Rounds of a generation in place of rows that a data set would lose: exact, accounted for, and asked once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import Result, build, ledger, rows
from tests.needs import needs
from tests.serving import Served, last, serving
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.versions.why import lives

needs("aiohttp")

SEEDS = 120


def number(body: dict[str, Any]) -> int:
    return int(last(body).split("#")[1].split("。")[0])


def say(body: dict[str, Any]) -> str:
    """Of ten answers three are refusals, one is the same as another, and the others differ."""
    n = number(body)
    if n % 10 in (1, 4, 7):
        return f"Sorry, I cannot help with that {n}."
    return "The same as ever, 一样。" if n % 10 == 9 else f"Answer {n}: 这是第 {n} 个答案。"


def spec(
    served: Served, stages: str, until: str = "until(rows: 20, requests: 110)", more: str = "", concurrency: int = 7
) -> str:
    return f"""
spec s(version: "1.0.0-dev", seed: 3)
source q = jsonl("q.jsonl", format: alpaca, license: "MIT")
model teacher = openai("m", base_url: "{served.url}", concurrency: {concurrency}, price_input: $10, price_output: $10)
generate answered from q {{ respond(teacher) {until} }}
dataset out from answered {{ {stages} }}
{more}
"""


def seeds(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    asked = [f"Question #{n}。{'长' * (n > 40)}" for n in range(SEEDS)]
    lines = "".join(json.dumps({"instruction": text, "output": "-"}) + "\n" for text in asked)
    (folder / "q.jsonl").write_text(lines, encoding="utf-8")


BALANCED = (
    "dedup(keep: longest(instruction)) { exact(response) } balance(refill: 3) { share(refusal(response)) <= 10% }"
)


def rounds(result: Result) -> list[dict[str, Any]]:
    assert result.built is not None and result.built.published is not None
    manifest = json.loads((result.built.published.out / "manifest.json").read_text("utf-8"))
    found = [node["rounds"] for step in manifest["steps"] for node in step.get("nodes", ()) if "rounds" in node]
    return list(found[0]) if found else []


def test_rounds_make_up_for_rows_that_are_dropped(tmp_path: Path) -> None:
    seeds(tmp_path)
    with serving(say=say) as served:
        text = spec(served, BALANCED, more="dataset other from answered {}")
        built = build(tmp_path, text)
        assert max(Counter(map(last, served.bodies)).values()) == 1
    kept = rows(built, "out")
    first = 20 - 1  # one of the two equal answers goes
    assert kept.height >= first
    refusals = kept.filter(pl.col("response").str.starts_with("Sorry")).height
    assert 0 < refusals <= kept.height * 0.1
    assert kept["response"].n_unique() == kept.height  # new rows passed `dedup` beside the old ones
    same = kept.filter(pl.col("response").str.starts_with("The same"))
    assert same["instruction"].to_list() == ["Question #19。"]  # which stay, although the new one is longer
    assert rows(built, "other").height == 20
    told = rounds(built)
    assert 1 <= len(told) <= 3 and [r["round"] for r in told] == list(range(1, len(told) + 1))
    assert all(r["made"] >= r["arrived"] and r["stages"] == [["dedup", r["made"], r["arrived"]]] for r in told)
    lines = ledger(built, "out")
    assert lines.filter(verdict="kept").height == kept.height
    assert lines.select("origin", "position").is_unique().all()
    made = lines.filter(pl.col("position") >= told[0]["from"])
    assert made.height == sum(r["to"] - r["from"] for r in told)
    assert built.built is not None and built.built.published is not None
    (new,) = made.filter(verdict="kept").head(1).iter_rows(named=True)
    (life,) = lives(built.built.published.out, new["id"], steps=tmp_path / ".tunec" / "steps")
    assert life.round == f"round 1 of `balance`, for {told[0]['missing']} missing rows"
    assert life.made.asked[0].answer == new["response"] and "Question #" in life.made.parents[0][1]
    report = (built.built.published.out / "report.html").read_text("utf-8")
    assert "Rounds" in report and any("round" in warning for warning in built.reporter.warnings)


def published(folder: Path) -> bytes:
    files = sorted((folder / "build" / "s" / "datasets" / "out").glob("*.parquet"))
    return b"".join(file.read_bytes() for file in [*files, folder / "build" / "s" / "ledger" / "out.parquet"])


def test_the_same_bytes_at_any_concurrency_and_after_kills(tmp_path: Path) -> None:
    found = set()
    with serving(say=say, latency=0.004) as served:
        for concurrency in (1, 7, 64):
            folder = tmp_path / str(concurrency)
            seeds(folder)
            build(folder, spec(served, BALANCED, concurrency=concurrency))
            found.add(published(folder))
        folder = tmp_path / "killed"
        seeds(folder)
        (folder / "t.tune").write_text(spec(served, BALANCED), encoding="utf-8")
        command = [sys.executable, "-m", "tunec", "build", str(folder / "t.tune"), "--out", str(folder / "build")]
        before = sum(served.answered.values())
        running = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        # In the first round: the generation itself takes fewer.
        while running.poll() is None and sum(served.answered.values()) < before + 36 and time.monotonic() < deadline:
            time.sleep(0.001)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        build(folder, spec(served, BALANCED))
        found.add(published(folder))
    assert len(found) == 1


def test_the_bounds_of_the_generation_hold(tmp_path: Path) -> None:
    seeds(tmp_path)
    with serving(say=say) as served:
        built = build(tmp_path, spec(served, BALANCED, "until(rows: 20, requests: 24)"))
        assert len(served.bodies) == 24
    assert rounds(built)[-1]["to"] == 24 and rows(built, "out").height < 19


def test_constraints_that_only_more_rows_meet(tmp_path: Path) -> None:
    seeds(tmp_path)
    with serving(say=say) as served:
        demand = "balance(refill: 3) { count(refusal(response)) >= 9 }"
        built = build(tmp_path, spec(served, demand))
        assert rows(built, "out").filter(pl.col("response").str.starts_with("Sorry")).height >= 9
        with pytest.raises(StepFailed, match="cannot hold with any of these"):
            build(tmp_path, spec(served, demand.replace(">= 9", ">= 90"), "until(rows: 20, requests: 40)"))


@pytest.mark.parametrize("wanted", [25, 400])
def test_select_exactly(tmp_path: Path, wanted: int) -> None:
    seeds(tmp_path)
    stages = f"filter {{ drop refusal(response) }} select({wanted}, by: random(), exactly: true)"
    with serving(say=say) as served:
        text = spec(served, stages)
        if wanted > 100:
            with pytest.raises(StepFailed, match="400 rows were requested"):
                build(tmp_path, text)
            return
        assert rows(build(tmp_path, text), "out").height == wanted
