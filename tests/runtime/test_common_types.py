"""Columns of several files and sources are of a type that holds all of their values, or JSON text with a note."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tests.building import Result, build, rows
from tunec.commands.peek import command
from tunec.compiler.types import ANY, Type
from tunec.runtime.engine.typing import type_of
from tunec.runtime.sources.columns import column_of
from tunec.runtime.sources.tables import series_of, type_of_all
from tunec.runtime.text.nanoseconds import exact
from tunec.runtime.text.readable import as_text, json_text

NOON = 1_767_268_800  # 2026-01-01T12:00:00, in seconds since 1970
LARGE = Decimal("98765432109876543210987654321")


def table(path: Path, values: Any, at: int = 0) -> None:
    asked = [f"Name the hill number {at + n}." for n in range(len(values))]
    pq.write_table(pa.table({"instruction": asked, "output": ["Hill."] * len(values), "v": values}), path)


def of_files(folder: Path, *values: Any, **more: Any) -> tuple[pl.Series, list[str]]:
    """The column of a source of several files, and its notes; the same of several sources of a file each."""
    for n, array in enumerate(values):
        table(folder / f"h{n}.parquet", array, 10 * n)
    source = 'source s = parquet("h*.parquet", format: alpaca, license: "MIT")'
    one = build(folder, f"{source}\ndataset out from s {{ let w = meta.v }}", **more)
    several = [f'source s{n} = parquet("h{n}.parquet", format: alpaca, license: "MIT")' for n in range(len(values))]
    names = ", ".join(f"s{n}" for n in range(len(values)))
    other = build(folder, "\n".join([*several, f"dataset out from [{names}] {{ let w = meta.v }}"]), **more)
    found = rows(one, "out")["w"]
    assert rows(other, "out")["w"].equals(found, null_equal=True)
    return found, told(one)


def told(built: Result) -> list[str]:
    return [warning for warning in built.reporter.warnings if "meta.v" in warning]


@pytest.mark.parametrize("bounded", [{}, {"memory": 1}], ids=["at once", "in portions"])
def test_decimals_of_several_scales(tmp_path: Path, bounded: dict[str, Any]) -> None:
    small, long = pa.array([Decimal("2.5")], pa.decimal128(9, 1)), pa.array([Decimal("0.000125")], pa.decimal128(38, 6))
    found, notes = of_files(tmp_path, small, long, **bounded)
    assert (found.dtype, found.to_list(), notes) == (pl.Decimal(38, 6), [Decimal("2.5"), Decimal("0.000125")], [])
    whole, tiny = pa.array([LARGE], pa.decimal128(38, 0)), pa.array([Decimal("0.0625000000")], pa.decimal128(38, 10))
    found, (note,) = of_files(tmp_path, whole, tiny, **bounded)
    assert found.to_list() == [f'"{LARGE}"', '"0.0625000000"']
    assert "decimal with 0 places 1 times (first at h0.parquet:1), decimal with 10 places 1 times" in note


def test_decimals_beyond_38_digits_are_json_text(tmp_path: Path) -> None:
    values = [Decimal(f"1{'0' * 44}.25"), None, Decimal("1.50")]
    table(tmp_path / "h.parquet", pa.array(values, pa.decimal256(50, 2)))
    source = 'source s = parquet("h.parquet", format: alpaca, license: "MIT")\n'
    built = build(tmp_path, source + "dataset out from s { let w = meta.v }")
    assert rows(built, "out")["w"].to_list() == [f'"1{"0" * 44}.25"', None, '"1.50"']
    (note,) = told(built)
    assert "decimal of 47 digits 1 times (first at h.parquet:1), decimal with 2 places 1 times" in note
    fits = column_of("v", [series_of(pa.array(values[1:], pa.decimal256(50, 2)), "v")], False, str).values
    assert fits.dtype == pl.Decimal(38, 2) and fits.to_list() == values[1:]


def test_a_time_with_a_zone_stays_apart_from_one_without(tmp_path: Path) -> None:
    local = pa.array([NOON, None], pa.timestamp("s"))
    there = pa.array([NOON - 8 * 3600], pa.timestamp("ms", "Asia/Shanghai")).cast(pa.timestamp("us", "Asia/Shanghai"))
    found, (note,) = of_files(tmp_path, local, there)
    assert found.to_list()[:2] == ['"2026-01-01T12:00:00"', None] and found.to_list()[2].endswith('+08:00"')
    assert "timestamp 1 times (first at h0.parquet:1), timestamp with a zone 1 times (first at h1.parquet:1)" in note
    utc = pa.array([NOON], pa.timestamp("s", "UTC"))
    zoned, notes = of_files(tmp_path, utc, there)
    assert isinstance(zoned.dtype, pl.Datetime) and zoned.dtype.time_zone == "UTC" and notes == []
    assert zoned.dt.epoch("s").to_list()[0] == NOON


@pytest.mark.parametrize("bounded", [{}, {"memory": 1}], ids=["at once", "in portions"])
@pytest.mark.parametrize("kind", [pa.timestamp, pa.duration])
def test_times_have_the_finer_unit(tmp_path: Path, kind: Any, bounded: dict[str, Any]) -> None:
    coarse, fine = pa.array([NOON * 1000, None], kind("ms")), pa.array([NOON * 10**9 + 987_654_321], kind("ns"))
    found, notes = of_files(tmp_path, coarse, fine, **bounded)
    assert found.to_physical().to_list() == [NOON * 10**9, None, NOON * 10**9 + 987_654_321] and notes == []


def test_times_that_no_unit_holds_together(tmp_path: Path) -> None:
    late, fine = pa.array([datetime(9000, 1, 1)], pa.timestamp("ms")), pa.array([7], pa.timestamp("ns"))
    found, (note,) = of_files(tmp_path, late, fine)
    assert found.to_list() == ['"9000-01-01T00:00:00"', '"1970-01-01T00:00:00.000000007"']
    assert "timestamp 1 times (first at h0.parquet:1), timestamp with nanoseconds 1 times" in note
    whole = pa.array([7000], pa.timestamp("ns"))  # seven microseconds
    found, notes = of_files(tmp_path, late, whole)
    assert (found.dtype, notes) == (pl.Datetime("us"), [])


def test_lists_and_objects_of_times(tmp_path: Path) -> None:
    one = pa.array([[NOON * 1000], []], pa.list_(pa.timestamp("ms")))
    other = pa.array([[NOON * 10**9 + 1, None]], pa.list_(pa.timestamp("ns")))
    found, notes = of_files(tmp_path, one, other)
    assert found.dtype == pl.List(pl.Datetime("ns")) and notes == []
    assert found.to_physical().to_list() == [[NOON * 10**9], [], [NOON * 10**9 + 1, None]]
    object_ = pa.struct([("at", pa.timestamp("ns")), ("on", pa.date32()), ("n", pa.int64())])
    texts = pa.struct([("n", pa.string())])
    found, (note,) = of_files(
        tmp_path,
        pa.array([{"at": 1_000_000_001, "on": date(2026, 3, 1), "n": 4}], object_),
        pa.array([{"n": "four"}], texts),
    )
    said = {"at": "1970-01-01T00:00:01.000000001", "n": 4, "on": "2026-03-01"}
    assert [json.loads(text) for text in found.to_list()] == [said, {"n": "four"}]
    assert "`meta.v.n`: number 1 times (first at h0.parquet:1), text 1 times (first at h1.parquet:1)" in note
    assert "`meta.v.at`" not in note


@pytest.mark.parametrize(
    ("dtype", "number", "said"),
    [
        (pl.Datetime("ns"), -1, "1969-12-31T23:59:59.999999999"),
        (pl.Datetime("ns", "Asia/Tokyo"), 1, "1970-01-01T09:00:00.000000001+09:00"),
        (pl.Duration("ns"), 90_000_000_001, "0:01:30.000000001"), (pl.Duration("ns"), -1, "-1 day, 23:59:59.999999999"),
        (pl.Time, 3_600_000_000_005, "01:00:00.000000005"),
    ],
)  # fmt: skip
def test_nanoseconds_are_told(dtype: Any, number: int, said: str) -> None:
    column = pl.Series([number, None, 0], dtype=pl.Int64).cast(dtype)
    first, missing, whole = exact(column)
    assert (str(first), missing, whole) == (said, None, column.to_list()[2])
    assert json_text([first]) == f'["{said}"]' and as_text(column).to_list()[0] == said
    assert [str(value) for value in exact(column.implode())[0]] == [said, "None", str(whole)]


def test_nanoseconds_are_shown(tmp_path: Path) -> None:
    table(tmp_path / "h.parquet", pa.array([NOON * 10**9 + 5], pa.timestamp("ns")))
    source = 'source s = parquet("h.parquet", format: alpaca, license: "MIT")\n'
    build(tmp_path, source + "dataset out from s { let w = meta.v }")
    done = CliRunner().invoke(command, [str(tmp_path / "t.tune"), "out", "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["w"] == "2026-01-01T12:00:00.000000005"


def test_the_place_that_does_not_agree_is_named(tmp_path: Path) -> None:
    lines = [{"rating": {"by": ["ann"], "mark": n}, "tags": [n, n + 1]} for n in range(40)]
    lines[31]["rating"] = {"by": [7], "mark": "good"}
    lines[22]["tags"] = ["red"]
    asked = [{"instruction": f"Name hill {n}.", "output": "Hill.", **line} for n, line in enumerate(lines)]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, asked)))
    source = 'source s = jsonl("s.jsonl", format: alpaca, license: "MIT")\n'
    built = build(tmp_path, source + "dataset out from s { let a = meta.rating let b = meta.tags }")
    said = " ".join(built.reporter.warnings)
    assert "`meta.rating.by[]`: text 39 times (first at s.jsonl:1), number 1 times (first at s.jsonl:32)" in said
    assert "`meta.rating.mark`: number 39 times (first at s.jsonl:1), text 1 times (first at s.jsonl:32)" in said
    assert "`meta.tags[]`: number 78 times (first at s.jsonl:1), text 1 times (first at s.jsonl:23)" in said
    (problem,) = build(tmp_path, source + "dataset out from s { filter { keep meta.tags == 4 } }").problems
    assert "number in `[]`, first at s.jsonl:1, text in `[]`, first at s.jsonl:23" in problem.message


COLUMNS: dict[str, Any] = {
    "int": pa.array([1]), "uint": pa.array([1], pa.uint64()), "float": pa.array([0.5]), "text": pa.array(["x"]),
    "half": pa.array([0.5], pa.float32()), "none": pa.nulls(1), "bool": pa.array([True]),
    "local": pa.array([datetime(2026, 1, 1)]), "zoned": pa.array([datetime(2026, 1, 1, tzinfo=UTC)]),
    "fine": pa.array([1], pa.timestamp("ns")), "day": pa.array([date(2026, 1, 1)]),
    "took": pa.array([timedelta(1)]), "long": pa.array([1], pa.duration("ns")),
    "price": pa.array([Decimal("1.5")]), "cents": pa.array([Decimal("1.25")], pa.decimal128(38, 30)),
    "wide": pa.array([Decimal(10) ** 44], pa.decimal256(50, 2)), "raw": pa.array([b"x"]),
    "ints": pa.array([[1]]), "floats": pa.array([[0.5]]), "times": pa.array([[datetime(2026, 1, 1)]]),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), list(product(COLUMNS, COLUMNS)))
def test_the_linter_knows_the_type_that_a_build_makes(one: str, other: str) -> None:
    arrays = COLUMNS[one], COLUMNS[other]
    seen = type_of_all([array.type for array in arrays])
    made = column_of("v", [series_of(array, "v") for array in arrays], False, str)
    kind = Type("mixed", words=seen.words) if made.mixed else type_of(made.values.dtype)  # type: ignore[arg-type]
    assert seen in (kind, ANY), (one, other)
    if ANY not in (seen, kind) and not made.mixed:
        assert made.notes == ()
