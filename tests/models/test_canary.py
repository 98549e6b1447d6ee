"""A key reaches no file, no output and no traceback, whatever a server says and however a build ends."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.needs import needs
from tests.serving import Served, last, serving
from tunec.main import app
from tunec.runtime.models import replies
from tunec.runtime.models.server import Server

needs("aiohttp")

KEY = "sk-canary-2718281828459045"


def everything(folder: Path, words: tuple[str, ...]) -> str:
    """What a command says, with the traceback of what it fails with, and what is in every file."""
    done = CliRunner().invoke(app, [*words, "--store", str(folder / "store")])
    said = done.output + "".join(traceback.format_exception(*done.exc_info) if done.exc_info else ())
    for path in folder.rglob("*"):
        if path.is_file():
            said += path.name + path.read_bytes().decode("utf-8", "replace")
    return said


def write(folder: Path, served: Served) -> str:
    (folder / "q.jsonl").write_text(json.dumps({"instruction": "Hello? 你好？", "output": "-"}) + "\n", "utf-8")
    (folder / "s.tune").write_text(
        f"""
spec s(version: "1.0.0-dev")
source q = jsonl("q.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{served.url}", key: env("CANARY"), attempts: 2,
                       price_input: $1, price_output: $1)
generate answered from q {{ respond(teacher) }}
dataset out from answered {{ }}
""",
        encoding="utf-8",
    )
    return str(folder / "s.tune")


@pytest.mark.parametrize("case", ["fine", "refused", "overloaded", "unusable", "echoed", "gone", "broken"])
def test_no_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.setenv("CANARY", KEY)
    monkeypatch.setattr(replies, "_FIRST", 0.001)
    settings: dict[str, Any] = {
        "refused": {"refuse": (401, f"Incorrect API key provided: {KEY}")},
        "overloaded": {"refuse": (500, f"Bearer {KEY} is over its quota")},
        "unusable": {"faults": {"invalid": 1.0}, "always": True},
        "echoed": {"say": lambda body: f"You sent {KEY}: {last(body)}"},
    }.get(case, {})
    if case == "broken":

        def fails(*_: object) -> object:
            raise RuntimeError("a defect")

        monkeypatch.setattr(Server, "_payload", fails)
    with serving(**settings) as served:
        spec = write(tmp_path, served)
        if case == "gone":
            served.url = "http://127.0.0.1:9/v1"
            spec = write(tmp_path, served)
        for words in (("plan", spec, "--pilot", "2"), ("build", spec, "-v", "--out", str(tmp_path / "out"))):
            said = everything(tmp_path, words)
            assert KEY not in said
            assert "CANARY" in said
        assert case in ("gone", "broken") or served.headers[0]["Authorization"] == f"Bearer {KEY}"
