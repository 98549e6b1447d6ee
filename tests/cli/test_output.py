"""What data and names say is shown in a terminal, and never steers it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.cli.conftest import called, process
from tunec.console.output import echo, echo_json, style
from tunec.dsl.visible import visible

EVIL = "a\x1b[2J\x9b31m\x07\u202eb\u2066c\x7fd\ud800"


def test_control_characters_are_written_as_escapes() -> None:
    assert visible(EVIL) == "a\\x1b[2J\\x9b31m\\x07\\u202eb\\u2066c\\x7fd\\ud800"
    assert visible("日本語 é\n\tok") == "日本語 é\n\tok"


@given(st.text(ANY))
def test_nothing_that_steers_passes(text: str) -> None:
    shown = visible(text)
    assert not any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in shown)


def test_only_own_colours_pass(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    echo(f"{style('error', fg='red')}: \x1b[31mred\x1b[0m")
    assert capsys.readouterr().out == "\x1b[31merror\x1b[0m: \\x1b[31mred\\x1b[0m\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_without_colours_a_text_is_plain(
    name: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    monkeypatch.setenv(name, value)
    echo(f"{style('error', fg='red')}: red")
    assert capsys.readouterr().out == "error: red\n"


def test_json_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    echo_json({"text": EVIL, "zh": "中文"})
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said and "中文" in said
    assert json.loads(said)["text"] == EVIL


def test_no_command_prints_what_a_spec_or_a_file_would_have_it_print(tmp_path: Path) -> None:
    rows = [{"instruction": f"Name {n} \x1b[2J\u202e.", "output": "\x9bRed."} for n in range(4)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows) + "\x1b[2J no json\n" * 0)
    (tmp_path / "s.tune").write_text(
        'spec s(version: "1.0.0", license: "MIT\u202e\x9b", description: "\x9b2J")\n'
        'source tasks = jsonl("d.jsonl", format: alpaca, license: "MIT\u202e")\ndataset out from tasks {}\n'
    )
    said = [
        called(tmp_path, "build", "s.tune", "-v"),
        called(tmp_path, "peek", "s.tune", "out"),
        called(tmp_path, "versions"),
    ]
    said += [called(tmp_path, "why", "s", "Name"), called(tmp_path, "verify", "s"), called(tmp_path, "lint", "s.tune")]
    said += [called(tmp_path, "export", "s", "--to", "messages"), called(tmp_path, "fmt", "--diff", "s.tune")]
    said += [
        called(tmp_path, "lint", "--format", "github", "s.tune"),
        called(tmp_path, "graph", "s.tune", "--format", "dot"),
    ]
    for done in said:
        for text in (done.stdout, done.stderr):
            assert "Traceback" not in text, text
            assert not {"\x1b", "\x9b", "\u202e"} & set(text), (done.args, text)
    assert said[0].returncode == 0, said[0].stderr


def test_a_file_that_cannot_be_read_is_named_without_steering(tmp_path: Path) -> None:
    done = process(tmp_path, "lint", "no\x1b[2Jfile.tune", code=2, NO_COLOR="")
    assert "\x1b" not in done.stderr and "\\x1b[2J" in done.stderr
