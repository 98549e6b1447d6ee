from __future__ import annotations

import csv as notation
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import build, rows
from tests.ops.connectors.reading import found
from tunec.runtime.ops.connectors.csv import csv


def test_a_table_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text('\ufeffask,reply\n"say ""hi"", now","line one\nline two"\n你好,好\n1,\n', encoding="utf-8")
    assert found(csv, path) == [
        (0, {"ask": 'say "hi", now', "reply": "line one\nline two"}),
        (1, {"ask": "你好", "reply": "好"}),
        (2, {"ask": "1", "reply": ""}),  # every value is a text
    ]


def test_line_ends_of_all_kinds(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        (tmp_path / "s.csv").write_bytes(end.join(["a,b", "1,二", '"x\r\ny",3', ""]).encode())
        assert found(csv, tmp_path / "s.csv") == [(0, {"a": "1", "b": "二"}), (1, {"a": "x\r\ny", "b": "3"})]


def test_what_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"a,b\n1\n1,2,3\n" + "x,ä\n".encode("latin-1") + "中,\ufffd\n".encode())
    assert found(csv, path) == [
        (0, "another number of fields than the header", "['1', None]"),
        (1, "another number of fields than the header", "['1', '2', ['3']]"),
        (2, "no UTF-8", "x,�"),
        (3, {"a": "中", "b": "\ufffd"}),  # which the file does hold
    ]


def test_a_header_that_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes("ä,b\n1,2\n".encode("latin-1"))
    assert found(csv, tmp_path / "s.csv") == [(0, {"\ufffd": "1", "b": "2"})]


def test_each_file_has_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("q\tr\n甲\tb, c\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("r\tq\nd\te\n", encoding="utf-8")
    both = found(csv, tmp_path / "a.tsv", tmp_path / "b.tsv", separator="\t")
    assert both == [(0, {"q": "甲", "r": "b, c"}), (1, {"r": "d", "q": "e"})]


def test_in_a_spec(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("Ask;Best Answer\nSay hello.;Hello!\n说你好。;你好\n", encoding="utf-8")
    text = (
        'source s = csv("s.csv", separator: ";", format: {instruction: "Ask", response: "Best Answer"})\n'
        "dataset out from s { filter { keep chars(prompt) > 0 } }"
    )
    found_ = rows(build(tmp_path, text), "out").select("instruction", "response").rows()
    assert found_ == [("Say hello.", "Hello!"), ("说你好。", "你好")]


CELL = st.text('ab,;"\n中\t ', max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_is_read_as_it_was_written(tmp_path: Path, table: list[tuple[str, str]], separator: str) -> None:
    text = io.StringIO()
    notation.writer(text, delimiter=separator).writerows([("a", "乙"), *table])
    (tmp_path / "s.csv").write_bytes(text.getvalue().encode())
    assert found(csv, tmp_path / "s.csv", separator=separator) == [
        (n, {"a": a, "乙": b}) for n, (a, b) in enumerate(table)
    ]


def test_a_long_field(tmp_path: Path) -> None:
    size = 200_000  # beyond the limit that Python's reader has by itself
    (tmp_path / "s.csv").write_text(f"a,b\n{'中' * size},x\n", encoding="utf-8")
    assert found(csv, tmp_path / "s.csv") == [(0, {"a": "中" * size, "b": "x"})]
