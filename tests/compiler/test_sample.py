"""Looks into files: what is seen, and that nothing about a file can hurt."""

from __future__ import annotations

import gzip
import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tunec.compiler.graph import make_node
from tunec.compiler.lint.check import check_spec
from tunec.compiler.lowered import Call
from tunec.compiler.sample import Sample
from tunec.compiler.types import BOOL, FLOAT, INT, TEXT, RowType, Type
from tunec.runtime.base.values import FormatError
from tunec.runtime.catalogue import function_of, load_catalogue
from tunec.runtime.sources import looking as module

RECORDS = [{"a": "x", "b": n} for n in range(5)]
LINES = "".join(json.dumps(r) + "\n" for r in RECORDS)


TALK = [{"role": role, "content": "你好"} for role in ("user", "assistant", "user", "assistant")]


def look(folder: Path, connector: str, path: str, **more: Any) -> Sample | None:
    node = make_node(f"connectors.{connector}", (), {"path": path, **more}, None, "scan")
    return load_catalogue().look(node, folder)


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


def test_of_several_files_each_is_seen(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(LINES.replace('"x"', f'"{name}"'))
    (tmp_path / "0.jsonl").write_text('{"is": "no row"}\n')
    (tmp_path / "1.jsonl.gz").write_bytes(b"\x1f\x8bno archive")
    seen = look(tmp_path, "jsonl", "*.jsonl")
    assert seen is not None and [r.get("a") for r in seen.records] == [None, *"aaaaabbbbb"] and seen.rows == 11
    assert seen.columns == ("is", "a", "b")
    seen = look(tmp_path, "jsonl", "*.jsonl*")
    assert seen is not None and len(seen.records) == 11 and seen.rows is None


def test_types_of_columns(tmp_path: Path) -> None:
    record = {"t": "x", "i": 1, "f": 0.5, "b": True, "l": ["x"], "o": {"a": 1}, "m": 1, "h": 2**70}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n" + json.dumps({**record, "f": 1, "m": "n/a"}))
    seen = look(tmp_path, "jsonl", "a.jsonl")
    assert seen is not None and dict(seen.types) == {
        "t": TEXT, "i": INT, "f": FLOAT, "b": BOOL, "l": Type("list", TEXT), "o": Type("object"),
        "m": Type("mixed", words=("number, first at a.jsonl:1", "text, first at a.jsonl:2")),
        "h": Type("mixed", words=("integer beyond 64 bits, first at a.jsonl:1",)),
    }  # fmt: skip
    (tmp_path / "a.csv").write_text("i,f,t\n1,1,1\n2,0.5,\n3,,x\n")
    for types, found in (("infer", {"i": INT, "f": FLOAT, "t": TEXT}), ("text", dict.fromkeys("ift", TEXT))):
        seen = look(tmp_path, "csv", "a.csv", types=types)
        assert seen is not None and dict(seen.types) == found


def test_types_of_a_table(tmp_path: Path) -> None:
    import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = {
        "d": [datetime.date(2026, 1, 1)],
        "t": pa.array(["x"]).dictionary_encode(),
        "l": [[1]],
        "n": [1],
        "b": [b"x"],
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    pq.write_table(pa.table({"n": [0.5], "l": ["x"]}), tmp_path / "b.parquet")
    seen = look(tmp_path, "parquet", "*.parquet")
    assert seen is not None and seen.rows == 2 and seen.types == {
        "d": Type("date"), "t": TEXT, "n": FLOAT, "l": Type("mixed", words=("[int]", "text")), "b": Type("bytes"),
    }  # fmt: skip


def test_packed_nested_and_dotted_columns(tmp_path: Path) -> None:
    import zstandard

    line = json.dumps({"ask": {"text": "Say one."}, "replies": [{"text": "One."}], "n": 1}).encode()
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(line))
    format_ = '{{instruction: "ask.text", response: "replies.0.{}"}}'
    for name, found in (("text", []), ("txt", ["T316"])):
        spec = tmp_path / "a.tune"
        spec.write_text(
            f'source s = jsonl("a.jsonl.zst", format: {format_.format(name)}, license: "MIT")\n'
            "dataset d from s { filter { keep meta.n > 0 } }\n"
        )
        assert [d.code for d in check_spec(spec, load_catalogue()).diagnostics] == found


def test_what_the_reader_takes_the_linter_takes(tmp_path: Path) -> None:
    chat = [{"from": "human", "value": "Hi?"}, {"from": "gpt", "value": "Ho."}]
    (tmp_path / "b.jsonl").write_text((json.dumps({"conversation": chat}) + "\n") * 110)
    (tmp_path / "a.jsonl").write_text('{"meta": "not a row"}\n')
    spec = tmp_path / "t.tune"
    spec.write_text('source s = jsonl("*.jsonl", format: sharegpt, license: "MIT")\ndataset d from s { shuffle() }\n')
    assert check_spec(spec, load_catalogue()).diagnostics == ()


@pytest.mark.parametrize(
    "connector, name, content",
    [
        ("jsonl", "a.jsonl", b""), ("jsonl", "a.jsonl", b"\xff\xfe\x00 not json\n[1]\n"), ("json", "a.json", b"{"),
        ("jsonl", "a.jsonl.gz", b"no gzip"), ("parquet", "a.parquet", b"PAR1"), ("jsonl", "a.jsonl.zst", b"x"),
        ("json", "a.json", b"[" * 100_000),
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
    monkeypatch.setattr(module, "SECONDS", 60.0)
    seen = look(tmp_path, "jsonl", "a.jsonl")
    assert seen is not None and len(seen.records) == module.RECORDS and seen.rows is None
    monkeypatch.setattr(module, "SECONDS", 0.0)
    (tmp_path / "b.jsonl").write_text(LINES)
    seen = look(tmp_path, "jsonl", "b.jsonl")
    assert seen is not None and len(seen.records) == 1 and seen.rows is None


def test_a_busy_machine_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    hours = itertools.count(0.0, 3600.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(hours))
    seen = look(tmp_path, "jsonl", "a.jsonl")
    assert seen is not None and seen.rows == len(RECORDS)


def test_one_line_that_is_the_whole_of_a_large_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": "' + "x" * (3 * module.BYTES) + '"}')
    started = time.process_time()  # of this process alone, however busy the machine is
    assert look(tmp_path, "jsonl", "a.jsonl") is None
    assert time.process_time() - started < 5


def test_a_format_says_itself_what_it_lacks(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    (tmp_path / "a.jsonl").write_text(LINES)
    for name in catalogue.names("formats"):
        params = {"path": "a.jsonl", "format": Call(f"formats.{name}", {})}
        seen = catalogue.look(make_node("connectors.jsonl", (), params, RowType.INSTRUCTION, "scan"), tmp_path)
        layout = function_of(catalogue.at(f"formats.{name}"))()
        with pytest.raises(FormatError) as error:
            layout.content(dict(RECORDS[0]))
        assert seen is not None
        if error.value.column is not None:
            assert seen.lacks[0] == error.value.column
        else:
            assert seen.lacks == ()


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
        ("alpaca, on_error: skip", ["T316", "T316"]),
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


@pytest.mark.parametrize(
    ("layout", "record", "found"),
    [
        ("messages", {"messages": TALK}, ["T334"]),
        (
            "auto(chat)",
            {"conversations": [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "好"}] * 2},
            ["T334"],
        ),
        ('{messages: "turns"}', {"turns": [["你好", "好"], ["谢谢", "不用谢"]]}, ["T334"]),
        ("preference", {"prompt": TALK[:3], "chosen": "a", "rejected": "b"}, ["T334"]),
        ("messages", {"messages": TALK[:2]}, []),
        ("auto(chat)", {"instruction": "x", "output": "y"}, []),
        ("alpaca", {"instruction": "x", "output": "y"}, []),
    ],
)
def test_how_long_the_chats_are_is_seen(tmp_path: Path, layout: str, record: dict, found: list[str]) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    text = f'source a = jsonl("a.jsonl", format: {layout}, license: "MIT")\ndataset s from a {{ dedup {{ RULE }} }}'
    assert _codes(tmp_path, text.replace("RULE", "near(prompt, jaccard: 0.8)")) == found
    assert _codes(tmp_path, text.replace("RULE", "exact(text)")) == []


@pytest.mark.parametrize(("mark", "said"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
def test_another_separator_is_proposed(tmp_path: Path, mark: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(f"instruction{mark}output\nx{mark}y\n", encoding="utf-8")
    (tmp_path / "t.tune").write_text(
        'source a = csv("a.csv", format: alpaca, license: "MIT")\ndataset s from a { shuffle() }'
    )
    found = check_spec(tmp_path / "t.tune", load_catalogue()).diagnostics
    assert {d.code for d in found} == {"T316"} and f'`separator: "{said}"`' in found[0].help and not found[0].fixes


def test_how_long_the_sessions_of_logs_are_is_seen(tmp_path: Path) -> None:
    for number, turns in enumerate((1, 2)):
        said = [{"role": side, "content": f"{side} {n}"} for n in range(turns) for side in ("user", "assistant")]
        lines = [json.dumps({"type": "message", "message": turn}) for turn in said]
        (tmp_path / f"s{number}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    text = 'source a = jsonl("PATH", format: agent_trace, license: "MIT")\ndataset s from a { dedup { exact(prompt) } }'
    assert _codes(tmp_path, text.replace("PATH", "s*.jsonl")) == ["T334"]
    assert _codes(tmp_path, text.replace("PATH", "s0.jsonl")) == []


def _codes(folder: Path, text: str) -> list[str]:
    (folder / "t.tune").write_text(text, encoding="utf-8")
    return [found.code for found in check_spec(folder / "t.tune", load_catalogue()).diagnostics]
