"""The Batch API: handed over once, collected whenever, never paid for twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.building import Result, build, ledger, rows
from tests.needs import needs
from tests.serving import Served, last, serving
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.models.connection import Connection

needs("aiohttp")

COUNT = 20


def spec(folder: Path, served: Served, more: str = "", stages: str = "") -> str:
    lines = (json.dumps({"instruction": f"Question {n}：什么是 {n}？", "output": "-"}) + "\n" for n in range(COUNT))
    folder.mkdir(exist_ok=True)
    (folder / "q.jsonl").write_text("".join(lines), encoding="utf-8")
    return f"""
    spec s(version: "1.0.0-dev", seed: 3)
    source q = jsonl("q.jsonl", format: alpaca)
    model teacher = openai("m", base_url: "{served.url}", batch: true, {more})
    generate answered from q {{ respond(teacher) }}
    dataset out from answered {{ {stages} }}
    """


def right(result: Result) -> bool:
    expected = [f"An answer to: Question {n}：什么是 {n}？" for n in range(COUNT)]
    return rows(result, "out")["response"].to_list() == expected


def asked(served: Served) -> int:
    """How many requests the batches of a server held."""
    return sum(served.files[batch["input_file_id"]].count(b"\n") for batch in served.batches)


def test_one_batch_and_nothing_asked_again(tmp_path: Path) -> None:
    with serving(looks=1) as served:
        first = build(tmp_path, spec(tmp_path, served))
        assert right(first) and len(served.batches) == 1
        assert served.batches[0]["endpoint"] == "/v1/chat/completions"
        assert any("a batch of 20 requests was handed over (batch-0)" in said for said in first.reporter.warnings)
        assert right(build(tmp_path, spec(tmp_path, served, stages="filter { keep chars(response) > 3 }")))
        assert len(served.batches) == 1
        # Whether a model is asked in batches changes nothing of what it says.
        text = spec(tmp_path, served).replace("batch: true,", "")
        assert build(tmp_path, text).built.ran == ()  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", ["500", "429", "empty", "reasoning"])
def test_faults_of_single_requests(tmp_path: Path, fault: str) -> None:
    with serving(faults={fault: 0.3}) as served:
        assert right(build(tmp_path, spec(tmp_path, served)))
        assert len(served.batches) > 1 and asked(served) == sum(served.attempts.values())


def test_faults_that_stay_are_failed_rows(tmp_path: Path) -> None:
    with serving(faults={"empty": 0.3}, always=True) as served:
        result = build(tmp_path, spec(tmp_path, served, "attempts: 2"))
    failed = ledger(result, "out").filter(verdict="dropped")
    assert set(failed["value"]) == {"an empty answer, 2 times"} and len(served.batches) == 2


def test_what_an_expired_batch_did_not_reach_is_handed_over_again(tmp_path: Path) -> None:
    with serving(ending="expired") as served:

        def say(body: dict[str, object]) -> str:
            served.ending = "completed"  # the next one
            return "An answer to: " + last(body)

        served.say = say
        assert right(build(tmp_path, spec(tmp_path, served)))
        assert len(served.batches) == 2 and asked(served) == COUNT + 1


def test_a_batch_that_fails_stops_the_build_with_the_reason(tmp_path: Path) -> None:
    with serving(ending="failed") as served:
        with pytest.raises(StepFailed, match="the batch batch-0 failed: the file is not what it should be"):
            build(tmp_path, spec(tmp_path, served))
        served.ending = "completed"
        assert right(build(tmp_path, spec(tmp_path, served)))


def test_a_batch_whose_making_was_not_confirmed_is_not_made_twice(tmp_path: Path) -> None:
    with serving(silent=1) as served:
        assert right(build(tmp_path, spec(tmp_path, served)))
        assert len(served.batches) == 1


@pytest.mark.parametrize("submitted", [True, False])
def test_killed_between_handing_over_and_collecting(tmp_path: Path, submitted: bool) -> None:
    with serving(looks=10_000) as served:
        (tmp_path / "t.tune").write_text(spec(tmp_path, served), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "tunec", "build", "t.tune", "--allow-outside"], cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 240
        while not (served.batches and served.batches[0]["looks"]) and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (record,) = (tmp_path / ".tunec").rglob("batch-*.json")
        if not submitted:  # as it is where the kill comes before the id of the batch is known
            record.write_text(json.dumps({**json.loads(record.read_text()), "id": None}))
        served.looks = 0
        assert right(build(tmp_path, spec(tmp_path, served)))
        assert len(served.batches) == 1 and set(served.attempts.values()) == {1}


@pytest.mark.parametrize("content", [b"\xff", b"[1, 2", b"5\n"])
def test_what_is_written_of_a_batch_and_damaged_is_told_and_asked_again(tmp_path: Path, content: bytes) -> None:
    with serving(looks=1) as served:
        assert right(build(tmp_path, spec(tmp_path, served)))
        store = tmp_path / ".tunec"
        for path in (*store.rglob("batch-*.json"), *store.rglob("batch-*.results")):
            path.write_bytes(content)
        anew = spec(tmp_path, served).replace("respond(teacher)", 'respond(teacher, system: "Be brief.")')
        again = build(tmp_path, anew)
        assert right(again)
        assert any("damaged: " in said and "cannot be read" in said for said in again.reporter.warnings)


def test_after_the_last_attempt_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ModelSpec("openai", "m", "", "http://localhost:1/v1")
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def exchanged(self: Connection, *asked: object, **more: object) -> tuple[int, dict[str, str], bytes]:
        return 503, {}, b""

    async def nothing() -> None:
        return None

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(Connection, "exchanged", exchanged)
    line = Connection(model, 3)
    for work in (line.get("batches/1"), line.create({}, nothing)):
        waits.clear()
        with pytest.raises(OperatorError, match="503"):
            asyncio.run(work)
        assert len(waits) == 2
