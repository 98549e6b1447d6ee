from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.characters import ANY
from tests.ops.connectors.reading import found
from tests.ops.material import JSON
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.connectors.jsonl import jsonl

SPEC = 'source s = jsonl("s.jsonl", format: alpaca)\ndataset out from s { shuffle() }'
LINES = [
    json.dumps({"instruction": f"Say the number {n} aloud.", "output": f"It is {n}."}).encode() for n in range(120)
]


def test_lines_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text('{"a": "你好"}\n\n  \n{"a": 1}\r\n[2]\n"x"\n{"a":\n{"b": null}', encoding="utf-8")
    first, second, *bad, last = found(jsonl, path)
    # Blank lines are passed over, and counted.
    assert (first, second, last) == ((0, {"a": "你好"}), (3, {"a": 1}), (7, {"b": None}))
    assert [b[:2] for b in bad[:2]] == [
        (4, "not an object but a list; a file that is one array is read by `json`"),
        (5, "not an object but a text"),
    ]
    assert bad[2][0] == 6 and bad[2][1].startswith("not valid JSON: ") and bad[2][2] == '{"a":'


def test_a_line_nested_too_deep_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text("[" * 100_000 + '\n{"a": 1}')
    deep, good = found(jsonl, tmp_path / "s.jsonl")
    assert deep[:2] == (0, "nested more than 200 deep")
    assert good == (1, {"a": 1})


def test_numbers_run_on_from_file_to_file(tmp_path: Path) -> None:
    plain, packed, tight = (tmp_path / name for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl.zst"))
    plain.write_bytes(b'\xef\xbb\xbf{"n": 0}\n{"n": 1}\n')
    packed.write_bytes(gzip.compress(b'\xef\xbb\xbf{"n": 2}\n'))
    tight.write_bytes(zstandard.ZstdCompressor().compress('{"n": "三"}'.encode()))
    assert found(jsonl, plain, packed, tight) == [(0, {"n": 0}), (1, {"n": 1}), (2, {"n": 2}), (3, {"n": "三"})]


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl.gz").write_bytes(gzip.compress(b'{"n": 2}\n' * 1000)[:-20])
    with pytest.raises(OperatorError, match=r"s\.jsonl\.gz: cannot be unpacked"):
        found(jsonl, tmp_path / "s.jsonl.gz")


def test_a_line_cut_in_half_is_quarantined_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b"\n".join([*LINES[:41], LINES[41][:25], *LINES[42:]]))
    built = build(tmp_path, SPEC)
    assert rows(built, "out").height == 119
    bad = ledger(built, "out").filter(verdict="quarantined")
    assert bad["value"].to_list() == ["line 42"]
    assert bad["rule"][0].startswith("not valid JSON")
    assert "s.jsonl:42" in "".join(built.reporter.warnings)


def test_latin_1_bytes_are_named(tmp_path: Path) -> None:
    latin = '{"instruction": "Wie spät ist es?", "output": "Zwölf."}'.encode("latin-1")
    (tmp_path / "s.jsonl").write_bytes(b"\n".join([*LINES[:7], latin, *LINES[8:]]))
    bad = ledger(build(tmp_path, SPEC), "out").filter(verdict="quarantined")
    assert bad["value"].to_list() == ["line 8"]
    assert "0xe4" in bad["rule"][0]


def test_half_a_character_is_set_aside(tmp_path: Path) -> None:
    # What is left of an emoji that was cut in two: JSON may say it, UTF-8 cannot.
    (tmp_path / "s.jsonl").write_bytes(b"\n".join([*LINES, b'{"instruction": "Cut.", "output": "\\ud83d"}']))
    built = build(tmp_path, SPEC)
    assert rows(built, "out").height == 120
    bad = ledger(built, "out").filter(verdict="quarantined")
    assert bad.select("value", "rule").rows() == [("line 121", "half a character, as if a text was cut in two")]


def test_a_whole_character_that_is_escaped_is_read(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b'{"instruction": "Smile: \\ud83d\\ude00", "output": "ok"}')
    assert rows(build(tmp_path, SPEC), "out")["instruction"].to_list() == ["Smile: 😀"]


RECORDS = st.lists(st.dictionaries(st.text(ANY, max_size=4), JSON, max_size=3), max_size=6)


@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RECORDS, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]), st.integers(0, 6))
def test_is_read_as_it_was_written(
    tmp_path: Path, records: list[dict[str, Any]], ascii_: bool, end: str, cut: int
) -> None:
    paths = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path, part in zip(paths, (records[:cut], records[cut:]), strict=True):
        text = "".join(json.dumps(one, ensure_ascii=ascii_) + end for one in part)
        path.write_bytes(text.encode())
    step = len(end.replace("\r", ""))
    assert found(jsonl, *paths) == [(n * step, one) for n, one in enumerate(records)]


def test_utf_16_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes('\ufeff{"a": "二"}\n'.encode("utf-16-le"))
    assert found(jsonl, tmp_path / "s.jsonl")[0][1] == "UTF-16 text; expected UTF-8"


def test_a_key_that_stands_twice_loses_no_value_in_silence(tmp_path: Path) -> None:
    lines = [
        '{"a": "1", "b": "a", "c": {"a": 1}}',  # not in the same object
        '{"a": "1", "键": "2", "a": "3"}',
        '{"a": "1", "键": "2", "键": "2"}',
        '{"m": [{"role": "user"}, {"role": "tool", "role": "user"}]}',
        '{"a" : 1, "m": {"b": 1, "b": 2}}',  # as many colons after quotes as keys
        '{"m": "{\\"b\\": 1, \\"b\\": 2}"}',  # a text
        '{"a"  : 1, "a": 2}',
    ]
    (tmp_path / "s.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert [(number, said) for number, said, *_ in found(jsonl, tmp_path / "s.jsonl")] == [
        (0, {"a": "1", "b": "a", "c": {"a": 1}}), (1, "has the key `a` twice"), (2, "has the key `键` twice"),
        (3, "has the key `role` twice"), (4, "has the key `b` twice"), (5, {"m": '{"b": 1, "b": 2}'}),
        (6, "has the key `a` twice"),
    ]  # fmt: skip
