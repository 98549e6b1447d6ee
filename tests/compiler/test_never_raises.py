"""Whatever a file says, the compiler answers with diagnostics."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.compiler.pipeline import compile_spec
from tunec.dsl.render.text import render
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
SPECS = [path.read_text(encoding="utf-8") for path in (ROOT / "specs" / "chat.tune", ROOT / "tests/specs/tiny.tune")]
TOKENS = [re.findall(r'"[^"]*"|\w+|\s+|\S', text) for text in SPECS]
WORDS = sorted({t for tokens in TOKENS for t in tokens if t.strip()})


def check(text: str) -> None:
    compiled = compile_spec(Path("a.tune"), load_catalogue(), text=text)
    render(list(compiled.diagnostics), compiled.sources, colour=False, width=80)
    assert compiled.graph is not None or compiled.diagnostics


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_spec_never_raises(data: st.DataObject) -> None:
    tokens = list(data.draw(st.sampled_from(TOKENS)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(tokens) - 1))
        change = data.draw(st.sampled_from(["delete", "replace", "repeat", "swap"]))
        if change == "delete":
            del tokens[place]
        elif change == "replace":
            tokens[place] = data.draw(st.sampled_from(WORDS))
        elif change == "repeat":
            tokens.insert(place, tokens[place])
        else:
            other = data.draw(st.integers(0, len(tokens) - 1))
            tokens[place], tokens[other] = tokens[other], tokens[place]
    check("".join(tokens))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "\n"]), max_size=40))
def test_a_soup_of_tokens_never_raises(tokens: list[str]) -> None:
    check(" ".join(tokens))
