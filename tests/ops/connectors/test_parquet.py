from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.characters import ANY
from tests.ops.connectors.reading import found
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.connectors import parquet as module
from tunec.runtime.ops.connectors.parquet import parquet

GOOD = [{"instruction": f"Say the number {n} aloud.", "output": f"It is {n}."} for n in range(200)]


def test_values_keep_their_types(tmp_path: Path) -> None:
    records = [
        {"t": "你好", "n": 3, "l": ["a", None], "s": {"x": 1.5}},
        {"t": None, "n": None, "l": [], "s": {"x": None}},
    ]
    pl.DataFrame(records).write_parquet(tmp_path / "s.parquet")
    records[1]["s"] = {}  # objects of a table have all keys; those without a value are none
    assert found(parquet, tmp_path / "s.parquet") == list(enumerate(records))


def test_what_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "s.parquet").write_bytes(b"PAR1 is not enough")
    for name in ("s.parquet", "gone.parquet"):
        with pytest.raises(OperatorError, match=name):
            found(parquet, tmp_path / name)


def test_a_table_with_something_missing_is_looked_at_row_by_row(tmp_path: Path) -> None:
    data = pl.DataFrame([*GOOD, {"instruction": None, "output": "Nothing was asked."}])
    data.with_columns(input=pl.lit(None, pl.String)).write_parquet(tmp_path / "s.parquet")
    built = build(tmp_path, 'source s = parquet("s.parquet", format: alpaca)\ndataset out from s { shuffle() }')
    assert rows(built, "out").height == 200
    bad = ledger(built, "out").filter(verdict="quarantined")
    assert (bad["value"].to_list(), bad["rule"].to_list()) == (["line 201"], ["`instruction` is null"])


def test_a_table_is_cut_at_the_limit_and_keeps_other_columns(tmp_path: Path) -> None:
    frame = pl.DataFrame(GOOD).with_columns(topic=pl.int_range(pl.len()) % 3, system=pl.lit("请用中文。"))
    frame.write_parquet(tmp_path / "s.parquet")
    source = 'source s = parquet("s.parquet", format: alpaca, limit: 7)'
    spec = source + "\ndataset out from s { filter { drop meta.topic == 1 } }"
    kept = rows(build(tmp_path, spec), "out")
    assert kept["position"].to_list() == [0, 2, 3, 5, 6]
    assert kept["meta.topic"].to_list() == [0, 2, 0, 2, 0]
    assert kept["system"].unique().to_list() == ["请用中文。"]


@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.none() | st.text(ANY, max_size=5), st.none() | st.integers(-9, 9)), max_size=9),
    st.integers(1, 4),
    st.integers(0, 9),
)
def test_is_read_as_it_was_written(tmp_path: Path, table: list[tuple[Any, Any]], batch: int, cut: int) -> None:
    paths = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for path, part in zip(paths, (table[:cut], table[cut:]), strict=True):
        frame = pl.DataFrame(part, schema={"甲": pl.String, "n": pl.Int64}, orient="row")
        frame.write_parquet(path, row_group_size=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", batch)
        assert found(parquet, *paths) == [(n, {"甲": t, "n": i}) for n, (t, i) in enumerate(table)]


def test_texts_that_are_not_utf_8_are_set_aside(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = pa.array([b"Say one.", b"Say \xf6.", b"Say three."])
    damaged = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    pq.write_table(pa.table({"instruction": damaged, "output": ["1", "2", "3"]}), tmp_path / "s.parquet")
    spec = 'source s = parquet("s.parquet", format: alpaca, on_error: skip)\ndataset out from s { shuffle() }'
    built = build(tmp_path, spec)
    assert sorted(rows(built, "out")["instruction"]) == ["Say one.", "Say three."]
    bad = ledger(built, "out").filter(verdict="quarantined")
    assert bad.select("rule", "value", "prompt").rows() == [("not UTF-8", "line 2", "Say \ufffd. 2")]


def test_what_only_other_rows_have_is_nowhere(tmp_path: Path) -> None:
    """A table gives all objects of a column the same keys: to calls, schemas, messages and numbered turns."""
    tools = [
        {"type": "function", "function": {"name": "w", "parameters": {"properties": {"city": {"type": "string"}}}}},
        {"type": "function", "function": {"name": "v", "parameters": {"properties": {"n": {"default": 1}}}}},
    ]
    calls = [
        {"id": "1", "function": {"name": "w", "arguments": {"city": "北京"}}},
        {"id": "2", "function": {"name": "v", "arguments": {"n": 3, "m": []}}},
    ]
    chats: list[dict[str, Any]] = [
        {"tools": tools, "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "tool_calls": calls}]},
        {
            "tools": tools[:1],
            "messages": [
                {"role": "user", "content": "你好", "name": None},
                {"role": "assistant", "content": "好", "reasoning_content": "想", "weight": None},
            ],
        },
        {"tools": None, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    ]
    moss = [{"chat": {f"turn_{n}": {"H": "q", "M": "a"} for n in range(1, count)}} for count in (2, 4, 3)]
    for name, records, layout in (
        ("a", chats, "messages"),
        ("b", moss, '{messages: "chat", user: "H", assistant: "M"}'),
    ):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), tmp_path / f"{name}.parquet")
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
        read = [
            rows(build(tmp_path, f'source s = {kind}("{name}.{kind}", format: {layout})\ndataset d from s {{}}'), "d")
            for kind in ("jsonl", "parquet")
        ]
        assert (
            read[0]
            .sort("position")
            .select("messages", "tools")
            .equals(read[1].sort("position").select("messages", "tools"))
        )


def test_a_page_that_does_not_fit_its_checksum(tmp_path: Path) -> None:
    table = pyarrow.table({"t": ["a text of some length", "another one"]})
    pyarrow.parquet.write_table(
        table, tmp_path / "s.parquet", write_page_checksum=True, compression="none", use_dictionary=False
    )
    whole = (tmp_path / "s.parquet").read_bytes()
    assert len(found(parquet, tmp_path / "s.parquet")) == 2
    (tmp_path / "s.parquet").write_bytes(whole.replace(b"some length", b"same length"))
    with pytest.raises(OperatorError, match=r"s\.parquet: .*checksum"):
        found(parquet, tmp_path / "s.parquet")


MAP = pyarrow.map_(pyarrow.string(), pyarrow.string())


def test_maps_are_objects_as_formats_see_them(tmp_path: Path) -> None:
    """Also within lists and structs; a key without a value is there, as a map has it for this row alone."""
    call = pyarrow.struct([("name", pyarrow.string()), ("arguments", MAP)])
    inner = pyarrow.struct([("a", pyarrow.int64()), ("b", pyarrow.int64())])
    columns = {
        "calls": pyarrow.array(
            [[{"name": "f", "arguments": [("城", "巴黎"), ("unit", None)]}], []], pyarrow.list_(call)
        ),
        "deep": pyarrow.array([[("x", {"a": 1})], None], pyarrow.map_(pyarrow.string(), inner)),
        "days": pyarrow.array([[(7, "x")], [(7, "x"), (7, "y")]], pyarrow.map_(pyarrow.int64(), pyarrow.string())),
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    assert found(parquet, tmp_path / "a.parquet") == [
        (0, {
            "calls": [{"name": "f", "arguments": {"城": "巴黎", "unit": None}}],
            "deep": {"x": {"a": 1}},
            "days": [{"key": 7, "value": "x"}],
        }),
        (1, {"calls": [], "deep": None, "days": [{"key": 7, "value": "x"}, {"key": 7, "value": "y"}]}),
    ]  # fmt: skip


def test_arguments_of_calls_as_a_map(tmp_path: Path) -> None:
    function = pyarrow.struct([("name", pyarrow.string()), ("arguments", MAP)])
    turn = pyarrow.struct(
        [
            ("role", pyarrow.string()),
            ("content", pyarrow.string()),
            ("tool_calls", pyarrow.list_(pyarrow.struct([("function", function)]))),
        ]
    )

    def chat(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
        calls = [{"function": {"name": "f", "arguments": list(pairs)}}]
        return [{"role": "user", "content": "天气?"}, {"role": "assistant", "tool_calls": calls}]

    given_ = [chat(("city", "巴黎"), ("unit", "C")), chat(("city", "a"), ("city", "b"))]
    table = pyarrow.table({"messages": pyarrow.array(given_, pyarrow.list_(turn))})
    pyarrow.parquet.write_table(table, tmp_path / "s.parquet")
    text = 'source s = parquet("s.parquet", format: messages, on_error: skip)\ndataset out from s {}'
    done = build(tmp_path, text)
    (only,) = rows(done, "out")["messages"].to_list()
    assert [call["arguments"] for call in only[1]["tool_calls"]] == ['{"city":"巴黎","unit":"C"}']
    assert "has the key `city` twice" in str(ledger(done, "out").rows())
