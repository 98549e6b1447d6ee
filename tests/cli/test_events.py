"""`build --events`: real events are as the published schema says, and tell what the build did. And what is shown to
people fits their terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, FormatChecker

from tunec.console.events import SCHEMA
from tunec.console.progress import Terminal, clipped, duration
from tunec.main import app

SPEC = """spec t(version: "1.0.0-dev")
source s = rows([{text: "a b c"}, {text: "a b c d e f"}, {text: "x"}])
dataset a_data_set_with_a_name_that_is_longer_than_any_terminal_is_wide_and_then_some from s {
    normalize(whitespace: collapse)
    filter { keep words(text) in 2..4  keep chars(text) in 1..100000000000000000  keep words(text) in 1..99999 }
}
"""


def built(folder: Path, *words: str) -> Any:
    (folder / "t.tune").write_text(SPEC, encoding="utf-8")
    flags = ["--store", str(folder / "store"), "--out", str(folder / "out")]
    return CliRunner().invoke(app, ["build", str(folder / "t.tune"), *flags, *words])


def test_events_are_as_their_schema_says(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    assert built(tmp_path, "--events", str(file)).exit_code == 0
    events = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema, format_checker=FormatChecker())
    for event in events:
        judge.validate(event)
    kinds = [event["event"] for event in events if event["event"] not in ("progress", "warning")]
    assert kinds == ["start", "done", "start", "done", "end"]
    last = events[-2] if events[-1]["event"] == "end" else events[-1]
    assert (last["rows_in"], last["dropped"], last["rows_out"]) == (3, 2, 1)
    assert events[-1]["version"].startswith("t@1.0.0-dev+") and events[-1]["cost"] == 0
    # What is not of the schema is refused: it says something.
    assert not judge.is_valid({**events[0], "number": 0}) and not judge.is_valid({"event": "other", "at": "now"})


def test_with_a_dash_events_are_all_that_is_on_standard_error(tmp_path: Path) -> None:
    done = built(tmp_path, "--events", "-")
    lines = done.stderr.splitlines()
    assert done.exit_code == 0 and [json.loads(line)["event"] for line in lines][-1] == "end"


@pytest.mark.parametrize("columns", [80, 120])
def test_lines_of_a_build_fit_the_terminal(tmp_path: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = built(tmp_path)
    table = [line for line in done.stdout.splitlines() if "/" not in line]
    steps = [line for line in done.stderr.splitlines() if "✓" in line]
    assert len(steps) == 2 and "33% kept" in steps[1]
    assert max(map(len, [*table, *steps])) <= columns


def test_speed_and_rest_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    terminal = Terminal(-1)
    terminal.progress(0, 100, "texts")
    now[0] = 110.0
    terminal.progress(50, 100, "texts")
    assert (terminal.rate, terminal.eta) == (5.0, 10.0) and terminal._speed() == "5.0 a second, 10 s left"
    terminal.progress(0, 100, "slow things")
    now[0] += 600
    terminal.progress(10, 100, "slow things")
    assert terminal._speed() == "1.0 a minute, 90 min left"
    terminal.progress(1, 100, "other texts")  # another part is measured anew
    assert terminal.rate is None
    for done in (0, 64, 0):  # and so is the same part for another model
        terminal.progress(done, 64, "questions")
        now[0] += 10
    assert terminal.rate is None and terminal._speed() == ""
    assert [duration(s) for s in (40, 720, 12_600)] == ["40 s", "12 min", "3.5 h"] and clipped("abcd", 3) == "ab…"


def test_events_steer_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\u202e\x9b.jsonl").write_text('{"text": "a"}\n{bad\n', encoding="utf-8")
    spec = 'source s = jsonl("a*.jsonl", format: text, on_error: skip)\ndataset d from s {}\n'
    (tmp_path / "t.tune").write_text(spec, encoding="utf-8")
    flags = ["--store", str(tmp_path / "store"), "--out", str(tmp_path / "out"), "--events", "-"]
    done = CliRunner().invoke(app, ["build", str(tmp_path / "t.tune"), *flags])
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert done.exit_code == 0 and any("\u202e\x9b" in event.get("message", "") for event in events), done.output
    assert not {"\u202e", "\x9b"} & set(done.stderr)
