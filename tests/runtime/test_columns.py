"""Other columns of a source have one type each, and nothing of them changes in silence."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.building import Result, build, rows
from tests.ops.material import JSON, MANY
from tunec.commands.peek import command
from tunec.runtime.sources.columns import column_of
from tunec.runtime.text.readable import as_text, json_text

SPEC = 'spec t(version: "0.1.0-dev")\nsource s = {source}\ndataset out from s {{ set(meta.kept: meta.v) }}'


def column(*values: Any) -> tuple[Any, list[Any], tuple[str, ...]]:
    """Type, values and notes of a column of records, one a line."""
    made = column_of("v", [list(values)], False, lambda row: f"a.jsonl:{row + 1}")
    assert made.values.len() == len(values)
    return made.values.dtype, made.values.to_list(), made.notes


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((1, None, -(2**63)), pl.Int64), ((1.5, 2, None), pl.Float64), (("x", None), pl.String),
        ((True, None), pl.Boolean), ((None, None), pl.Null), (([1], [], None), pl.List(pl.Int64)),
        (([], []), pl.List(pl.Null)), (([{"a": 1}], [{"a": 2, "b": "x"}]), None),
        (({"a": 1}, {"b": ["x"]}), None), (([1, 2.5], [3]), pl.List(pl.Float64)),
    ],
)  # fmt: skip
def test_one_type_stays_as_it_is(values: tuple[Any, ...], dtype: Any) -> None:
    found, kept, notes = column(*values)
    assert notes == ()
    if dtype is not None:
        assert (found, kept) == (dtype, list(values))
    else:  # objects with other keys: a key that one lacks is missing
        assert not isinstance(found, pl.String)


@pytest.mark.parametrize(
    ("values", "kept", "said"),
    [
        ((0.5, "n/a", 1), ["0.5", '"n/a"', "1"], "number 2 times (first at a.jsonl:1), text 1 times (first at a"),
        ((2, True), ["2", "true"], "number 1 times (first at a.jsonl:1), true or false 1 times"),
        (({"b": 3, "a": "空"}, "sky", None), ['{"a":"空","b":3}', '"sky"', None], "object 1 times"),
        (([1], ["a"]), ["[1]", '["a"]'], "`meta.v[]`: number 1 times (first at a.jsonl:1), text 1 times"),
        (({"a": 1}, {"a": "1"}), ['{"a":1}', '{"a":"1"}'], "`meta.v.a`: number 1 times"),
        ((2**64, 1), [str(2**64), "1"], "integer beyond 64 bits 1 times (first at a.jsonl:1)"),
        ((2**53 + 1, 0.5), [str(2**53 + 1), "0.5"], "integer beyond 53 bits 1 times"),  # no float is that integer
        (({},), ["{}"], "object without keys 1 times"), ((2**200, None), [str(2**200), None], "integer beyond 64 bits"),
    ],
)  # fmt: skip
def test_several_types_are_json_text_with_a_note(values: tuple[Any, ...], kept: list[Any], said: str) -> None:
    dtype, found, (note,) = column(*values)
    assert (dtype, found) == (pl.String, kept)
    assert note.startswith("`meta.v` is kept as JSON text") and said in note


def test_what_is_nested_deep_or_has_many_keys_is_json_text() -> None:
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    wide = {f"k{n}": n for n in range(1000)}
    for value in (deep, wide):
        dtype, (found,), _ = column(value)
        assert dtype == pl.String and json.loads(found) == value


def test_nan_is_a_missing_value_and_is_counted() -> None:
    nan = float("nan")
    assert column(1.0, nan, 2, nan)[1:] == (
        [1.0, None, 2.0, None], ("`meta.v`: NaN is a missing value, 2 times, first at a.jsonl:2",),
    )  # fmt: skip
    assert column("x", nan)[1] == ['"x"', None]


@MANY
@given(st.lists(JSON, max_size=8))
def test_no_value_is_lost_or_changed(values: list[Any]) -> None:
    made = column_of("v", [values], False, str)
    found = made.values.to_list()
    if made.mixed:
        assert [None if f is None else json.loads(f) for f in found] == values
    else:
        assert [without_missing(f) for f in found] == [without_missing(v) for v in values]


def without_missing(value: Any) -> Any:
    """A value without the keys that a struct adds to an object."""
    if isinstance(value, dict):
        return {k: without_missing(v) for k, v in value.items() if v is not None}
    return [without_missing(v) for v in value] if isinstance(value, list) else value


def test_csv_texts_are_numbers_where_all_are() -> None:
    def inferred(*texts: str | None) -> tuple[Any, list[Any]]:
        made = column_of("v", [list(texts)], True, str).values
        return made.dtype, made.to_list()

    assert inferred("4", " -12", "", None) == (pl.Int64, [4, -12, None, None])
    assert inferred("4", "0.5", "1e2") == (pl.Float64, [4.0, 0.5, 100.0])
    for texts in (("4", "n/a"), ("007", "8"), ("+4", "1"), ("1,5", "2"), ("", ""), (str(2**63), "1"), ("０", "1")):
        assert inferred(*texts) == (pl.String, list(texts))


DAY = datetime.date(2026, 3, 1)
TABLE = {
    "day": pa.array([DAY, None]), "at": pa.array([1, None], pa.timestamp("us", tz="Europe/Berlin")),
    "clock": pa.array([1, None], pa.time64("us")), "took": pa.array([1, None], pa.duration("ms")),
    "price": pa.array([Decimal("1.50"), None]), "raw": pa.array([b"\xff\x00", None]),
    "pairs": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "fixed": pa.array([[1, 2], None], pa.list_(pa.int8(), 2)),
    "words": pa.array([["x", None], []]), "object": pa.array([{"a": 1, "b": None}, None]),
    "kind": pa.array(["x", None]).dictionary_encode(),
    "kinds": pa.array([["x"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    "half": pa.array([1.5, None], pa.float16()), "none": pa.nulls(2), "large": pa.array(["x", None], pa.large_string()),
    "view": pa.array(["x", None], pa.string_view()), "wide": pa.array([Decimal("1.5"), None], pa.decimal256(60, 2)),
    "zone": pa.array([1, None], pa.timestamp("us", tz="Nowhere/Town")), "top": pa.array([2**64 - 1, None], pa.uint64()),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_every_type_of_a_table_is_shown_and_published(tmp_path: Path, name: str) -> None:
    datasets = pytest.importorskip("datasets")
    table = {"instruction": ["Say one.", "Say two."], "output": ["One", "Two"], "v": TABLE[name]}
    pq.write_table(pa.table(table), tmp_path / "s.parquet")
    built = build(tmp_path, SPEC.format(source='parquet("s.parquet", format: alpaca)'))
    folder = published(built)
    assert pq.read_table(folder / "train-00000.parquet").column("meta.kept").null_count in (1, 2, 0)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]
    assert loaded["meta.kept"][1] in (None, [])
    done = CliRunner().invoke(command, [str(tmp_path / "t.tune"), "s", "--json"], catch_exceptions=False)
    assert [json.loads(line)["instruction"] for line in done.stdout.splitlines()] == table["instruction"]


def published(built: Result) -> Path:
    assert built.built is not None and built.built.published is not None, built.problems
    return built.built.published.out / "datasets" / "out"


def test_dates_and_bytes_are_shown_in_words_that_people_know() -> None:
    assert as_text(pl.Series([DAY, None])).to_list() == ["2026-03-01", None]
    assert as_text(pl.Series([b"\xff", None])).to_list() == ["/w==", None]
    assert json_text({"b": float("inf"), "a": [DAY]}) == '{"a":["2026-03-01"],"b":"Infinity"}'


def test_files_of_a_glob_with_other_types(tmp_path: Path) -> None:
    for name, values in (("a", pa.array([1, 2])), ("b", pa.array(["x", "y"])), ("c", pa.array([3], pa.int16()))):
        table = {"instruction": [f"Say {name}."] * len(values), "output": ["x"] * len(values), "v": values}
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    built = build(tmp_path, SPEC.format(source='parquet("*.parquet", format: alpaca)'))
    assert rows(built, "out")["meta.v"].to_list() == ["1", "2", '"x"', '"y"', "3"]
    (note,) = [w for w in built.reporter.warnings if "meta.v" in w]
    assert "number 3 times (first at a.parquet:1), text 2 times (first at b.parquet:1)" in note
    alike = build(tmp_path, SPEC.format(source='parquet("[ac].parquet", format: alpaca)'))
    assert rows(alike, "out")["meta.v"].dtype == pl.Int64  # 16 bits fit into 64


def test_huge_integers_in_a_spec(tmp_path: Path) -> None:
    lines = [{"instruction": f"Say {n}.", "output": "x", "v": v} for n, v in enumerate((7, 2**70))]
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    built = build(tmp_path, SPEC.format(source='jsonl("s.jsonl", format: alpaca)'))
    assert rows(built, "out")["meta.kept"].to_list() == ["7", str(2**70)]
    assert any("integer beyond 64 bits 1 times (first at s.jsonl:2)" in w for w in built.reporter.warnings)


def test_times_beyond_the_calendar(tmp_path: Path) -> None:
    kinds = (pa.timestamp("s"), pa.timestamp("us"), pa.duration("s"), pa.list_(pa.timestamp("ms", "UTC")))
    for kind, number in zip(kinds, (2**50, 2**60, 2**61, 2**59), strict=True):
        values = pa.array([[number], []] if pa.types.is_list(kind) else [number, None], kind)
        table = {"instruction": ["Say one.", "Say two."], "output": ["1", "2"], "v": values}
        pq.write_table(pa.table(table), tmp_path / "s.parquet", store_schema=True)
        built = build(tmp_path, SPEC.format(source='parquet("s.parquet", format: alpaca)'))
        kept = rows(built, "out")["meta.kept"]
        assert str(number) in str(kept.to_list()[0]) or str(number * 1000) in str(kept.to_list()[0])
        assert any("`meta.v`: some times lie beyond" in warning for warning in built.reporter.warnings)
