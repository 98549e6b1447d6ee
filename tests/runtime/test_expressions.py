"""Expressions over rows: in parts where rows do not need each other, and what is costly once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import build, rows
from tests.ops.material import instructions
from tunec.compiler.lowered import Binary, Call, Field, Range, Record, Ref
from tunec.compiler.types import RowType
from tunec.runtime.base.values import Range as Numbers
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.engine import expressions
from tunec.runtime.engine.constants import constant
from tunec.runtime.engine.expressions import NUMBER, Evaluator

PROMPT = Field("prompt")
LANG = Call("functions.lang", {"text": PROMPT})


def evaluator(seen: list[pl.Series]) -> Evaluator:
    """An evaluator whose functions of columns give lengths, and that notes what they were given."""

    def call(path: str, arguments: Mapping[str, Any]) -> pl.Series:
        seen.append(arguments["text"])
        return arguments["text"].str.len_chars()

    return Evaluator(RowType.INSTRUCTION, load_catalogue(), str, lambda value: value, call)


@pytest.mark.parametrize("many", [2, 64])
def test_parts_are_not_small_and_have_no_parts_themselves(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(expressions, "workers", lambda: many)
    given = instructions(["x" * (number % 7) for number in range(45_000)])
    sides: list[int] = []

    def counted(function: Any, parts: Any) -> list[Any]:
        found = [function(part) for part in parts]
        sides.append(len(found))
        return found

    monkeypatch.setattr(expressions, "side_by_side", counted)
    seen: list[pl.Series] = []
    found = evaluator(seen).column(given, LANG)
    assert found.to_list() == [number % 7 for number in range(45_000)]
    assert sides == [len(seen)]
    sizes = [len(texts) for texts in seen]
    assert sum(sizes) == 45_000 and min(sizes[:-1]) == max(10_000, 45_000 // many)


def test_what_is_costly_is_computed_once_for_numbered_rows() -> None:
    nearest = Call("functions.nearest", {"text": PROMPT, "using": Ref("e")})
    given = instructions(["a", "bbb", "cc", "dddd"]).with_row_index(NUMBER)
    condition = Binary(">", nearest, 2)
    seen: list[pl.Series] = []
    one = evaluator(seen)
    keeps = one.column(given, condition)
    assert keeps.to_list() == [False, True, False, True]
    assert one.measured(given.filter(keeps), condition).to_list() == ["3", "4"]
    assert one.measured(given.clear(), condition).to_list() == []
    assert [texts.to_list() for texts in seen] == [["a", "bbb", "cc", "dddd"]]
    # Another rule looks itself.
    assert evaluator(seen).measured(given[1:2], condition).to_list() == ["3"]
    assert len(seen) == 2


def test_constants_are_python_values() -> None:
    said = Record({"ends": Range(3, None), "models": (Ref("m"), "text", None)})
    assert constant(said, str.upper) == {"ends": Numbers(3, None), "models": ["M", "text", None]}
    with pytest.raises(TypeError, match="Field"):
        constant((Field("prompt"),), str.upper)


def test_a_constant_has_one_value_a_row_also_where_a_frame_lies_in_pieces() -> None:
    given = pl.concat([instructions(["a", "b"]), instructions(["c", "d", "e"])], rechunk=False)
    seen: list[pl.Series] = []
    for value in (Call("functions.strip", {"text": " C++ "}), "C++"):
        found = Evaluator(RowType.INSTRUCTION, load_catalogue(), str, lambda v: v, _strip).column(given, value)
        assert len(found) == given.height
    assert len(evaluator(seen).column(given.head(0), "C++")) == 0


def test_a_column_of_one_value_has_it_in_every_row() -> None:
    given = instructions(["a", "b"]).with_columns(pl.lit(None, dtype=pl.Float64).alias("meta.score"))
    never = Binary("or", False, Binary(">", 0, Field("meta.score")))
    assert evaluator([]).column(given, never).to_list() == [None, None]


def _strip(path: str, arguments: Mapping[str, Any]) -> pl.Expr:
    expr: pl.Expr = arguments["text"].str.strip_chars()
    return expr


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ('all([contains(text, "x"), contains(text, "y")])', ["x y"]),
        ('any([starts_with(text, "y"), true, words(text) > 3])', ["x y", "q"]),
        ('"q" in [prompt, "z"]', ["q"]),
        ("2 in [words(prompt), 0.5]", ["x y"]),
        ('(if prompt == "q" then none else prompt) in [response, prompt]', ["x y"]),
        ("all([])", ["x y", "q"]),
    ],
)
def test_lists_that_are_written_hold_values_of_the_row(tmp_path: Path, rule: str, kept: list[str]) -> None:
    source = 'source s = rows([{instruction: "x y", response: "r"}, {instruction: "q", response: "x"}])\n'
    done = build(tmp_path, f"{source}dataset d from s {{ filter {{ keep {rule} }} }}\n")
    assert rows(done, "d")["instruction"].to_list() == kept
