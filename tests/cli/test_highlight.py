"""The lexer for Pygments."""

from __future__ import annotations

from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String

from tunec.dsl.tables import WORDS
from tunec.highlight import CONSTANTS, DECLARING, OPERATORS, OTHERS, TuneLexer

ROOT = Path(__file__).parents[2]
SPECS = sorted([*(ROOT / "specs").glob("*.tune"), *(ROOT / "tests" / "golden" / "fmt").glob("*.tune")])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_every_spec_is_read_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(TuneLexer(ensurenl=False, stripnl=False).get_tokens(text))
    assert not [value for kind, value in found if kind is Error]
    assert "".join(value for _, value in found) == text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def test_the_words_are_those_of_the_language() -> None:
    assert sorted((*DECLARING, *CONSTANTS, *OPERATORS, *OTHERS)) == sorted(WORDS)


def test_what_a_word_is_depends_on_its_place() -> None:
    text = '## doc\nmodel base = bundled("x", model: 0.5)\ndataset d from s { filter { keep meta.source in 3..10k } }\n'
    found = [(kind, value) for kind, value in TuneLexer().get_tokens(text) if value.strip()]
    assert (Comment.Special, "## doc") in found
    assert (Keyword.Declaration, "model") in found and (Name.Attribute, "model") in found
    assert (Keyword, "keep") in found and (Operator.Word, "in") in found
    assert (Name, "source") in found  # behind a dot it is a column
    assert (Name.Function, "filter") in found and (Name.Function, "bundled") in found
    assert (String.Double, '"x"') in found and (Number, "10k") in found


def test_pygments_finds_it() -> None:
    assert isinstance(get_lexer_by_name("tune"), TuneLexer)
    assert isinstance(get_lexer_for_filename("a.tune"), TuneLexer)
