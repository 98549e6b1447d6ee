"""A spec that is four times as long takes four times as much work, whatever it is long of."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.work import growth
from tunec.compiler.elaborate.lets import with_let
from tunec.compiler.lint.check import check_spec
from tunec.compiler.types import INT, TEXT
from tunec.runtime.catalogue import load_catalogue

ROWS = 'source a = rows([{instruction: "q", response: "a"}])\n'


def lines(line: str, n: int) -> str:
    return "".join(line.replace("#", str(i)).replace("@", str(i - 1)) for i in range(1, n + 1))


def stages(line: str, n: int) -> str:
    return f"dataset d from a {{\n{lines(line, n)}}}\n"


SHAPES: dict[str, Callable[[int], str]] = {
    "constants": lambda n: lines("const c# = #\n", n),
    "sources": lambda n: lines('source b# = rows([{instruction: "q#", response: "a"}])\n', n),
    "chain": lambda n: "dataset d0 from a { limit(5) }\n" + lines("dataset d# from d@ { limit(5) }\n", n),
    "splits": lambda n: (
        "dataset d0 from a { limit(5) }\n"
        + lines("dataset d# from d@ {\nnormalize()\nsplit { train: 90%, validation: 10% }\n}\n", n)
    ),
    "generations": lambda n: (
        'model m = openai("x")\n'
        + lines("generate g# from a { respond(m)\nuntil(rows: 5, requests: 9) }\n", n)
        + lines("dataset d# from g# { limit(5) }\n", n)
    ),
    "balance": lambda n: stages(f"balance {{\n{lines('share(words(prompt) > #) <= 30%~', n)}}}~", 1).replace("~", "\n"),
    "filter": lambda n: stages(f"filter {{\n{lines('keep words(prompt) > #~', n)}}}~", 1).replace("~", "\n"),
    "lets": lambda n: stages("let l# = words(prompt)\n", n),
    "lets of lets": lambda n: stages("let l# = words(prompt) + l@\n", n).replace(" + l0\n", "\n"),
    "sets": lambda n: stages("set(meta.m#: words(prompt))\n", n),
    "limits": lambda n: stages("limit(#) as t#\n", n),
    "unknown rows": lambda n: lines("dataset d# from zork# { limit(5) }\n", n),
    "unknown names": lambda n: stages("filter { keep words(zork#) > 3 }\n", n),
    "unknown stages": lambda n: stages("zork#(3)\n", n),
    "dotted": lambda n: "const x = " + "b." * n + "b\n",
    "twice": lambda n: "const c = 1\n" * n,
    "rules": lambda n: lines("rule r# = words(response) + #\n", n),
    "rules cut short": lambda n: lines("rule r#\n", n),
    "bare names": lambda n: stages("name#\n", n),
    "suppressions": lambda n: stages('# tunec: allow T313 because "x"\nlimit(#)\n', n),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_is_linear(tmp_path: Path, shape: str) -> None:
    catalogue = load_catalogue()

    def make(size: int) -> Callable[[], object]:
        text = ROWS + SHAPES[shape](size)
        return lambda: check_spec(tmp_path / "a.tune", catalogue, text=text)

    assert growth(make, 300 if shape.startswith("unknown") else 100) < 4.8, "four times the text, four times the work"


def test_memory_of_lets_is_linear(tmp_path: Path) -> None:
    def peak(size: int) -> int:
        text = ROWS + SHAPES["lets"](size)
        tracemalloc.start()
        try:
            check_spec(tmp_path / "a.tune", load_catalogue(), text=text)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(2000) < 5 * peak(500)


def test_ways_that_part_do_not_see_the_lets_of_one_another() -> None:
    shared = with_let(with_let({}, "a", INT), "b", INT)
    one, two = with_let(shared, "one", INT), with_let(shared, "two", TEXT)
    again = with_let(two, "one", TEXT)
    assert list(shared) == ["a", "b"]
    assert list(one) == ["a", "b", "one"] and len(one) == 3
    assert list(two) == ["a", "b", "two"] and "one" not in two
    assert dict(again) == {"a": INT, "b": INT, "two": TEXT, "one": TEXT} and one["one"] == INT
    assert one == {"a": INT, "b": INT, "one": INT}


def test_thousands_of_unknown_names_are_all_said(tmp_path: Path) -> None:
    text = ROWS + SHAPES["unknown rows"](2000)
    found = check_spec(tmp_path / "a.tune", load_catalogue(), text=text).diagnostics
    assert sum(d.code == "T101" for d in found) == 2000


def test_a_path_that_no_system_has(tmp_path: Path) -> None:
    text = 'import "\\u{0}"\nimport "a\\u{0}b.tune" as b\n'
    found = check_spec(tmp_path / "a.tune", load_catalogue(), text=text).diagnostics
    assert [(d.code, d.span.start) for d in found] == [("T107", 0), ("T107", 15)]
