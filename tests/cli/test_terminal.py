"""A build as terminals show it: one live line that is cut and never broken, and logs that are calm."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from rich.cells import cell_len

from bench.terminals import Recording, faults, record
from tunec.console.progress import Terminal, folded

#: A build of three steps with names that are long, in two scripts.
BUILD = """
import time
from types import SimpleNamespace
from tunec.console.progress import Terminal

labels = ["short", "答案的清洗与去重以及所有其他处理步骤的名称非常非常长长长" * 2, "a long name of a step " * 6]
counts = {"made": 0, "rows_in": 1000, "dropped": 290, "rows_out": 710}
info = {"nodes": [{"node": "n", "rules": {"keep words(response) in 1..6 " * 8: 290}}], **counts}
with Terminal(1) as terminal:
    for number, label in enumerate(labels):
        step = SimpleNamespace(label=label, step=SimpleNamespace(op="stages.filter"))
        terminal.start(step, number, len(labels))
        for done in range(0, 1000, 100):
            terminal.progress(done, 1000, f"rows accepted, 71% of the drafts, ${done / 1000:.4f}")
            time.sleep(0.04)
        terminal.done(step, info)
    terminal.start(step, 0, 1)
"""


@pytest.mark.parametrize(("term", "columns"), [("xterm-256color", 80), ("xterm-256color", 120), ("dumb", 80)])
def test_no_line_is_wider_than_the_terminal(term: str, columns: int, tmp_path: Path) -> None:
    recording = record([sys.executable, "-c", BUILD], tmp_path, term, columns)
    assert recording.status == 0, recording.text
    assert not list(faults(recording, term == "dumb"))
    # A line for each step stays; in a log there is one when it begins as well.
    assert recording.text.count("✓") == 3 and recording.text.count("71% kept") == 3
    assert ("[1/3] short\r\n" in recording.text) == (term == "dumb")
    if term != "dumb":
        live = re.findall(r"rows accepted \d+ of 1,000, 71% of the drafts, \$0\.\d+, [\d,]+ a second", recording.text)
        assert live if columns == 120 else "rows accepted" in recording.text


@pytest.mark.parametrize("text", ["  prompt     " + "words of a text " * 20, "  prompt     " + "没有空格的文字" * 30])
def test_a_long_line_is_folded_under_its_beginning(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = folded(text, 13).split("\n")
    assert len(lines) > 4 and max(map(cell_len, lines)) <= 60
    assert all(line.startswith(" " * 13) for line in lines[1:]) and lines[0].startswith("  prompt     ")
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_faults_are_found() -> None:
    wide = Recording(10, ((0.0, "\x1b[1m" + "字" * 6 + "\x1b[0m\r\nfine"),), 0)
    assert Counter(fault.split(":")[0] for fault in faults(wide, True)) == {"a control sequence": 1, "12 columns": 1}
    assert not list(faults(Recording(10, ((0.0, f"  report /{'a' * 40}"),), 0), False))


def test_a_log_hears_once_a_minute_of_a_step_that_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    terminal = Terminal()
    terminal.title, terminal.began = "[1/1] x", 100.0
    for step in range(300):  # a training step a second
        now[0] += 1
        terminal.progress(step, 300, "training steps")
        terminal.beat()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4 and said[0] == "      training steps 60 of 300, 1.0 a second, 4 min left, 61 s so far"
    terminal.title = ""
    now[0] += 600
    terminal.beat()
    assert not capsys.readouterr().err
