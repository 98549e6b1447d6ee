"""Bad input is set aside with its place, and nothing else is lost."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from polars.testing import assert_frame_equal

from tests.building import build, ledger, rows
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.building.build import plan_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.sources.framing import Origin, read, taken
from tunec.runtime.sources.mapping import mapped
from tunec.runtime.sources.reading import Table
from tunec.runtime.store.store import Store
from tunec.runtime.versions.why import lives

GOOD = [{"instruction": f"Say the number {n} aloud.", "output": f"It is {n}."} for n in range(200)]
SPEC = "source s = {source}\ndataset out from s {{ shuffle() }}"


def write(folder: Path, lines: list[bytes], name: str = "s.jsonl") -> None:
    (folder / name).write_bytes(b"\n".join(lines) + b"\n")


def lines() -> list[bytes]:
    return [json.dumps(row).encode() for row in GOOD]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    data = lines()
    data[0] = b"\xef\xbb\xbf" + data[0]
    write(tmp_path, data)
    built = build(tmp_path, SPEC.format(source='jsonl("s.jsonl", format: alpaca)'))
    assert rows(built, "out").height == 200


def test_more_than_one_in_a_hundred_stops_the_build(tmp_path: Path) -> None:
    data = lines()
    for n in (3, 5, 7):
        data[n] = b"{"
    write(tmp_path, data)
    with pytest.raises(StepFailed, match=r"3 of 200 records are invalid[\s\S]*3 at s\.jsonl:4, "):
        build(tmp_path, SPEC.format(source='jsonl("s.jsonl", format: alpaca)'))
    built = build(tmp_path, SPEC.format(source='jsonl("s.jsonl", format: alpaca, on_error: skip)'))
    assert rows(built, "out").height == 197
    assert ledger(built, "out").height == 200


def test_a_missing_column_is_named_with_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, [json.dumps({"instruction": "a b c", "outptu": "x"}).encode()] * 3)
    with pytest.raises(StepFailed, match=r"no column `output`.*instruction, outptu; did you mean `outptu`"):
        build(tmp_path, SPEC.format(source='jsonl("s.jsonl", format: alpaca)'))


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b"")
    with pytest.raises(StepFailed, match="is empty"):
        build(tmp_path, SPEC.format(source='jsonl("s.jsonl", format: alpaca)'))


def test_a_file_that_is_not_there_is_a_diagnostic(tmp_path: Path) -> None:
    built = build(tmp_path, SPEC.format(source='jsonl("gone.jsonl", format: alpaca)'))
    assert [d.code for d in built.problems] == ["T601"]
    assert "gone.jsonl" in built.problems[0].message


def test_gzip_zstandard_csv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    import polars as pl

    write(tmp_path, lines())
    raw = (tmp_path / "s.jsonl").read_bytes()
    (tmp_path / "s.jsonl.gz").write_bytes(gzip.compress(raw))
    (tmp_path / "s.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(raw))
    (tmp_path / "s.json").write_text(json.dumps(GOOD))
    pl.DataFrame(GOOD).write_csv(tmp_path / "s.csv")
    pl.DataFrame(GOOD).write_parquet(tmp_path / "s.parquet")
    calls = [
        'jsonl("s.jsonl"',
        'jsonl("s.jsonl.gz"',
        'jsonl("s.jsonl.zst"',
        'json("s.json"',
        'csv("s.csv"',
        'parquet("s.parquet"',
    ]
    found = []
    for number, call in enumerate(calls):
        spec = SPEC.format(source=f"{call}, format: alpaca)")
        frame = rows(build(tmp_path, spec, name=f"t{number}.tune"), "out")
        found.append(frame.sort("position").select("id", "instruction", "input", "response").rows())
    assert all(f == found[0] for f in found)
    assert len(found[0]) == 200


def damaged(packed: bytes) -> bytes:
    return packed[:60] + bytes(byte ^ 0xFF for byte in packed[60:90]) + packed[90:]


def cut(packed: bytes) -> bytes:
    return packed[: len(packed) // 2]


@pytest.mark.parametrize("connector", ["jsonl", "json"])
@pytest.mark.parametrize("end", ["gz", "zst"])
@pytest.mark.parametrize("harm", [damaged, cut, lambda packed: packed[:4] + b"no archive"])
def test_what_cannot_be_unpacked_stops_the_build(
    tmp_path: Path, connector: str, end: str, harm: Callable[[bytes], bytes]
) -> None:
    raw = b"\n".join(lines()) if connector == "jsonl" else json.dumps(GOOD).encode()
    packer = zstandard.ZstdCompressor(write_checksum=True)
    packed = gzip.compress(raw) if end == "gz" else packer.compress(raw)
    name = f"s.{connector}.{end}"
    (tmp_path / name).write_bytes(harm(packed))
    with pytest.raises(StepFailed, match=rf"{name}: cannot be unpacked: \w+"):
        build(tmp_path, SPEC.format(source=f'{connector}("{name}", format: alpaca, on_error: skip)'))


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz", "s.jsonl.bz2", "s.jsonl.zst", "s.data"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, zstandard.ZstdCompressor().compress])
def test_what_is_packed_is_told_by_its_content(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / name).write_bytes(pack(b"\n".join(lines())))
    assert rows(build(tmp_path, SPEC.format(source=f'jsonl("{name}", format: alpaca)')), "out").height == len(GOOD)


def test_equal_rows_get_different_ids(tmp_path: Path) -> None:
    write(tmp_path, [lines()[0]] * 3)
    ids = rows(build(tmp_path, SPEC.format(source='jsonl("s.jsonl", format: alpaca)')), "out")["id"]
    assert ids.n_unique() == 3


def test_ids_tell_contents_apart_that_run_together() -> None:
    import polars as pl

    from tunec.compiler.types import RowType
    from tunec.runtime.rows.frame import identify

    pairs = [("a", "bc"), ("ab", "c"), ("a1:", "b"), ("a", "1:b"), ("", "abc"), (None, "abc"), ("a", "bc")]
    frame = pl.DataFrame(
        {"instruction": [a for a, _ in pairs], "input": "", "response": [b for _, b in pairs], "system": ""},
        schema_overrides={"instruction": pl.String},
    )
    ids = identify(frame, RowType.INSTRUCTION)
    assert ids.n_unique() == len(pairs)
    assert identify(frame.head(6), RowType.INSTRUCTION).to_list() == ids.to_list()[:6]


TABLE = {
    "q": ["One?", "二？"], "a": ["x", None], "n": [1, 2], "f": [0.5, 1.0], "b": ["y", "z"], "c": ["m", "n"],
    "l": [["a", "b"], []], "h": [["a", None], ["c"]], "e": [None, None],
}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "fields", "whole"),
    [
        ("choice", {"question": "q", "answer": "c"}, False),
        ("instruction", {"instruction": "q", "input": "a", "response": "b", "system": "gone"}, True),
        ("instruction", {"prompt": "q"}, True),
        ("instruction", {"instruction": "q", "response": "a"}, False),
        ("instruction", {"instruction": "q", "system": "e"}, False),
        ("instruction", {"instruction": "q", "input": "x.y"}, False),
        ("preference", {"prompt": "q", "chosen": "b", "rejected": "c"}, False),
        ("text", {"text": "q"}, True),
    ],
)
def test_a_table_gives_the_rows_that_its_records_give(rows: str, fields: dict[str, object], whole: bool) -> None:
    table = Table(3, pa.table(TABLE).to_batches()[0])
    layout = mapped(fields, rows)
    frame = taken(table, layout)
    assert (frame is not None) is whole
    if whole:
        by_record = read([table], replace(layout, plain=None), Origin("t", "o"), ("f",), None, True).rows
        assert by_record.height == 2
        assert_frame_equal(read([table], layout, Origin("t", "o"), ("f",), None, True).rows, by_record)


def test_bad_records_are_named_by_their_own_file_and_line(tmp_path: Path) -> None:
    for part in (1, 2, 3):
        good = [json.dumps({"instruction": f"Say {part} {n}.", "output": "x"}).encode() for n in range(60)]
        write(tmp_path, [*good[:2], b"{oops", *good[2:]] if part == 2 else good, f"part{part}.jsonl")
    built = build(tmp_path, SPEC.format(source='jsonl("part*.jsonl", format: alpaca)'))
    assert any("1 at part2.jsonl:3: not valid JSON" in w for w in built.reporter.warnings)
    assert ledger(built, "out").filter(verdict="quarantined")["value"].to_list() == ["line 3"]
    assert built.built is not None and built.built.published is not None
    version = built.built.published.out
    for row, record, prompt in (
        ("part2.jsonl:1", "part2.jsonl:1", "Say 2 0."),
        ("./part3.jsonl:60", "part3.jsonl:60", "Say 3 59."),
        ("part2.jsonl:3", "part2.jsonl:3", "{oops"),
    ):
        (life,) = lives(version, row)
        assert (life.record, life.prompt) == (record, prompt)
    assert not lives(version, "part1.jsonl:61")  # the next file begins there
    write(tmp_path, [b"{", b"["], "part3.jsonl")
    with pytest.raises(StepFailed, match=r"2 at part2\.jsonl:3, part3\.jsonl:1: not valid[\s\S]*1 at part3\.jsonl:2"):
        build(tmp_path, SPEC.format(source='jsonl("part*.jsonl", format: alpaca)'))


def test_csv_counts_lines(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text('instruction,output\n"one\ntwo",x\n\nthree,y\nbad\n')
    built = build(tmp_path, SPEC.format(source='csv("s.csv", format: alpaca, on_error: skip)'))
    assert rows(built, "out").sort("position")["position"].to_list() == [1, 4]
    assert any("1 at s.csv:6: 1 fields, and the header has 2" in w for w in built.reporter.warnings)
    assert built.built is not None and built.built.published is not None
    (life,) = lives(built.built.published.out, "s.csv:5")
    assert life.prompt == "three"


@pytest.mark.parametrize("name", ["a[1].jsonl", "what?.jsonl", "all*.jsonl", "~.jsonl", "a[1]*?.jsonl"])
def test_a_path_that_exists_is_read_as_it_stands(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "odd [x] * ? ~ {y}"
    folder.mkdir()
    write(folder, lines()[:3], name)
    write(folder, lines()[3:], "a1.jsonl")
    write(folder, lines()[3:], "whatever.jsonl")
    built = build(folder, SPEC.format(source=f'jsonl("{name}", format: alpaca)'))
    assert rows(built, "out").height == 3
    assert ledger(built, "out").height == 3
    again = build(folder, SPEC.format(source='jsonl("*1.jsonl", format: alpaca)'))  # and a glob there is a glob
    assert rows(again, "out").height == 197


def test_a_file_that_cannot_be_read_is_called_as_the_spec_calls_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.json").write_text("[{}]")
    (tmp_path / "data" / "b.json").write_text('[{},\n{"a":}]')
    with pytest.raises(StepFailed, match=r"^data/b\.json:2: not valid JSON"):
        build(tmp_path, SPEC.format(source='json("data/*.json", format: alpaca)'))


def test_a_loop_of_links_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write(tmp_path / "data", lines()[:5], "a\nb.jsonl")
    for name in ("up", "again"):
        (tmp_path / "data" / name).symlink_to(tmp_path)
    built = build(tmp_path, SPEC.format(source='jsonl("**/*.jsonl", format: alpaca)'))
    assert ledger(built, "out").height == 5


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"question": "q", "answer": None}, "`answer` is null"),
        ({"question": None, "answer": "a"}, "`question` is null"),
    ],
)
def test_a_column_that_is_null_is_not_called_absent(tmp_path: Path, record: dict[str, Any], said: str) -> None:
    (tmp_path / "d.jsonl").write_text(json.dumps(record) + "\n" + json.dumps(record), encoding="utf-8")
    with pytest.raises(StepFailed, match=f"2 of 2 records are invalid(.|\n)*2 at d.jsonl:1, d.jsonl:2: {said}"):
        build(tmp_path, 'source a = jsonl("d.jsonl", format: choice)\ndataset s from a {}')


def test_a_column_that_some_records_have_is_not_called_absent(tmp_path: Path) -> None:
    """Records that are none for different reasons: each is named with its own."""
    lines = [{"text": "x"}, {"messages": None}, {"messages": []}, {"messages": [{"role": "alien", "content": "x"}]}]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with pytest.raises(StepFailed) as failed:
        build(tmp_path, 'source a = jsonl("d.jsonl", format: messages)\ndataset s from a {}')
    for said in ("1: has no `messages`", "2: `messages` is null", "3: `messages` is not a list", "4: .*unknown role"):
        assert re.search(f"d.jsonl:{said}", str(failed.value))


def test_a_record_that_is_set_aside_is_shown_as_the_json_that_it_is(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"instruction": null, "output": "好", "ok": true}\n', encoding="utf-8")
    text = 'spec t(allow_empty: true)\nsource s = jsonl("s.jsonl", format: alpaca, on_error: skip)\ndataset d from s {}'
    (line,) = ledger(build(tmp_path, text), "d").iter_rows(named=True)
    assert line["prompt"] == '{"instruction": null, "output": "好", "ok": true}'


def test_several_paths_with_a_format_of_ones_own(tmp_path: Path) -> None:
    """Each is named as it is written, in notes and in the reasons of a plan."""
    data = [json.dumps({"q": row["instruction"], "a": row["output"]}).encode() for row in GOOD]
    write(tmp_path, data[:120], "a.jsonl")
    write(tmp_path, [*data[120:], b"{"], "b.jsonl")
    source = 'jsonl(["a.jsonl", "b.jsonl"], format: {instruction: "q", response: "a"})'
    done = build(tmp_path, SPEC.format(source=source))
    assert rows(done, "out").height == 200
    assert any(
        w.startswith("a.jsonl, b.jsonl: 1 invalid records") and "b.jsonl:81" in w for w in done.reporter.warnings
    )
    write(tmp_path, data[120:], "b.jsonl")
    graph = compile_spec(tmp_path / "t.tune", load_catalogue()).graph
    assert graph is not None
    plan = plan_build(graph, load_catalogue(), tmp_path, Store(tmp_path / ".tunec")).plan
    assert plan.steps[0].reason == "file a.jsonl, b.jsonl changed"
