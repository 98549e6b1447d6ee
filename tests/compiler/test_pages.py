"""The pages of codes: why, an example, what to write instead, and which lines differ. That examples fire and their
corrections lint clean is tested where docs/diagnostics.md is."""

from __future__ import annotations

import re

import pytest

from tunec.compiler.docstrings import body
from tunec.compiler.lint.pages import document, page_of
from tunec.compiler.lint.rule import all_codes
from tunec.dsl.codes import CODES
from tunec.dsl.examples import EXAMPLES
from tunec.dsl.format import format_text
from tunec.dsl.source import Source

#: An example of what is nested 200 levels deep would teach nobody anything; that of a suppression which cannot be read
#: has the problem that it should silence as well.
WITHOUT = {"T008", "T398"}
LANGUAGE = [code for code in CODES if code < "T4" or code == "T602"]


def test_every_code_of_the_language_has_an_example() -> None:
    assert set(LANGUAGE) - WITHOUT == set(EXAMPLES)


@pytest.mark.parametrize("code", LANGUAGE)
def test_a_page_says_why(code: str) -> None:
    said = body(CODES[code].page)
    assert len(re.findall(r"[.:](?:\s|$)", said)) >= 2 or len(said) > 150, said


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_lines_that_differ_are_marked(code: str) -> None:
    example, instead = EXAMPLES[code]
    page = page_of(code)
    shown = page[page.index("\nExample:\n") :]
    first, second = shown.removeprefix("\nExample:\n").split("\n\nInstead:\n")
    for text, part, other in ((example, first, instead), (instead, second, example)):
        lines = part.split("\n")
        assert [line[4:] for line in lines] == text.splitlines()
        assert all(line[4:] in other.splitlines() for line in lines if not line.startswith("  > ") and line)
    assert "\n  > " in f"\n{second}"


@pytest.mark.parametrize("code", EXAMPLES)
def test_what_to_write_instead_is_formatted(code: str) -> None:
    _, instead = EXAMPLES[code]
    assert format_text(Source("a", instead)) == instead


def test_rules_have_marks_too() -> None:
    assert "\n  >         share(origin == talks) >= 40%\n" in page_of("T320")
    assert '```{.tune hl_lines="7"}' in document()
    assert all(page_of(code) for code in all_codes())
