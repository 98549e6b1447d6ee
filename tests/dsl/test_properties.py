"""What holds for every text and every tree."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.characters import ANY
from tests.dsl.specs import expressions, files
from tests.work import growth
from tunec.dsl.format import format_text
from tunec.dsl.lexer import lex
from tunec.dsl.parser import parse, parse_tokens, parse_value
from tunec.dsl.print import print_expression
from tunec.dsl.render import json as json_renderer
from tunec.dsl.render.text import render
from tunec.dsl.source import Source
from tunec.dsl.tables import MARKS, WORDS
from tunec.dsl.tree import Expression, File

SLOW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
SOUP = [
    *WORDS, *MARKS, "a", "b.c", "words(", "f()", "3", "30%", "1..2", '"t"', '"open',
    '"""', "# c", "## d", "\n", "\n\n    ",
    "source a = f()\n", "dataset a from b {\n", "}\n", "\n    keep a\n", "'q'",
    "，", "@", "\\", "\t", "\0", "$5", "10x", 'r"',
]  # fmt: skip


def check_any(text: str) -> None:
    """No text raises, and everything that is said about it has a place in it."""
    source = Source("a.tune", text)
    file, diagnostics = parse(source)
    for diagnostic in diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        for fix in diagnostic.fixes:
            assert all(0 <= edit.span.start <= edit.span.end <= len(text) for edit in fix.edits)
    render(diagnostics, {"a.tune": source}, colour=True, width=60)
    json_renderer.render(diagnostics, {"a.tune": source})
    formatted = format_text(source)
    if diagnostics:
        assert formatted == text
    else:
        again = Source("a.tune", formatted)
        assert parse(again) == (file, [])
        assert format_text(again) == formatted
        assert [comment.text for comment in lex(again).comments] == [comment.text for comment in file.comments]


@SLOW
@given(st.text(ANY))
def test_any_text(text: str) -> None:
    check_any(text)


@settings(SLOW, max_examples=240)
@given(st.lists(st.sampled_from(SOUP), max_size=40), st.sampled_from(["", " "]))
def test_any_soup_of_tokens(pieces: list[str], between: str) -> None:
    check_any(between.join(pieces))


@SLOW
@given(expressions)
def test_expressions_read_back(expression: Expression) -> None:
    assert parse_value(Source("a", print_expression(expression))) == expression


@SLOW
@given(files)
def test_files_read_back(file: File) -> None:
    source = Source("a", print_expression(file))
    assert parse(source) == (file, [])
    check_any(source.text)


@settings(SLOW, max_examples=120)
@given(files, st.randoms(use_true_random=False))
def test_layout_and_comments_do_not_matter(file: File, chance: random.Random) -> None:
    """Break the text between any two tokens, put comments in: the tree stays, and so does every comment. Only a name
    that is spelt like a keyword is not put first on a line, where it could look like the start of a statement."""
    text = print_expression(file)
    _, tokens, _ = parse_tokens(Source("a", text))
    out: list[str] = []
    end = 0
    for token in tokens:
        gap = text[end : token.start]
        lookalike = token.type == "NAME" and token.text in WORDS
        if gap.strip() == "" and gap and not lookalike and chance.random() < 0.3:
            gap = chance.choice(["  ", "\n", "\n\n\n    ", "  # a comment\n", "\n\t# two\n# comments\n\n"])
        out += [gap, text[token.start : token.end]]
        end = token.end
    source = Source("a", "".join(out) + chance.choice(["", "\n", " # end", "\n\n# end\n\n"]))
    assert parse(source) == (file, [])
    check_any(source.text)


@settings(SLOW, max_examples=60)
@given(files, st.data())
def test_texts_with_a_piece_cut_out_or_doubled(file: File, data: st.DataObject) -> None:
    text = print_expression(file)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    check_any(text[:start] + text[end:])
    check_any(text[:end] + text[start:])


def test_a_text_read_without_a_doubled_word_is_not_kept_as_read() -> None:
    for text in ("evaluate b of _ { keep 0 keep 0 keep keep }", "dataset a from from b { keep keep }"):
        for _ in range(2):
            check_any(text)
            check_any(f"{text} {text}")


SHAPES = {
    "declarations": lambda n: "".join(f"const c{i} = [{i}, {i}]\n" for i in range(n)),
    "good": lambda n: (
        "dataset a from b {\n    filter { keep words(c) in 3..5 }\n    d(e: [1, 2, {f: g}])\n}\n" * (n // 8)
    ),
    "lines": lambda n: "\n".join(soup(4 * n)),  # enough of them that one quote which is left open matters little
    "soup": lambda n: " ".join(p for p in soup(n) if p not in ('"""', '"open', "# c", "## d", "'q'", 'r"')),
    "quotes": lambda n: "“" * n,
    "open": lambda n: "[" * n,
    "groups": lambda n: f"const a = {'(' * n}1{')' * n}",
    "broken": lambda n: "f( [ { x: " * n,
    "commas": lambda n: "const a = [" + "1 2 " * n + "]",
    "one block": lambda n: "dataset a from b { " + "keep c(d) < " * n + "}",
    "dotted": lambda n: "const a = " + "b." * n + "b",
    "names": lambda n: "dataset a from b {\n" + "c\n" * n + "}",
}


def soup(count: int) -> list[str]:
    chance = random.Random(3)
    return [chance.choice(SOUP) for _ in range(count)]


@pytest.mark.parametrize("shape", SHAPES)
def test_work_is_linear(shape: str) -> None:
    def make(size: int) -> Callable[[], object]:
        source = Source("a", SHAPES[shape](size))
        return lambda: parse(source)

    assert growth(make, 300) < 4.8, "four times the text, four times the work"


@pytest.mark.parametrize("shape", ["declarations", "good", "dotted"])
def test_formatting_is_linear(shape: str) -> None:
    assert growth(lambda size: lambda: format_text(Source("a", SHAPES[shape](size))), 300) < 4.8


def test_nested_groups_are_too_deep() -> None:
    assert [d.code for d in parse(Source("a", f"const a = {'(' * 200}1{')' * 200}"))[1]] == []
    text = f"const a = {'(' * 5000}1{')' * 5000}"
    assert [d.code for d in parse(Source("a", text))[1]] == ["T008"]
    assert format_text(Source("a", text)) == text
    deep = f"const a = {'(' * 199}f(  1){')' * 199}"
    assert format_text(Source("a", format_text(Source("a", deep)))) == format_text(Source("a", deep)) != deep
