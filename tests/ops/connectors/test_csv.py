from __future__ import annotations

import csv as notation
import io
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.ops.connectors.reading import found
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.ops.connectors.csv import csv


def test_a_table_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text('\ufeffask,reply\n"say ""hi"", now","line one\nline two"\n你好,好\n1,\n', encoding="utf-8")
    assert found(csv, path) == [
        (1, {"ask": 'say "hi", now', "reply": "line one\nline two"}),
        (3, {"ask": "你好", "reply": "好"}),  # the record before took two lines
        (4, {"ask": "1", "reply": ""}),  # every value is a text
    ]


def test_line_ends_of_all_kinds(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        (tmp_path / "s.csv").write_bytes(end.join(["a,b", "1,二", '"x\r\ny",3', ""]).encode())
        assert found(csv, tmp_path / "s.csv") == [(1, {"a": "1", "b": "二"}), (2, {"a": "x\r\ny", "b": "3"})]


def test_what_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"a,b\n1\n1,2,3\n" + "x,ä\n".encode("latin-1") + "中,\ufffd\n".encode())
    assert found(csv, path) == [
        (1, "1 fields, and the header has 2", "1"),
        (2, "3 fields, and the header has 2", "1,2,3"),
        (3, "not UTF-8", "x,�"),
        (4, {"a": "中", "b": "\ufffd"}),  # which the file does hold
    ]


def test_a_header_that_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes("ä,b\n1,2\n".encode("latin-1"))
    assert found(csv, tmp_path / "s.csv") == [(1, {"\ufffd": "1", "b": "2"})]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "s.csv").write_bytes("\ufeffa,b\n1,二\n".encode(encoding))
    with pytest.raises(OperatorError, match=r"s\.csv:1: UTF-16 text; expected UTF-8"):
        found(csv, tmp_path / "s.csv")


def test_each_file_has_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("q\tr\n甲\tb, c\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("r\tq\nd\te\n", encoding="utf-8")
    both = found(csv, tmp_path / "a.tsv", tmp_path / "b.tsv", separator="\t")
    assert both == [(1, {"q": "甲", "r": "b, c"}), (3, {"r": "d", "q": "e"})]


def test_in_a_spec(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("Ask;Best Answer\nSay hello.;Hello!\n说你好。;你好\n", encoding="utf-8")
    text = (
        'source s = csv("s.csv", separator: ";", format: {instruction: "Ask", response: "Best Answer"})\n'
        "dataset out from s { filter { keep chars(prompt) > 0 } }"
    )
    found_ = rows(build(tmp_path, text), "out").select("instruction", "response").rows()
    assert found_ == [("Say hello.", "Hello!"), ("说你好。", "你好")]


CELL = st.text('ab,;"\n中\t ', max_size=6)


@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_is_read_as_it_was_written(tmp_path: Path, table: list[tuple[str, str]], separator: str) -> None:
    text = io.StringIO()
    writer, starts = notation.writer(text, delimiter=separator, lineterminator="\n"), []
    for row in [("a", "乙"), *table]:
        starts.append(text.getvalue().count("\n"))
        writer.writerow(row)
    (tmp_path / "s.csv").write_bytes(text.getvalue().encode())
    assert found(csv, tmp_path / "s.csv", separator=separator) == [
        (n, {"a": a, "乙": b}) for n, (a, b) in zip(starts[1:], table, strict=True)
    ]


def test_a_long_field(tmp_path: Path) -> None:
    size = 200_000  # beyond the limit that Python's reader has by itself
    (tmp_path / "s.csv").write_text(f"a,b\n{'中' * size},x\n", encoding="utf-8")
    assert found(csv, tmp_path / "s.csv") == [(1, {"a": "中" * size, "b": "x"})]


def test_an_open_quote_names_its_line_and_counts_what_it_swallows(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text('a,b\n1,2\n"3,4\n5,6\n7,8\n')
    assert found(csv, path) == [
        (1, {"a": "1", "b": "2"}),
        (2, "a quote opens here and is not closed: 3 lines, up to line 5", '"3,4'),
        (3, "within the invalid record that begins at line 3", "5,6"),
        (4, "within the invalid record that begins at line 3", "7,8"),
    ]
    path.write_text('a,b\n"1,2\n3,4\n"5",6\n7,8\n')  # closed by the quote of a later field
    (first, *others, last) = found(csv, path)
    assert first[0] == 1 and first[1].endswith("no separator follows the quote that closes it: 3 lines, up to line 4")
    assert ([o[0] for o in others], last) == ([2, 3], (4, {"a": "7", "b": "8"}))
    path.write_text('a,b\n1,"2\n3,4\n5,6 inch"\n7,8\n')  # which looks like one long field
    assert found(csv, path) == [(1, {"a": "1", "b": "2\n3,4\n5,6 inch"}), (4, {"a": "7", "b": "8"})]


def test_swallowed_lines_stop_a_build(tmp_path: Path) -> None:
    good = [f"Say {n}.,It is {n}." for n in range(300)]
    lines = ["instruction,output", *good[:280], '"Say it,x', *good[280:]]
    (tmp_path / "s.csv").write_text("\n".join(lines) + "\n")
    spec = 'source s = csv("s.csv", format: alpaca{})\ndataset out from s {{ shuffle() }}'
    with pytest.raises(StepFailed, match=r"21 of 301 records are invalid[\s\S]*s\.csv:282: a quote opens here"):
        build(tmp_path, spec.format(""))
    skipped = build(tmp_path, spec.format(", on_error: skip"))
    assert rows(skipped, "out").height == 280 and ledger(skipped, "out").height == 301
    every = build(tmp_path, spec.format(", quoting: none"))
    assert rows(every, "out").height == 301


def test_quotes_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "s.tsv").write_text('a\tb\n"x\ty"z\n"\t5"\n', encoding="utf-8")
    assert found(csv, tmp_path / "s.tsv", separator="\t", quoting=None) == [
        (1, {"a": '"x', "b": 'y"z'}),
        (2, {"a": '"', "b": '5"'}),
    ]


def test_a_column_that_occurs_twice(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("a,b,a\n1,2,3\n")
    with pytest.raises(OperatorError, match=r"s\.csv:1: the header has the column `a` twice"):
        found(csv, tmp_path / "s.csv")


def test_a_header_of_very_many_columns_takes_no_time(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(200_000)]
    (tmp_path / "s.csv").write_text(",".join(names) + "\n" + "1," * (len(names) - 1) + "1\n", encoding="utf-8")
    began = time.process_time()
    ((_, record),) = found(csv, tmp_path / "s.csv")
    assert len(record) == len(names) and time.process_time() - began < 10  # it was a minute


def test_scores_are_numbers_unless_they_shall_be_texts(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("instruction,output,score\nSay 1.,1,4.5\nSay 2.,2,10\nSay 3.,3,\n")
    spec = 'source s = csv("s.csv", format: alpaca{})\ndataset out from s {{ filter {{ keep {} }} }}'
    numbers = build(tmp_path, spec.format("", "meta.score > 4.5"))
    assert rows(numbers, "out").select("response", "meta.score").rows() == [("2", 10.0)]
    texts = build(tmp_path, spec.format(", types: text", 'meta.score > "4"'))
    assert rows(texts, "out")["meta.score"].to_list() == ["4.5"]


@pytest.mark.parametrize("separator", ["||", "", "\\n", '\\"'])
def test_a_separator_is_one_character(tmp_path: Path, separator: str) -> None:
    text = f'source s = csv("s.csv", separator: "{separator}", format: alpaca)\ndataset out from s {{ shuffle() }}'
    (problem,) = build(tmp_path, text).problems
    assert problem.code == "T201" and "`separator` of `csv` is one character" in problem.message
    assert text[problem.span.start : problem.span.end] == f'"{separator}"'


def test_the_header_of_a_second_file_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(b"\xef\xbb\xbfq,a\none,1\n\xef\xbb\xbfq,a\n2,two\nq,a\na,q\n")
    read = [entry[1] for entry in found(csv, tmp_path / "s.csv")]
    said = "the header again, as where files are joined"
    assert read == [{"q": "one", "a": "1"}, said, {"q": "2", "a": "two"}, said, {"q": "a", "a": "q"}]
    # In a table of one column it may as well be a value.
    (tmp_path / "w.csv").write_text("word\ntree\nword\n")
    assert [entry[1] for entry in found(csv, tmp_path / "w.csv")] == [{"word": "tree"}, {"word": "word"}]
