"""Files of text that are none: the message names the file and what to do, whoever reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import tunec
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.folders import content_of
from tunec.runtime.sources.lock import LockBroken, read_lock
from tunec.runtime.sources.review import BadDecisions, read_lines
from tunec.runtime.store.spending import Spending
from tunec.runtime.store.store import Store

SPEC = 'spec s(version: "1.0.0", license: "MIT")\nsource a = rows([{instruction: "Count.", response: "1"}])\n'
NO_TEXT = b"# a lock\n[file \xf6\xff]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "s.tune").write_text(SPEC + "dataset s from a { }\n", encoding="utf-8")
    return tmp_path


def test_a_lock_that_is_no_text_is_written_anew(project: Path) -> None:
    (project / "s.lock").write_bytes(NO_TEXT)
    with pytest.raises(LockBroken, match=r"s\.lock:2: not valid UTF-8: byte 0xf6; build once without --locked"):
        read_lock(project / "s.lock")
    said = tunec(project, "build", "s.tune", "--locked", code=1).stderr
    assert "s.lock:2: not valid UTF-8" in said
    tunec(project, "plan", "s.tune")
    tunec(project, "build", "s.tune")
    assert b"\xf6" not in (project / "s.lock").read_bytes()
    tunec(project, "build", "s.tune", "--locked")


@pytest.mark.parametrize("command", ["lint", "plan", "build", "fmt"])
def test_a_spec_and_what_it_imports(project: Path, command: str) -> None:
    (project / "more.tune").write_bytes(b"source b = rows([])\n# \xff\n")
    (project / "s.tune").write_text('import "more.tune"\n' + (project / "s.tune").read_text(), encoding="utf-8")
    if command != "fmt":
        done = tunec(project, command, "s.tune", code=1)
        assert "more.tune" in done.stderr + done.stdout
    done = tunec(project, command, "more.tune", code=2)
    assert "cannot read more.tune: not valid UTF-8 at byte" in done.stderr


def test_a_review(project: Path) -> None:
    (project / "r.jsonl").write_bytes(b'{"id": "x"}\n{"id": "\xff"}\n')
    with pytest.raises(BadDecisions, match=r"r\.jsonl:2: not valid UTF-8"):
        list(read_lines(project / "r.jsonl"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("generation_config.json", b"\xff{}", "generation_config.json is not valid UTF-8"),
        ("tokenizer_config.json", b"{", "tokenizer_config.json is not valid JSON"),
        ("special_tokens_map.json", b"[" * 100_000, "special_tokens_map.json is not valid JSON"),
        ("config.json", b"5", "config.json is not an object"),
    ],
)
def test_the_settings_of_a_model(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(OperatorError, match=f"`m`: {said}"):
        content_of("m", tmp_path)


def test_notes_of_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / ".tunec")
    store.prepare()
    mark = store.at("answers/ab/abc.json").with_suffix(".asked")
    mark.parent.mkdir(parents=True)
    mark.write_bytes(b"\xff\xfe")
    assert store.asking("abc") == 1
    spending = Spending(store, "s")
    spending.ended("step", spending.asked("step", 1.0), 0.5, 0.0)
    spending.close()
    (path,) = [p for p in store.root.rglob("*") if p.is_file() and b" < " in p.read_bytes()]
    path.write_bytes(b"\xff\xfe\n" + path.read_bytes())
    assert Spending(store, "s").since_bound == 0.5


def test_an_empty_word_asks_for_no_row(project: Path) -> None:
    tunec(project, "build", "s.tune")
    for words in ([""], [" "], ["--dropped-by", ""]):
        assert "is empty; is a variable of the shell not set?" in tunec(project, "why", "s", *words, code=2).stderr


def test_a_column_without_a_name_is_no_advice(project: Path) -> None:
    (project / "a.jsonl").write_text('{"instruction": "Count.", "output": "1", "": 5}\n' * 3, encoding="utf-8")
    source = 'source a = jsonl("a.jsonl", format: alpaca, license: "MIT")\n'
    (project / "s.tune").write_text(source + "dataset s from a { filter { keep meta.x != 5 } }\n", encoding="utf-8")
    said = tunec(project, "lint", "s.tune").stderr
    assert "T317" in said and "did you mean" not in said
