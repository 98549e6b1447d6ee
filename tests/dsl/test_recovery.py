"""Mistakes: each is reported once, at its place, and costs no more of the tree than its statement."""

from __future__ import annotations

import pytest

from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.parser import parse, parse_value
from tunec.dsl.source import Source
from tunec.dsl.tree import Binary, Block, Call, Declaration, File, Keep, Name, Stage


def read(text: str) -> tuple[File, list[Diagnostic], Source]:
    source = Source("a.tune", text)
    file, diagnostics = parse(source)
    return file, diagnostics, source


def places(text: str) -> list[str]:
    """Code, line and column of each diagnostic."""
    _, diagnostics, source = read(text)
    return [f"{item.code} {':'.join(map(str, source.position(item.span.start)))}" for item in diagnostics]


def declared(text: str) -> list[str]:
    return [item.name for item in read(text)[0].declarations if isinstance(item, Declaration)]


def first_block(text: str) -> Block:
    item = read(text)[0].declarations[0]
    assert isinstance(item, Declaration) and item.block is not None
    return item.block


FIVE = """\
source a = jsonl("a.jsonl" format: alpaca)
source = jsonl("b.jsonl")
dataset c from a {
    filter {
        keep words (prompt) in 3..150
        keep lang(prompt) = "en"
        keep true_one(prompt)
    }
    split { train: 90%, validation: }
    shuffle()
}
dataset d from c { limit(1) }
"""


def test_five_mistakes_give_five_reports_and_the_rest_of_the_tree() -> None:
    assert places(FIVE) == ["T001 1:28", "T001 2:8", "T004 5:20", "T001 6:27", "T001 9:35"]
    assert declared(FIVE) == ["a", "c", "d"]
    item = read(FIVE)[0].declarations[1]
    assert isinstance(item, Declaration) and item.block is not None
    stages = [
        part.value.name for part in item.block.statements if isinstance(part, Stage) and isinstance(part.value, Call)
    ]
    assert stages == ["filter", "split", "shuffle"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const a = @@@ \n", ["T003 1:11"]),
        ('const a = "open\nconst b = 1', ["T006 1:11"]),
        ('source a = jsonl("open, limit: 3)\nconst b = 1', ["T006 1:18"]),
        ('const a = """open\n text\nconst b = 1', ["T006 1:11"]),
        ('const a = r"open\nconst b = 1', ["T006 1:11"]),
        ("const a = 5..3", ["T007 1:11"]),
        ("const a = 3..5%", ["T007 1:11"]),
        ("const a = 10parsecs", ["T007 1:13"]),
        (r'const a = "a\qb"', ["T007 1:13"]),
        (r'const a = "\ud800"', ["T007 1:12"]),
        ("const a = " + "9" * 5000, ["T007 1:11"]),
        ("const a = 1e999", ["T007 1:11"]),
        ("const a = b\nconst c = ", ["T001 2:9"]),
        ("const a = (1 + 2]\nconst b = 1", ["T001 1:17"]),
        ("const a = f(1))\nconst b = 1", ["T001 1:15"]),
        ("const a = 1 < 2 < 3\nconst b = 1", ["T001 1:17"]),
        ("dataset a from b", ["T001 1:16"]),
        ("dataset a from b { shuffle }", ["T001 1:20"]),
        ("dataset a from b { f() }\n}\nconst c = 1", ["T001 2:1"]),
        ("model a: openai()", ["T001 1:8"]),
        ("const a = f(x=1)", ["T001 1:14"]),
        ("const a = ‘x’\nconst b = f（1，2）", ["T003 1:11", "T003 2:12", "T003 2:14", "T003 2:16"]),
        ("const a = b && c", ["T003 1:13"]),
        ("const a = b; const c = d", ["T003 1:12"]),
        ("\0\0\0", ["T003 1:1"]),
    ],
)
def test_one_mistake_one_report(text: str, expected: list[str]) -> None:
    assert places(text) == expected


@pytest.mark.parametrize("start", ["(a + b) > 3", "[a]", "- 3"])
def test_statements_start_with_a_word(start: str) -> None:
    text = f"dataset a from b {{\n    {start}\n    f()\n}}"
    assert places(text) == ["T005 2:5"]
    assert len(first_block(text).statements) == 1
    assert places(f"const a = 1\n{start}\nconst b = 1" if start != "- 3" else "- 3\nconst b = 1")[0].startswith("T005")


def test_a_minus_on_a_new_line_goes_on_with_the_expression() -> None:
    file, diagnostics, _ = read("const a = b\n    - c")
    assert diagnostics == []
    item = file.declarations[0]
    assert isinstance(item, Declaration) and isinstance(item.value, Binary)


def test_a_call_touches_its_bracket() -> None:
    text = "dataset a from b { filter { keep words (prompt) in 3..5 } }"
    _, diagnostics, _ = read(text)
    assert [item.code for item in diagnostics] == ["T004"]
    edit = diagnostics[0].fixes[0].edits[0]
    assert places(text[: edit.span.start] + edit.text + text[edit.span.end :]) == []


def test_an_unclosed_block_ends_where_the_next_declaration_starts() -> None:
    text = "dataset a from b {\n    filter {\n        keep c(d)\n    }\n\ndataset e from a { f() }\n"
    assert places(text) == ["T002 1:18"]
    assert declared(text) == ["a", "e"]


def test_an_unclosed_bracket_is_found_by_the_indentation() -> None:
    text = "dataset a from b {\n    filter {\n        keep c(d)\n    dedup { exact(e) }\n}\n"
    assert places(text) == ["T002 2:12"]
    assert len(first_block(text).statements) == 2
    text = "train a from b on c {\n    lora(rank: 16\n    sft(epochs: 3)\n}\n"
    assert places(text) == ["T002 2:9"]
    assert len(first_block(text).statements) == 2


def test_the_end_of_the_file_closes_everything() -> None:
    assert places("dataset a from b { f(1, [2, {c: 3") == ["T002 1:18", "T002 1:21", "T002 1:25", "T002 1:29"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sorce a = jsonl()", "source"),
        ("datset a from b { f() }", "dataset"),
        ("dataset a form b { f() }", "from"),
        ("train a from b onn c { f() }", "on"),
        ("dataset a from b { filter { kep c(d) } }", "keep"),
        ("dataset a from b { lett c = d }", "let"),
        ("const a = if b thn c else d", "then"),
    ],
)
def test_misspelt_keywords_are_mended(text: str, word: str) -> None:
    file, diagnostics, _ = read(text)
    assert [item.code for item in diagnostics] == ["T001"]
    assert diagnostics[0].help == f"did you mean `{word}`?"
    edit = diagnostics[0].fixes[0].edits[0]
    mended, left, _ = read(text[: edit.span.start] + edit.text + text[edit.span.end :])
    assert left == []
    assert mended == file


def test_messages_speak_of_the_file() -> None:
    def message(text: str) -> str:
        return read(text)[1][0].message

    assert message("const = 3") == "expected a name, found `=`"
    assert message("const a =\nconst b = 1") == "expected a value after `=`"
    assert message("const a = f(b c)") == "expected `,` before `c`"
    assert message("hello world") == "expected a declaration, found `hello`"
    assert message("dataset a from b { shuffle }") == "`shuffle` is not a statement by itself"
    assert message("dataset a from b { f( }") == "`(` is never closed"


def test_a_statement_after_a_broken_one_is_kept() -> None:
    block = first_block("dataset a from b {\n    keep words(c) in\n    keep d(e)\n    drop\n    drop f(g)\n}")
    conditions = [part.condition for part in block.statements if isinstance(part, Keep)]
    assert [part.name for part in conditions if isinstance(part, Call)] == ["d", "f"]


def test_keywords_are_names_where_they_do_not_fit() -> None:
    file, diagnostics, _ = read(
        "source source = jsonl(source)\ndataset from from source { filter { keep train in of } }"
    )
    assert diagnostics == []
    item = file.declarations[1]
    assert (
        isinstance(item, Declaration)
        and item.name == "from"
        and isinstance(item.source, Name)
        and item.source.text == "source"
    )


def test_nesting_has_a_limit() -> None:
    for text in ("(" * 10_000 + "1", "[" * 10_000 + "]" * 10_000, "not " * 10_000 + "a", "1" + " + 1" * 10_000):
        codes = {item.code for item in read(f"const a = {text}")[1]}
        assert codes and codes <= {"T001", "T002", "T008"}
    assert read("const a = " + "[" * 150 + "]" * 150)[1] == []
    assert [item.code for item in read("const a = " + "[" * 250 + "]" * 250)[1]] == ["T008"]


def test_values_of_the_command_line() -> None:
    assert parse_value(Source("--set a", "2k")) is not None
    assert parse_value(Source("--set a", "[1, 2")) is None
    assert parse_value(Source("--set a", "1 2")) is None
    assert parse_value(Source("--set a", "")) is None


def test_two_reports_do_not_take_each_other_for_debris() -> None:
    """A comma that is missing before an unmatched bracket on its line: at least one of them is told."""
    text = 'source tasks = jsonl("t.jsonl", keep format: alpaca)}}paramdataset rows from tasks {\n    shuffle()\n}\n'
    assert parse(Source("a.tune", text))[1]
