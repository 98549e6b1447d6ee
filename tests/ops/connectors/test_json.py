from __future__ import annotations

import gzip
import json as notation
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import build, rows
from tests.characters import ANY
from tests.ops.connectors.reading import found
from tests.ops.material import JSON
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.connectors.json import json


def test_arrays_by_hand(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('\ufeff[{"a": "你好"}, 3,\n {"a": null}]', encoding="utf-8")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b'[["x"], {}]'))
    assert found(json, tmp_path / "a.json", tmp_path / "b.json.gz") == [
        (0, {"a": "你好"}), (1, "not an object but a number", "3"), (2, {"a": None}),
        (3, "not an object but a list", "['x']"), (4, {}),
    ]  # fmt: skip


def test_a_file_with_one_object_a_line_is_read_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('\ufeff{"a": "你好"}\r\n\n{"a": 2\n{"b": [{}]}\n', encoding="utf-8")
    (tmp_path / "b.json").write_text('[{"c": 3}]', encoding="utf-8")
    first, bad, third, last = found(json, tmp_path / "a.json", tmp_path / "b.json")
    assert (first, third, last) == ((0, {"a": "你好"}), (3, {"b": [{}]}), (4, {"c": 3}))
    assert bad[0] == 2 and "not valid JSON" in str(bad[1])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1}', "not an array of objects but an object$"),
        (
            b'{"n": 1, "data": [{}]}',
            "not an array of objects but an object; if its records are in `data`, write that array",
        ),
        (b'"a"', "not an array of objects but a text"),
        (b'{"a": 1} {"a": 2}', "not valid JSON: Extra data"),
        (b"", "is empty"),
        (b"[" * 200_000, "nested more than 200 deep"),
        (b"[{'a': 1}]", "not valid JSON"),
        ('[{"a": "ä"}]'.encode("latin-1"), "not valid JSON: 'utf-8' codec"),
    ],
    ids=["object", "wrapped", "text", "beside", "empty", "deep", "quotes", "bytes"],
)
def test_what_is_none(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "s.json").write_bytes(data)
    with pytest.raises(OperatorError, match=rf"s.json(:\d)?: {reason}"):
        found(json, tmp_path / "s.json")


def test_in_a_spec(tmp_path: Path) -> None:
    records = [{"instruction": "Say hello.", "output": "Hello!"}, {"instruction": "说你好。", "output": "你好"}]
    (tmp_path / "s.json").write_text(notation.dumps(records), encoding="utf-8")
    text = 'source s = json("s.json", format: alpaca)\ndataset out from s { filter { keep chars(prompt) > 0 } }'
    assert rows(build(tmp_path, text), "out")["instruction"].to_list() == ["Say hello.", "说你好。"]


@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.text(ANY, max_size=4), JSON, max_size=3), max_size=6), st.booleans(), st.integers(0, 6)
)
def test_is_read_as_it_was_written(tmp_path: Path, records: list[dict[str, Any]], ascii_: bool, cut: int) -> None:
    paths = tmp_path / "a.json", tmp_path / "b.json"
    for path, part in zip(paths, (records[:cut], records[cut:]), strict=True):
        path.write_bytes(notation.dumps(part, ensure_ascii=ascii_, indent=1).encode())
    assert found(json, *paths) == list(enumerate(records))


def test_a_key_that_stands_twice_loses_no_value_in_silence(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(
        '[{"a": 1, "b": {"a": 2}}, {"a": 1, "a": 2}, {"m": [{"b": 1, "b": 1}]}]', encoding="utf-8"
    )
    assert [said for _, said, *_ in found(json, tmp_path / "s.json")] == [
        {"a": 1, "b": {"a": 2}}, "has the key `a` twice", "has the key `b` twice",
    ]  # fmt: skip
