"""What the linter says of a file by its first bytes is what a build says of it."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from tests.building import build
from tunec.compiler.lint.check import check_spec
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.engine.engine import StepFailed

RECORDS = [{"instruction": f"Say {n}.", "output": str(n)} for n in range(3)]
LINES = "\n".join(map(json.dumps, RECORDS)).encode()
ARRAY = json.dumps(RECORDS, indent=1).encode()


def found(folder: Path, source: str) -> list[Diagnostic]:
    (folder / "t.tune").write_text(
        f'spec t(version: "1.0.0")\nsource a = {source}\ndataset out from a {{ shuffle() }}', encoding="utf-8"
    )
    return [d for d in check_spec(folder / "t.tune", load_catalogue()).diagnostics if d.code in ("T330", "T338")]


def packed(frame: pl.DataFrame, end: str, folder: Path) -> bytes:
    path = folder / f"frame.{end}"
    (frame.write_parquet if end == "parquet" else frame.write_ipc)(path)
    return path.read_bytes()


def builds(folder: Path, text: str) -> bool:
    try:
        return build(folder, text).built is not None
    except StepFailed:
        return False


@pytest.mark.parametrize(
    ("connector", "name", "content", "said"),
    [
        ("jsonl", "a.jsonl", ARRAY, "it is one JSON array"),
        ("jsonl", "a.json", gzip.compress(ARRAY), "it is one JSON array"),
        ("jsonl", "a.jsonl", json.dumps(RECORDS[0], indent=1).encode(), "it is one JSON object"),
        ("jsonl", "a.jsonl", b"instruction,output\na,b\n", "it is text that is not JSON"),
        ("json", "a.json", b"\xff\xfe" + "[{}]".encode("utf-16-le"), "it is UTF-16 text"),
        ("jsonl", "a.arrow", "arrow", "it is an Arrow file"),
        ("parquet", "a.feather", "arrow", "it is an Arrow file"),
        ("jsonl", "a.jsonl", "parquet", "it is a Parquet file"),
        ("parquet", "a.parquet", LINES, "it is JSON lines"),
        ("csv", "a.csv", b"PK\x03\x04" + bytes(40), "it is a ZIP archive"),
        ("json", "a.json", b"\xfd7zXZ\x00" + bytes(40), "it is an XZ archive"),
        ("json", "a.json", json.dumps(RECORDS[0]).encode(), "it is one JSON object"),
        # What is read is clean, whatever it is called.
        ("jsonl", "a.json", LINES, ""),
        ("json", "a.json", LINES, ""),
        ("jsonl", "a.json", json.dumps(RECORDS[0]).encode(), ""),
        ("json", "a.jsonl", ARRAY, ""),
        ("jsonl", "a.jsonl", gzip.compress(LINES), ""),
        ("jsonl", "a.jsonl.bz2", bz2.compress(LINES), ""),
        ("jsonl", "a.jsonl", b"\xef\xbb\xbf" + LINES, ""),
        ("parquet", "a.data", "parquet", ""),
    ],
    ids=lambda value: "packed" if isinstance(value, bytes) else None,  # gzip writes the time
)
def test_lint_says_what_a_build_says(
    tmp_path: Path, connector: str, name: str, content: bytes | str, said: str
) -> None:
    if isinstance(content, str):
        content = packed(pl.DataFrame(RECORDS), content, tmp_path)
    (tmp_path / name).write_bytes(content)
    source = f'{connector}("{name}", format: alpaca, license: "MIT")'
    told = found(tmp_path, source)
    assert [d.message for d in told] == ([f"`{connector}` cannot read `{name}`: {said}"] if said else [])
    assert builds(tmp_path, f"source a = {source}\ndataset out from a {{ shuffle() }}") == (not said)


def test_a_folder_is_told_with_the_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_bytes(LINES)
    (told,) = found(tmp_path, 'jsonl("data", format: alpaca)')
    assert told.message == "`data` is a folder" and told.help == "to read the files in it, write `data/*.jsonl`"
    assert told.fixes[0].edits[0].text == "data/*.jsonl"
    assert not found(tmp_path, 'jsonl("data/*.jsonl", format: alpaca)')


def test_a_file_of_a_pattern_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    (tmp_path / "b.jsonl").write_bytes(ARRAY)
    (told,) = found(tmp_path, 'jsonl("*.jsonl", format: alpaca)')
    assert told.message == "`jsonl` cannot read `b.jsonl` of `*.jsonl`: it is one JSON array"
    assert told.fixes == ()


@pytest.mark.parametrize(
    ("connector", "name", "content"),
    [
        ("jsonl", "a.jsonl", b""),
        ("jsonl", "a.jsonl", gzip.compress(b"")),
        ("json", "a.json", b""),
        ("json", "a.json", b"\xef\xbb\xbf"),
        ("csv", "a.csv", b""),
        ("text", "a.txt", b""),
        ("parquet", "a.parquet", b""),
    ],
    ids=lambda value: "packed" if isinstance(value, bytes) else None,
)
def test_an_empty_file(tmp_path: Path, connector: str, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    source = f'{connector}("{name}"' + ("" if connector == "text" else ", format: alpaca") + ', license: "MIT")'
    assert [d.message for d in found(tmp_path, source)] == [f"`{name}` is empty"]
    with pytest.raises(StepFailed, match=r"is empty|is 0 bytes"):
        build(tmp_path, f"source a = {source}\ndataset out from a {{ shuffle() }}")


def test_an_empty_file_beside_others(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    (tmp_path / "b.jsonl").write_bytes(b"")
    source = 'jsonl("*.jsonl", format: alpaca, license: "MIT")'
    assert [d.message for d in found(tmp_path, source)] == ["all files of `*.jsonl` are empty"]
    both = 'jsonl(["a.jsonl", "b.jsonl"], format: alpaca, license: "MIT")'
    assert [d.message for d in found(tmp_path, both)] == ["all files of `a.jsonl`, `b.jsonl` are empty"]
    (tmp_path / "b.jsonl").write_bytes(LINES)
    assert found(tmp_path, source) == []
    assert builds(tmp_path, f"source a = {source}\ndataset out from a {{ shuffle() }}")
    (tmp_path / "a.json").write_bytes(b"")
    (tmp_path / "b.json").write_bytes(ARRAY)
    told = found(tmp_path, 'json("*.json", format: alpaca, license: "MIT")')
    assert [d.message for d in told] == ["`a.json` of `*.json` is empty"]


def test_a_file_that_a_spec_may_not_read_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "a.json").write_bytes(ARRAY)
    source = 'jsonl("../a.json", format: alpaca)'
    assert found(tmp_path / "spec", source) == []
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    assert [problem.code for problem in found(tmp_path / "spec", source)] == ["T338"]
