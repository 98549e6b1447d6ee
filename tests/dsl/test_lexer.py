"""Tokens, literals and comments."""

from __future__ import annotations

import pytest

from tunec.dsl.lexer import lex
from tunec.dsl.literals import BadLiteral, number, text_value
from tunec.dsl.parser import parse, parse_value
from tunec.dsl.source import Source
from tunec.dsl.tree import Literal, Spec


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0", "int", 0),
        ("10_000", "int", 10_000),
        ("10k", "int", 10_000),
        ("2M", "int", 2_000_000),
        ("1.5k", "int", 1500),
        ("1.2345k", "float", 1234.5),
        ("4e-4", "float", 0.0004),
        ("0.80", "float", 0.8),
        ("30%", "share", 0.3),
        ("0.5%", "share", 0.005),
        ("$0.25", "money", 0.25),
        ("$5", "money", 5.0),
        ("24GB", "size", 24 * 10**9),
        ("1GiB", "size", 2**30),
        ("30s", "duration", 30.0),
        ("5m", "duration", 300.0),
        ("2h", "duration", 7200.0),
        ("250ms", "duration", 0.25),
    ],
)
def test_numbers(text: str, kind: str, value: float) -> None:
    assert number(text) == (kind, value)
    assert type(number(text)[1]) is type(value)


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("10K", "did you mean `k`?"),
        ("3mb", "did you mean `MB`?"),
        ("10min", "write durations as `30s`, `5m` or `2h`"),
        ("$5k", "write `$5` or `$0.25`"),
        ("1e999", ""),
    ],
)
def test_bad_numbers(text: str, help_: str) -> None:
    with pytest.raises(BadLiteral) as caught:
        number(text)
    assert caught.value.help == help_


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('""', ""),
        (r'"a \"b\" \\ \n \t \u4f60 \u{1F600}"', 'a "b" \\ \n \t 你 😀'),
        (r'r"\d+\""', r"\d+\""),
        ('"""one line"""', "one line"),
        ('"""\n    a\n      b\n\n    c\n    """', "a\n  b\n\nc"),
        ('"""a\n    b\n      c"""', "a\nb\n  c"),
        ('"""\r\n\ta\r\n\tb\r\n"""', "a\nb"),
        ('"""\n    a \\\n    b\n"""', "a b"),
        ('"""\n"""', ""),
    ],
)
def test_texts(raw: str, value: str) -> None:
    assert text_value(raw) == value
    literal = parse_value(Source("a", raw))
    assert isinstance(literal, Literal) and literal.value == value


def test_tokens_know_their_places() -> None:
    tokens = lex(Source("a", "\ufeffa = f(3..5) # c\n  b")).tokens
    types = [token.type for token in tokens]
    assert types == ["NAME", "EQUALS", "NAME", "LPAR", "NUMBER", "DOTS", "NUMBER", "RPAR", "NAME"]
    assert [token.first for token in tokens] == [True, *[False] * 7, True]
    assert (tokens[0].start, tokens[-1].start, tokens[-1].end) == (1, 19, 20)


def test_comments_know_whether_they_stand_alone() -> None:
    comments = lex(Source("a", "# one \na # two\n  ## three")).comments
    assert [(comment.text, comment.own_line) for comment in comments] == [
        ("# one", True),
        ("# two", False),
        ("## three", True),
    ]


def test_doc_comments_belong_to_what_is_below() -> None:
    text = "# plain\n## one\n# plain\n##two\n\nspec a()\n## behind\nconst b = 1 ## no doc\nconst c = 1\n"
    file, _ = parse(Source("a", text))
    assert isinstance(file.declarations[0], Spec)
    assert [item.doc for item in file.declarations if hasattr(item, "doc")] == ["one\ntwo", "behind", ""]
    assert len(file.comments) == 6
