"""Whatever a file says, the compiler answers with diagnostics."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.compiler.lint.check import check_spec
from tunec.compiler.lint.fix import fixed
from tunec.dsl.diagnostics import has_errors
from tunec.dsl.render import github, sarif
from tunec.dsl.render import json as json_renderer
from tunec.dsl.render.text import render
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
SPECS = [path.read_text(encoding="utf-8") for path in (ROOT / "specs" / "chat.tune", ROOT / "tests/specs/tiny.tune")]
TOKENS = [re.findall(r'"[^"]*"|\w+|\s+|\S', text) for text in SPECS]
WORDS = sorted({t for tokens in TOKENS for t in tokens if t.strip()})


def check(text: str) -> None:
    compiled = check_spec(ROOT / "specs" / "chat.tune", load_catalogue(), text=text)
    render(compiled.diagnostics, compiled.sources, colour=True, width=80)
    json.loads(json_renderer.render(compiled.diagnostics, compiled.sources))
    json.loads(sarif.render(compiled.diagnostics, compiled.sources))
    annotations = github.render(compiled.diagnostics, compiled.sources)
    assert annotations.count("\n") == len(compiled.diagnostics)
    for source in compiled.sources.values():
        mended, _ = fixed(source, compiled.diagnostics)
        assert isinstance(mended, str)
    assert (compiled.graph is None) == has_errors(compiled.diagnostics)


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=24, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "\n"]), max_size=40))
def test_a_soup_of_tokens_never_raises(tokens: list[str]) -> None:
    check(" ".join(tokens))


PIECES = [
    *WORDS, "\n", "\n    ", '# tunec: allow T305 because "x"\n', "# tunec: allow\n", "dataset d from tasks {\n",
    "}\n", "filter { keep words(prompt) >= ", 'source s = rows([{text: "a"}])\n', "benchmark b = tasks\n", "30%",
    "-1", "0", "1e9", "evaluate e of base { multiple_choice(on: arithmetic) }\n", "origin == tasks", "\0", "，", "&&",
    "“", "\ufeff", "👨\u200d👩\u200d👧",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from(["", " "]))
def test_a_soup_behind_a_good_spec_never_raises(pieces: list[str], between: str) -> None:
    check(SPECS[0] + "\n" + between.join(pieces))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_never_raise(raw: bytes) -> None:
    check(raw.decode("utf-8", errors="replace"))
    check(raw.decode("latin-1"))


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "a.tune").write_bytes(b'import "b.tune"\n')
    (tmp_path / "b.tune").write_bytes(b"\xff\xfe\x00")
    assert [d.code for d in check_spec(tmp_path / "a.tune", load_catalogue()).diagnostics] == ["T107"]


SOURCE = 'source a = rows([{instruction: "x", response: "y"}])\n'
STAGE = "    filter {{ keep words(prompt) in {0}..{1} }}\n"
DATASET = "dataset d from a { filter {\n"
GROWING: dict[str, Callable[[int], str]] = {
    "stages": lambda n: SOURCE + "dataset d from a {\n" + "".join(STAGE.format(i, i + 9) for i in range(n)) + "}\n",
    "data sets": lambda n: SOURCE + "".join(f"dataset d{i} from a {{ limit({i + 1}) }}\n" for i in range(n)),
    "data sets on data sets": lambda n: (
        "".join(f"dataset d{i} from d{i - 1} {{ shuffle() }}\n" for i in range(n // 4, 0, -1))
        + SOURCE.replace(" a ", " d0 ")
    ),
    "rules": lambda n: SOURCE + DATASET + "".join(f"    keep words(prompt) > {i}\n" for i in range(n)) + "} }\n",
    "the same rule": lambda n: SOURCE + DATASET + "    keep words(prompt) > 1\n" * n + "} }\n",
    "unknown names": lambda n: SOURCE + DATASET + "    keep wrds(promt) > 1\n" * n + "} }\n",
    "sources": lambda n: (
        "".join(SOURCE.replace(" a ", f" a{i} ") for i in range(n)) + "dataset d from a0 { limit(1) }\n"
    ),
    "calls in calls": lambda n: (
        SOURCE + DATASET + "keep words(" + "lower(" * (n // 20) + "prompt" + ")" * (n // 20) + ") > 1 } }\n"
    ),
    "rules in rules": lambda n: (
        "".join(f"rule r{i} = r{i - 1}() + r{i - 1}()\n" for i in range(n, 0, -1))
        + SOURCE + "rule r0 = words(prompt)\n" + DATASET + f"keep r{n}() > 1 }} }}\n"
    ),
    "allowances": lambda n: '# tunec: allow T307 because "x"\n' * n + SOURCE,
}  # fmt: skip


def calls_of(text: str) -> int:
    """How many functions are called while a text is checked: what time is made of, but the same on a busy machine."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        check_spec(Path("a.tune"), load_catalogue(), text=text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", GROWING)
def test_work_grows_with_the_text(name: str) -> None:
    """Eight times the text takes about eight times the work: sixteen, because sorting is a little more than linear."""
    calls_of(GROWING[name](10))  # what is loaded once
    few, many = calls_of(GROWING[name](100)), calls_of(GROWING[name](800))
    assert many < 16 * few, (few, many)


@pytest.mark.parametrize(
    "text",
    [
        "spec a(seed: if true then 1 else 2)\n",
        'source s = rows([{text: "a"}])\ndataset d from s { limit(if true then 1 else 2) }\n',
        'source s = rows([{text: "a"}])\ndataset d from s { select(3, by: random(), exactly: 1 < 2) }\n',
        'source s = rows([{text: "a"}])\ndataset d from s { balance { count() >= (if true then 1 else 2) } }\n',
        'source s = rows([{text: "a"}])\ndataset d from s { split { train: (if true then 1 else 2) } }\n',
    ],
    ids=["spec", "int", "bool", "bound", "share"],
)
def test_only_arithmetic_is_computed_beforehand(text: str) -> None:
    compiled = check_spec(Path("a.tune"), load_catalogue(), text=text)
    assert any("only arithmetic is computed beforehand" in found.message for found in compiled.diagnostics)


def test_arithmetic_on_what_only_an_if_knows_is_left_to_the_run() -> None:
    rule = "keep words(text) < 1 + (if true then 2 else 3)"
    text = f'source s = rows([{{text: "a"}}])\ndataset d from s {{ filter {{ {rule} }} }}\n'
    compiled = check_spec(Path("a.tune"), load_catalogue(), text=text)
    assert compiled.graph is not None
