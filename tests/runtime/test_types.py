"""A column of the wrong type is a diagnostic where the files can be looked into, and a step error where they cannot."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.building import Result, build, rows
from tests.ops.material import context, instructions
from tunec.compiler.lint.check import check_spec
from tunec.compiler.lowered import Call, Field, Lowered
from tunec.compiler.types import RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.engine.binding import Binder
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.sources import looking
from tunec.runtime.store.store import Store

COLUMNS: dict[str, Any] = {
    "text": ["a", "b", None, "d"], "digits": ["1", "2", "3", "4"], "int": [1, 2, None, 4],
    "bool": [True, False, None, True],
    "float": [0.5, float("nan"), None, 2.0], "list": [["a"], [], None, ["b"]], "ints": [[1], [2], None, []],
    "object": [{"a": 1}] * 4, "date": [datetime.date(2026, 1, 1)] * 3 + [None], "null": [None] * 4,
    "bytes": [b"\xff"] * 4,
    "timestamp": [datetime.datetime(2026, 1, 1)] * 4, "decimal": [Decimal("1.5")] * 4,
    "span": [datetime.timedelta(1)] * 4,
    "category": pa.array(list("abab")).dictionary_encode(),
}  # fmt: skip
#: What people write about a column `v`.
STAGES = [
    *(
        f"filter {{ keep {condition} }}"
        for condition in (
            "meta.v < 3", "meta.v == 3", 'meta.v == "a"', 'meta.v >= "a"', 'meta.v in ["1", "a"]', "meta.v in [1, 2.5]",
            "meta.v in 1..3", "meta.v + 1 > 2", "-meta.v < 0", "meta.v", "not meta.v", "meta.v and words(prompt) > 0",
            "if meta.v then true else false", '"a" in meta.v', "meta.v == none", "meta.v == true", "words(meta.v) > 0",
            'contains(meta.v, "a")', 'lang(meta.v) == "en"', "any(meta.v)", "number(meta.v) >= 0", 'iso(meta.v) != "x"',
            "between(meta.v, 1, 3)", "meta.v / 2 > 0", "chars(lower(meta.v)) > 0",
        )
    ),
    "check share(meta.v) <= 100%", "balance { share(meta.v) <= 100% }", "let q = meta.v  filter { keep q > 1 }",
    "let q = words(meta.v)", "dedup { exact(meta.v) }", "dedup { near(meta.v, jaccard: 0.8) }",
    "dedup(keep: best(meta.v)) { exact(prompt) }", "select(2, by: top(meta.v))",
    "split(group: meta.v) { train: 50%, test: 50% }", "split(stratify: meta.v) { train: 50%, test: 50% }",
    "set(response: meta.v)", "set(meta.w: meta.v)  filter { keep meta.w > 1 }",
]  # fmt: skip
HEAD = "spec t(allow_empty: true)\n"
SPEC = HEAD + 'source s = parquet("s.parquet", format: alpaca, license: "MIT")\ndataset out from s {{ {} }}\n'


def table(folder: Path, name: str) -> None:
    table = {"instruction": [f"Say {n}." for n in range(4)], "output": ["x"] * 4, "v": COLUMNS[name]}
    pq.write_table(pa.table(table), folder / "s.parquet")


@pytest.mark.parametrize("name", COLUMNS)
def test_before_anything_runs(tmp_path: Path, name: str) -> None:
    """Whatever the linter lets pass runs; what it does not is a mistake with a location at the expression."""
    table(tmp_path, name)
    spec = tmp_path / "t.tune"
    for stage in STAGES:
        spec.write_text(SPEC.format(stage))
        problems = [d for d in check_spec(spec, load_catalogue()).diagnostics if d.severity == "error"]
        assert [d.code for d in problems] in ([], ["T201"], ["T206"]), stage
        for problem in problems:
            assert SPEC.format(stage)[problem.span.start : problem.span.end].strip("- ") in stage


@pytest.mark.parametrize("name", ["digits", "list", "null"])
def test_what_the_linter_lets_pass_is_built(tmp_path: Path, name: str) -> None:
    table(tmp_path, name)
    spec, passed = tmp_path / "t.tune", list[str]()
    for stage in STAGES:
        spec.write_text(SPEC.format(stage))
        if not [d for d in check_spec(spec, load_catalogue()).diagnostics if d.severity == "error"]:
            passed.append(stage)
    every = "".join(f"dataset d{number} from s {{ {stage} }}\n" for number, stage in enumerate(passed))
    result = build(tmp_path, SPEC.partition("dataset")[0] + every)
    assert result.built is not None, result.problems
    assert len(passed) > 4


@pytest.mark.parametrize("name", ["digits", "list", "null"])
def test_no_error_of_a_library_comes_out(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file can be looked into, a step fails with a reason."""
    monkeypatch.setattr(looking, "look", lambda *_: None)
    table(tmp_path, name)
    for stage in STAGES:
        try:
            result = build(tmp_path, SPEC.format(stage), publishing=False)
        except StepFailed as error:
            assert "`meta." in str(error) or "`q" in str(error), (stage, str(error))
        else:
            assert result.built is not None, result.problems


FUNCTIONS = [
    name
    for name in load_catalogue().names("functions")
    if load_catalogue().at(f"functions.{name}").cost in ("cheap", "scan", "index")
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_with_every_column(function: str) -> None:
    """A function gives a column, or says what is wrong with what it was given."""
    operator = load_catalogue().at(f"functions.{function}")
    frame = instructions([f"Say {n}." for n in range(4)]).with_columns(
        *(pl.Series(f"meta.{name}", pa.array(values).to_pylist()) for name, values in COLUMNS.items()),
        pl.Series("meta.wide", [(1 << 63) + 5] * 4, pl.UInt64), pl.Series("meta.small", [1, None, 2, 3], pl.Int8),
        pl.Series("meta.half", [0.5, None, 1, 2], pl.Float32), pl.Series("meta.clock", [datetime.time(1)] * 4),
        pl.Series("meta.nested", [[["a"]], [], None, [[]]]), pl.Series("meta.listed", [[None]] * 4, pl.List(pl.Null)),
    )  # fmt: skip
    binder = Binder(RowType.INSTRUCTION, load_catalogue(), 0, str, str, context)
    parameters = [p for p in operator.parameters if p.form != "value"]
    for column in (name for name in frame.columns if name.startswith("meta.")):
        for varied in parameters:
            given: dict[str, Lowered] = {p.name: p.default for p in operator.parameters}
            given |= {p.name: Field("response") for p in parameters}
            given |= {p.name: STATED[p.name] for p in operator.parameters if p.form == "value" and p.required}
            call = Call(operator.path, {**given, varied.name: Field(column)})
            try:
                found = binder.evaluator.column(frame, call)
            except OperatorError as error:
                assert column in str(error)
            else:
                assert found.len() == 4


#: What functions want to know besides the row.
STATED: dict[str, Lowered] = {
    "phrase": "a",
    "pattern": "a",
    "prefix": "a",
    "suffix": "a",
    "n": 2,
    "part": "a",
    "needle": "a",
}


@pytest.mark.parametrize(
    ("stage", "code", "at", "help_"),
    [
        ("filter { keep meta.score >= 4 }", "T206", "meta.score >= 4", "number(…)"),
        ("filter { keep words(meta.tags) > 0 }", "T201", "meta.tags", ""),
        ("filter { keep meta.score }", "T206", "meta.score", ""),
        ('filter { keep meta.n in ["1"] }', "T206", "meta.n", ""),
        ("filter { keep meta.odd > 1 }", "T206", "meta.odd > 1", "number(…)"),
        ("select(1, by: top(meta.score))", "T201", "meta.score", "number(…)"),
        ("set(response: meta.n)", "T206", "meta.n", ""),
        ("set(meta.k: meta.score)  filter { keep meta.k < 1 }", "T206", "meta.k < 1", "number(…)"),
        ("let q = meta.score  filter { keep q < 1 }", "T206", "q < 1", "number(…)"),
    ],
)
def test_what_is_said_and_where(tmp_path: Path, stage: str, code: str, at: str, help_: str) -> None:
    records = [{"score": "4", "tags": ["a"], "n": 1, "odd": 1}, {"score": "n/a", "tags": [], "n": 2, "odd": "x"}]
    lines = [json.dumps({"instruction": f"Say {r['n']}.", "output": "x", **r}) for r in records]
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    text = f'source s = jsonl("s.jsonl", format: alpaca)\ndataset out from s {{ {stage} }}'
    (problem,) = build(tmp_path, text).problems
    assert (problem.code, text[problem.span.start : problem.span.end]) == (code, at)
    assert help_ in problem.help


def two(folder: Path, first: list[Any], second: list[Any], stage: str) -> Result:
    for name, values in (("a", first), ("c", second)):
        lines = [json.dumps({"instruction": f"Say {name} {v}.", "output": "x", "score": v}) for v in values]
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    sources = [f'source {n} = jsonl("{n}.jsonl", format: alpaca)' for n in ("a", "c")]
    return build(folder, "\n".join([*sources, f"dataset out from [a, c] {{ {stage} }}"]))


def test_two_sources_with_other_types_lose_nothing(tmp_path: Path) -> None:
    built = two(tmp_path, [1, 2], [[3], None], "set(meta.copy: meta.score)")
    assert rows(built, "out")["meta.copy"].to_list() == ["1", "2", "[3]", None]
    (note,) = [w for w in built.reporter.warnings if "meta.score" in w]
    assert "number 2 times (first at `a`), list 1 times (first at `c`)" in note
    (problem,) = two(tmp_path, [1, 2], [[3]], "filter { keep meta.score > 1 }").problems
    assert problem.code == "T206" and "int in `a`, [int] in `c`" in problem.message
    alike = two(tmp_path, [1, 2], [0.5], "filter { keep meta.score > 0.7 }")
    assert rows(alike, "out")["meta.score"].to_list() == [1.0, 2.0]


def test_a_column_that_is_json_text_already_stays_as_it_is(tmp_path: Path) -> None:
    built = two(
        tmp_path, [1, "x"], ["y"], "set(meta.copy: meta.score)  shuffle()  filter { keep number(meta.score) == 1 }"
    )
    assert rows(built, "out")["meta.copy"].to_list() == ["1"]
    both = two(tmp_path, [1, "x"], ["y"], "set(meta.copy: meta.score)")
    assert rows(both, "out")["meta.copy"].to_list() == ["1", '"x"', '"y"']


def test_a_value_late_in_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "RECORDS", 10)
    values: list[Any] = [n / 10 for n in range(30)]
    values[20] = "n/a"
    lines = [json.dumps({"instruction": f"Say {n}.", "output": "x", "score": v}) for n, v in enumerate(values)]
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    spec = HEAD + 'source s = jsonl("s.jsonl", format: alpaca)\ndataset out from s {{ filter {{ keep {} }} }}'
    held = r"`meta.score >= 0.5`: cannot compare values of several types \(.*text 1 times \(first at s\.jsonl:21\)"
    with pytest.raises(StepFailed, match=held + r"[\s\S]*number\(…\)"):
        build(tmp_path, spec.format("meta.score >= 0.5"))
    built = build(tmp_path, spec.format("number(meta.score) >= 0.5"))
    assert rows(built, "out").height == 24
    fresh = build(tmp_path, spec.format("meta.score == none"), store=Store(tmp_path / "fresh"))
    assert rows(fresh, "out").height == 0
    assert "number 29 times (first at s.jsonl:1), text 1 times (first at s.jsonl:21)" in "".join(
        fresh.reporter.warnings
    )


def test_nan_is_missing_in_every_comparison(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(
        "\n".join(
            f'{{"instruction": "Say {n}.", "output": "x", "v": {v}}}' for n, v in enumerate(("NaN", 1, "Infinity"))
        )
    )
    spec = HEAD + 'source s = jsonl("s.jsonl", format: alpaca)\ndataset out from s {{ {} }}'
    for condition, kept in (("meta.v >= 0", 2), ("meta.v == none", 1), ("meta.v - meta.v >= 0", 1)):
        assert rows(build(tmp_path, spec.format(f"filter {{ keep {condition} }}")), "out").height == kept
    assert rows(build(tmp_path, spec.format("balance { share(meta.v) <= 50% }")), "out").height == 3
