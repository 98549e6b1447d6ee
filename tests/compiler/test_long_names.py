from __future__ import annotations

from pathlib import Path

import pytest

from tests.building import build
from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

ROWS = 'rows([{instruction: "Count to three.", response: "1 2 3"}, {instruction: "写诗。", response: "好的。"}])'
TEXT = """spec SPEC(version: "VERSION", license: "MIT")
source q = ROWS
dataset DATA from q { split { SPLIT: 50%, t: 50% } }
"""
USUAL = {"SPEC": "s", "VERSION": "1.0.0", "DATA": "d", "SPLIT": "train", "ROWS": ROWS}
MOST = {"SPEC": "s" * 100, "VERSION": "1.0.0-" + "a" * 94, "DATA": "数" * 33 + "d", "SPLIT": "x" * 100}


def text(**parts: str) -> str:
    said = TEXT
    for name, value in {**USUAL, **parts}.items():
        said = said.replace(name, value)
    return said


def found(folder: Path, spec: str, name: str = "t.tune") -> list[str]:
    (folder / name).write_text(spec, encoding="utf-8")
    return [d.message for d in check_spec(folder / name, load_catalogue()).diagnostics if d.severity == "error"]


@pytest.mark.parametrize("part", MOST)
def test_a_name_that_no_file_may_have_is_an_error_of_lint(tmp_path: Path, part: str) -> None:
    assert found(tmp_path, text(**{part: MOST[part]})) == []
    (message,) = found(tmp_path, text(**{part: MOST[part] + "x"}))
    assert "has 101 bytes; a name has at most 100" in message


def test_chinese_names_are_counted_in_bytes(tmp_path: Path) -> None:
    (message,) = found(tmp_path, text(DATA="数" * 34))
    assert "has 102 bytes" in message


def test_without_a_spec_line_it_is_the_name_of_the_file(tmp_path: Path) -> None:
    spec = f"source q = {ROWS}\ndataset d from q {{ }}\n"
    assert found(tmp_path, spec, "n" * 100 + ".tune") == []
    assert "has 101 bytes" in found(tmp_path, spec, "n" * 101 + ".tune")[0]


def test_names_of_variants(tmp_path: Path) -> None:
    varied = "".join(f'vary v{n} in ["{c * 60}", "b"]\n' for n, c in enumerate("数据集"))
    spec = f"{varied}source q = {ROWS}\ndataset d from q {{ filter {{ keep contains(response, v0) }} }}\n"
    assert not [m for m in found(tmp_path, spec) if "bytes" in m]
    all_ = "contains(response, v0) or contains(response, v1) or contains(response, v2)"
    messages = found(tmp_path, spec.replace("contains(response, v0)", all_))
    assert any("bytes; it has at most 200" in m for m in messages)


def test_the_longest_names_are_built_and_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tunec.runtime.exchange.export import export

    monkeypatch.chdir(tmp_path)
    built = build(tmp_path, text(**MOST)).built
    assert built is not None and built.published is not None
    assert export(built.published.folder, "messages").files


def test_a_long_name_of_a_column_is_cut_in_a_message(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"instruction": "a", "output": "b", "' + "k" * 5000 + '": 1}\n', encoding="utf-8"
    )
    spec = 'source a = jsonl("a.jsonl", format: alpaca)\ndataset d from a { filter { keep meta.x > 0 } }\n'
    (tmp_path / "t.tune").write_text(spec, encoding="utf-8")
    (finding,) = [d for d in check_spec(tmp_path / "t.tune", load_catalogue()).diagnostics if d.code == "T317"]
    assert f"`{'k' * 60}…`" in finding.notes[0] and len(finding.notes[0]) < 200
