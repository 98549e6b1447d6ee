"""Numbers of files that no 64-bit number is keep their digits, with a note, and are no infinity and no zero."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import Result, build, rows
from tests.ops.material import MANY
from tunec.runtime.base.digits import Digits, fractional, loads
from tunec.runtime.text.readable import json_text

SPEC = 'source s = {}("s.{}", format: alpaca, license: "MIT")\ndataset out from s {{ let w = meta.v {} }}'


def of_json(folder: Path, *spelled: str, stage: str = "", array: bool = False, **more: Any) -> Result:
    lines = [f'{{"instruction": "Name hill {n}.", "output": "Hill.", "v": {v}}}' for n, v in enumerate(spelled)]
    text, reader = (f"[{','.join(lines)}]", "json") if array else ("\n".join(lines), "jsonl")
    (folder / f"s.{reader}").write_text(text)
    return build(folder, SPEC.format(reader, reader, stage), **more)


def of_csv(folder: Path, *fields: str, stage: str = "", **more: Any) -> Result:
    lines = [f"Name hill {n}.,Hill.,{field}" for n, field in enumerate(fields)]
    (folder / "s.csv").write_text("\n".join(["instruction,output,v", *lines]))
    return build(folder, SPEC.format("csv", "csv", stage), **more)


def told(built: Result) -> list[str]:
    return [warning for warning in built.reporter.warnings if "meta.v" in warning]


@pytest.mark.parametrize("more", [{}, {"memory": 1}, {"array": True}], ids=["lines", "in portions", "array"])
def test_numbers_that_no_float_is(tmp_path: Path, more: dict[str, Any]) -> None:
    spelled = ("2.5", "3e777", "-4e-555", "null", "18014398509481985.0", "0.1")
    built = of_json(tmp_path, *spelled, **more)
    assert rows(built, "out")["w"].to_list() == [None if text == "null" else text for text in spelled]
    (note,) = told(built)
    at = "3" if more.get("array") else "2"
    assert "number 2 times (first at s.json" in note
    assert "fractional number beyond 64 bits 3 times (first at s.json" in note and (f":{at})" in note or ":2)" in note)


def test_they_are_told_before_a_build(tmp_path: Path) -> None:
    (problem,) = of_json(tmp_path, "2.5", "3e777", stage=" filter { keep meta.v > 1 }").problems
    assert problem.code == "T206" and "fractional number beyond 64 bits, first at s.jsonl:2" in problem.message
    kept = of_json(tmp_path, "2.5", "0.5", "3e777", stage=" filter { keep number(meta.v) in 1..9 }")
    assert rows(kept, "out")["w"].to_list() == ["2.5"]


def test_they_stand_within_lists_and_objects(tmp_path: Path) -> None:
    built = of_json(tmp_path, '{"b": [1e999], "a": "x"}', '{"b": [2], "a": "山"}')
    assert rows(built, "out")["w"].to_list() == ['{"a":"x","b":[1e999]}', '{"a":"山","b":[2]}']
    assert (
        "`meta.v.b[]`: fractional number beyond 64 bits 1 times (first at s.jsonl:1), number 1 times" in told(built)[0]
    )
    assert json_text({"b": [Digits("1e999"), math.inf, math.nan], "a": 1}) == '{"a":1,"b":[1e999,"Infinity",null]}'


@pytest.mark.parametrize(
    "text",
    ["0.1", "-0.0", "0e-999", "5e-324", "0.30000000000000004", "0.10000000000000001", "1e23", "1.7976931348623157e308",
     "4.9406564584124654e-324", "2.50000000000000000000", "0.1000000000000000055511151231257827", "1e0005",
     "1234567890123456.25", "36028797018963968.0"],
)  # fmt: skip
def test_ordinary_numbers_are_floats(text: str) -> None:
    assert fractional(text) == float(text) and type(fractional(text)) is float


@pytest.mark.parametrize(
    "text",
    ["1e309", "-1e400", "1e-400", "2e-324", "9007199254740993.0", "0.12345678901234567891", "1e-99999999999999999999"],
)
def test_others_are_digits(text: str) -> None:
    assert fractional(text) == Digits(text) == loads(f'{{"v": [{text}]}}')["v"][0]


@MANY
@given(st.binary(min_size=8, max_size=8), st.integers(16, 40))
def test_a_float_is_read_back_however_it_was_written(data: bytes, digits: int) -> None:
    (value,) = struct.unpack("d", data)
    if math.isfinite(value):
        assert fractional(repr(value)) == value
        assert fractional(f"{value:.{digits}e}") == value


def test_integers_of_a_table_beyond_64_bits(tmp_path: Path) -> None:
    fields = ("98765432109876543210", "", "7", "0.5", "1" * 5000)
    built = of_csv(tmp_path, *fields)
    assert rows(built, "out")["w"].to_list() == [field or None for field in fields]
    (note,) = told(built)
    assert "integer beyond 64 bits 2 times (first at s.csv:2), number 2 times (first at s.csv:4)" in note
    (problem,) = of_csv(tmp_path, *fields, stage=" filter { keep meta.v > 5 }").problems
    assert problem.code == "T206" and "integer beyond 64 bits, first at s.csv:2" in problem.message


def test_fields_of_a_table_that_no_float_is(tmp_path: Path) -> None:
    built = of_csv(tmp_path, "1e300", "", "2e-400")
    assert rows(built, "out")["w"].to_list() == ["1e+300", None, "2e-400"]
    assert "fractional number beyond 64 bits 1 times (first at s.csv:4)" in told(built)[0]
    alike = of_csv(tmp_path, "1e300", "", "2")
    assert rows(alike, "out")["w"].to_list() == [1e300, None, 2.0] and told(alike) == []


def test_a_call_keeps_such_a_number(tmp_path: Path) -> None:
    call = '{"function": {"name": "climb", "arguments": {"metres": 3e777}}}'
    lines = [
        f'{{"messages": [{{"role": "user", "content": "Up {n}?"}}, {{"role": "assistant", "tool_calls": [{c}]}}]}}'
        for n, c in enumerate((call, call.replace("3e777", "3")))
    ]
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    text = 'source s = jsonl("s.jsonl", format: messages, license: "MIT")\ndataset out from s {}'
    found = [json.dumps(row["messages"]) for row in rows(build(tmp_path, text), "out").to_dicts()]
    assert [r"{\"metres\":3e777}" in found[0], r"{\"metres\":3}" in found[1]] == [True, True]
