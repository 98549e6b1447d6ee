"""Lowered values: one walker, one mapper, and JSON that comes back as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tunec.compiler.lowered import (
    Binary,
    Call,
    Conditional,
    Constraint,
    Field,
    Let,
    Lowered,
    Range,
    Record,
    Ref,
    Rule,
    Stage,
    Unary,
    calls,
    entries_from_json,
    entries_to_json,
    expect,
    expect_all,
    expect_entries,
    expect_items,
    expect_number,
    expect_optional,
    fields,
    from_json,
    number_of,
    rebuilt,
    references,
    shares_of,
    to_json,
    walk,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "graph"
LENGTH = Call("functions.words", {"text": Field("prompt")})
#: One of every kind, in an order that can be read off.
ALL: Lowered = {
    "rules": (
        Rule("keep", Binary("in", LENGTH, Range(3, None))),
        Rule("drop", Unary("not", Binary("==", Field("origin"), Ref("jsonl-1")))),
        Constraint("share", Conditional(Let("quality"), True, False), "<=", 0.3),
    ),
    "stages": (Stage("stages.novel", {"text": Field("text"), "using": Ref("minilm-2")}),),
    "rows": (Record({"instruction": "Say 你好.", "field": None}),),
    "turns": Call("functions.refusal", {"text": Field("responses")}, "text"),
}

names = st.text("abcdefg.", min_size=1)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(ANY)
numbers = st.integers() | st.floats(allow_nan=False)
leaves = scalars | st.builds(Field, names) | st.builds(Let, names) | st.builds(Ref, names)
ranges = st.builds(Range, st.none() | numbers, st.none() | numbers)


def _compounds(parts: st.SearchStrategy[Lowered]) -> st.SearchStrategy[Lowered]:
    entries = st.dictionaries(st.text(ANY), parts, max_size=3)
    return (
        st.lists(parts, max_size=3).map(tuple)
        | st.builds(Call, names, entries, st.none() | names)
        | st.builds(Unary, names, parts)
        | st.builds(Binary, names, parts, parts)
        | st.builds(Conditional, parts, parts, parts)
        | st.builds(Record, entries)
        | st.builds(Rule, names, parts)
        | st.builds(Constraint, names, parts, names, numbers)
        | st.builds(Stage, names, entries)
    )


values = st.recursive(leaves | ranges, _compounds, max_leaves=12)


@given(values)
def test_json_comes_back(value: Lowered) -> None:
    text = json.dumps(to_json(value))
    assert from_json(json.loads(text)) == value
    assert json.dumps(to_json(from_json(json.loads(text)))) == text


@pytest.mark.parametrize("name", ["chat", "tiny"])
def test_params_of_real_graphs_come_back(name: str) -> None:
    for node in json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["nodes"]:
        params = entries_from_json(node["params"])
        assert json.dumps(entries_to_json(params), sort_keys=True) == json.dumps(node["params"], sort_keys=True)
        # What is computed has a class; a mapping is only what is given by name, such as the bounds of a generation.
        plain = [set(part) for value in params.values() for part in walk(value) if isinstance(part, dict)]
        assert all(given_ <= {"rows", "requests", "cost", "exactly"} for given_ in plain)


def test_an_argument_may_be_called_what_it_likes() -> None:
    document = {"field": {"field": "x"}, "ref": "y", "record": None}
    assert entries_from_json(document) == {"field": Field("x"), "ref": "y", "record": None}
    assert from_json({"call": "a.b", "args": document}) == Call("a.b", entries_from_json(document))
    assert from_json({"record": document}) == Record(entries_from_json(document))


@given(values)
def test_rebuilding_with_nothing_to_change_changes_nothing(value: Lowered) -> None:
    assert rebuilt(value, lambda part: part) == value


def test_the_walk_is_in_the_order_of_the_json() -> None:
    written = json.dumps(to_json(ALL), ensure_ascii=False)
    shown = [part.name for part in walk(ALL) if isinstance(part, Field | Let)]
    assert shown == ["prompt", "origin", "quality", "text", "responses"]
    assert sorted(shown, key=lambda name: written.index(f'": "{name}"')) == shown
    assert list(references(ALL)) == ["jsonl-1", "minilm-2"]
    assert list(fields(ALL)) == ["prompt", "origin", "text", "responses"]
    assert list(calls(ALL)) == ["functions.words", "functions.refusal"]


def test_rebuilding_reaches_every_reference() -> None:
    renamed = rebuilt(ALL, lambda part: Ref(part.node.upper()) if isinstance(part, Ref) else part)
    assert list(references(renamed)) == ["JSONL-1", "MINILM-2"]
    assert to_json(renamed) == json.loads(
        json.dumps(to_json(ALL)).replace("jsonl-1", "JSONL-1").replace("minilm-2", "MINILM-2")
    )


def test_references_can_be_written_otherwise() -> None:
    assert to_json((Ref("a"), {"of": Ref("b")}), lambda node: f"@{node}") == ["@a", {"of": "@b"}]


def test_a_deep_value_is_walked() -> None:
    value: Lowered = Field("prompt")
    for _ in range(5_000):
        value = Unary("not", value)
    assert list(fields(value)) == ["prompt"]


def test_what_is_expected_is_checked() -> None:
    assert expect(Call, LENGTH).name == "words"
    assert expect_all(str, ("a", "b")) == ("a", "b") and expect_items((1,)) == (1,)
    assert expect_optional(int, None) is None and expect_optional(int, 3) == 3
    assert expect_number(3) == 3 and number_of(True) is None and number_of("3") is None
    assert expect_entries({"rows": 3}) == {"rows": 3}
    for broken in (
        lambda: expect(Call, Field("prompt")),
        lambda: expect_all(str, ("a", 1)),
        lambda: expect_items("abc"),
        lambda: expect_optional(int, "3"),
        lambda: expect_number(True),
        lambda: expect_entries(Record({})),
    ):
        with pytest.raises(TypeError, match="expected"):
            broken()


def test_shares_are_by_name_or_by_rows() -> None:
    given_: dict[str, Lowered] = {"shares": (("train", 0.9), ("test", 0.1))}
    assert shares_of(given_) == (("train", 0.9), ("test", 0.1))
    assert shares_of({"shares": ((Ref("jsonl-1"), 1),)}) == ((Ref("jsonl-1"), 1),)
    assert shares_of({"temperature": 2.0}) == ()
