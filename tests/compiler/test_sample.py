"""Looks into files: what is seen, and that nothing about a file can hurt."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tunec.compiler.graph import make_node
from tunec.compiler.lint import sample as module
from tunec.compiler.lint.check import check_spec
from tunec.compiler.lint.columns import FORMATS, needed
from tunec.compiler.lint.sample import Sample, sample_of
from tunec.compiler.lowered import Call
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.values import FormatError

RECORDS = [{"a": "x", "b": n} for n in range(5)]
LINES = "".join(json.dumps(r) + "\n" for r in RECORDS)


def look(folder: Path, connector: str, path: str, **more: Any) -> Sample | None:
    return sample_of(make_node(f"connectors.{connector}", (), {"path": path, **more}, None, "scan"), folder)


def test_each_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    (tmp_path / "a.json").write_text(json.dumps(RECORDS))
    (tmp_path / "a.csv").write_text("a;b\nx;1\ny;2\n")
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write(LINES)
    for connector, path, rows in (("jsonl", "a.jsonl", 5), ("json", "a.json", 5), ("jsonl", "a.jsonl.gz", 5)):
        seen = look(tmp_path, connector, path)
        assert seen is not None and seen.columns == ("a", "b") and seen.rows == rows and len(seen.records) == rows
        assert seen.saw == f"`{path}` has `a`, `b`"
    seen = look(tmp_path, "csv", "a.csv", separator=";")
    assert seen is not None and (seen.columns, seen.rows) == (("a", "b"), 2)


def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(RECORDS * 100), tmp_path / "a.parquet")
    seen = look(tmp_path, "parquet", "a.parquet")
    assert seen is not None and (seen.columns, seen.rows, len(seen.records)) == (("a", "b"), 500, 200)


def test_of_several_files_the_first_is_seen_and_none_is_counted(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(LINES.replace('"x"', f'"{name}"'))
    seen = look(tmp_path, "jsonl", "*.jsonl")
    assert seen is not None and seen.records[0]["a"] == "a" and seen.rows is None


@pytest.mark.parametrize(
    "connector, name, content",
    [
        ("jsonl", "a.jsonl", b""), ("jsonl", "a.jsonl", b"\xff\xfe\x00 not json\n[1]\n"), ("json", "a.json", b"{"),
        ("jsonl", "a.jsonl.gz", b"no gzip"), ("parquet", "a.parquet", b"PAR1"), ("jsonl", "a.jsonl.zst", b"x"),
        ("jsonl", "a.jsonl.gz", gzip.compress(LINES.encode())[:40]), ("json", "a.json", b"[" * 100_000),
    ],
)  # fmt: skip
def test_a_broken_file_is_only_not_seen(tmp_path: Path, connector: str, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert look(tmp_path, connector, name) is None


def test_nothing_to_look_into(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    for path in ("nowhere.jsonl", "*.none", "folder.jsonl", "s3://bucket/a.jsonl"):
        assert look(tmp_path, "jsonl", path) is None


def test_a_look_is_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").write_text(LINES * 10_000)
    seen = look(tmp_path, "jsonl", "a.jsonl")
    assert seen is not None and len(seen.records) == module.RECORDS and seen.rows is None
    monkeypatch.setattr(module, "SECONDS", 0.0)
    (tmp_path / "b.jsonl").write_text(LINES)
    seen = look(tmp_path, "jsonl", "b.jsonl")
    assert seen is not None and len(seen.records) == 1 and seen.rows is None


def test_one_line_that_is_the_whole_of_a_large_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": "' + "x" * (3 * module.BYTES) + '"}')
    started = time.perf_counter()
    assert look(tmp_path, "jsonl", "a.jsonl") is None
    assert time.perf_counter() - started < 5


def test_the_columns_of_formats_are_those_that_the_formats_read() -> None:
    catalogue = load_catalogue()
    assert set(FORMATS) <= set(catalogue.names("formats"))  # of others nothing is known, and nothing said
    texts: dict[str, Any] = {
        "messages": [{"role": "user", "content": "x"}],
        "conversations": [{"from": "human", "value": "x"}],
        "instances": [{"output": "x"}],
    }
    for name in FORMATS:
        from tunec.runtime.catalogue import function_of

        layout = function_of(catalogue.at(f"formats.{name}"))()
        for wanted in needed(Call(f"formats.{name}", {})):
            whole = {c: texts.get(c, "x") for w in needed(Call(f"formats.{name}", {})) for c in w.choices[0]}
            layout.content(whole)
            for column in wanted.choices[0]:
                with pytest.raises(FormatError):
                    layout.content({k: v for k, v in whole.items() if k != column})
            for choice in wanted.choices[1:]:
                layout.content(dict.fromkeys(choice, "x"))


def test_a_file_at_hand_bounds_what_can_arrive(tmp_path: Path) -> None:
    rows = [{"instruction": f"Say {n}.", "output": str(n)} for n in range(30)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    spec = tmp_path / "a.tune"
    spec.write_text(
        'source a = jsonl("a.jsonl", format: alpaca, license: "MIT")\ndataset d from a { select(31, by: random()) }\n'
    )
    (found,) = check_spec(spec, load_catalogue()).diagnostics
    assert found.code == "T321" and "at most 30 can arrive" in found.message


def test_the_compiler_looks_without_heavy_packages(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "a.jsonl").write_text(LINES)
    (tmp_path / "a.tune").write_text(
        'source a = jsonl("a.jsonl", format: {instruction: "a", response: "c"}, license: "MIT")\n'
        "dataset d from a { shuffle() }\n"
    )
    code = (
        "import sys\nfrom pathlib import Path\nfrom tunec.compiler.lint.check import check_spec\n"
        "from tunec.runtime.catalogue import load_catalogue\n"
        "print([d.code for d in check_spec(Path('a.tune'), load_catalogue()).diagnostics])\n"
        "print(sorted({'polars', 'numpy', 'pyarrow', 'torch'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "['T316']\n[]\n"


@pytest.mark.parametrize(
    "format_, found",
    [
        ('{instruction: "a", response: "b"}', []),
        ('{instruction: "a", response: "c"}', ["T316"]),
        ('{instruction: "a", response: "b", input: "c"}', ["T316"]),
        ('{messages: "a", role: "speaker", content: "said"}', []),
        ('{question: ["a", "b"], answer: "a", strip_prefix: "Q: "}', []),
        ('{question: ["a", "c"], answer: "a"}', ["T316"]),
        ("alpaca", ["T316", "T316"]),
        ("alpaca, on_error: skip", []),
    ],
)
def test_columns_of_a_record(tmp_path: Path, format_: str, found: list[str]) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    spec = tmp_path / "a.tune"
    spec.write_text(
        f'source s = jsonl("a.jsonl", format: {format_}, license: "MIT")\ndataset d from s {{ shuffle() }}\n'
    )
    assert [d.code for d in check_spec(spec, load_catalogue()).diagnostics] == found


def test_an_optional_column_may_come_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORDS", 3)
    (tmp_path / "a.jsonl").write_text(LINES + '{"a": "x", "b": "y", "c": "z"}\n')
    spec = tmp_path / "a.tune"
    format_ = '{instruction: "a", response: "b", input: "c"}'
    spec.write_text(
        f'source s = jsonl("a.jsonl", format: {format_}, license: "MIT")\ndataset d from s {{ shuffle() }}\n'
    )
    assert check_spec(spec, load_catalogue()).diagnostics == ()
