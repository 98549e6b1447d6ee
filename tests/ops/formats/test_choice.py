from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.choice import choice
from tunec.runtime.sources.mapping import mapped


@pytest.mark.parametrize(
    ("choices", "answer", "right"),
    [
        (["3", "4"], 1, "4"),
        (["北京", "上海"], "A", "北京"),
        (["北京", "上海"], "（B）", "上海"),
        (["red", "green"], "b.", "green"),
        (["red", "green"], "green", "green"),
        (["red", "green"], "1", "green"),
        # A number is an index, a text says what it says.
        (["1", "2", "3"], 1, "2"),
        (["1", "2", "3"], "1", "1"),
        (["B", "A"], "A", "A"),
        ([4, 7, 9], 7, "7"),
        ([1, 2.5], "2.5", "2.5"),
        (["x", "y"], 1.0, "y"),
        # Missing and blank choices are none, and the others keep their letters.
        (["red", None, "green", " "], "C", "green"),
        (["red", "", "green"], 2, "green"),
    ],
)
def test_index_label_and_text_are_never_confused(choices: list[Any], answer: Any, right: str) -> None:
    row = choice().content({"question": "x", "choices": choices, "answer": answer})
    assert row["answer"] == right
    assert row["choices"] == [str(c) for c in choices if c is not None and str(c).strip()]


@pytest.mark.parametrize(
    ("choices", "answer", "reason"),
    [
        (["a", "b"], 2, "not one of the choices"),
        (["a", "b"], "C", "not one of the choices"),
        (["a", "b"], "ß", "not one of the choices"),
        ([1, 2, 0], 1, "the index of a choice and another choice"),
        (["a", None], "B", "missing or blank"),
        (["a", " "], 1, "missing or blank"),
        (["a", "b"], True, "not one of the choices"),
    ],
)
def test_what_no_choice_is_meant_by(choices: list[Any], answer: Any, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        choice().content({"question": "x", "choices": choices, "answer": answer})


@pytest.mark.parametrize("labels", [["1", "2", "3"], ["A", "B", "C"], [1, 2, 3]])
def test_labels_are_the_only_names_of_choices_where_there_are_some(labels: list[Any]) -> None:
    texts = ["cat", "crow", "dog"]
    expected = {"question": "Which barks?", "choices": texts, "answer": "dog"}
    record = {"question": "Which barks?", "choices": {"text": texts, "label": labels}, "answer": str(labels[2])}
    assert choice().content(record) == expected
    assert choice().content({**record, "choices": texts, "labels": labels}) == expected
    for fields in (
        {"choices": "choices"},
        {"choices": "choices.text"},
        {"choices": "choices.text", "labels": "choices.label"},
    ):
        assert mapped({"question": "question", "answer": "answer", **fields}, "choice").content(record) == expected


def test_without_choices() -> None:
    assert choice().content({"question": "x", "answer": ["first", "second"]}) == {"question": "x", "answer": "first"}


@pytest.mark.parametrize(
    ("record", "reason", "column"),
    [
        ({"choices": ["a"], "answer": "A"}, "has no `question`", "question"),
        ({"question": "x", "choices": ["a"]}, "has no `answer`", "answer"),
        ({"question": "x", "choices": "a, b", "answer": "A"}, "`choices` is not a list", None),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str, column: str | None) -> None:
    with pytest.raises(FormatError) as error:
        choice().content(record)
    assert (str(error.value), error.value.column) == (reason, column)


def test_c_eval_by_columns_of_its_own() -> None:
    fields = {"question": "question", "choices": ["A", "B", "C", "D"], "answer": "answer"}
    record = {"id": 0, "question": "下列属于__的是____。", "A": "甲", "B": "乙", "C": "丙", "D": "丁", "answer": "C"}
    assert mapped(fields, "choice").content(record) == {
        "question": "下列属于__的是____。",
        "choices": ["甲", "乙", "丙", "丁"],
        "answer": "丙",
    }


@MANY
@given(records("question", "choices", "answer", like=st.text(ANY, max_size=3) | st.lists(st.text(ANY, max_size=3))))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(choice(), record)


@pytest.mark.parametrize(
    "choices",
    [
        {"A": "gull", "B": "owl"},
        [{"label": "A", "text": "gull"}, {"label": "B", "text": "owl"}],
        [{"key": "A", "content": "gull"}, {"key": "B", "content": "owl"}],
    ],
)
def test_choices_with_their_labels_as_objects(choices: Any) -> None:
    row = choice().content({"question": "Which flies at night?", "choices": choices, "answer": "B"})
    assert row == {"question": "Which flies at night?", "choices": ["gull", "owl"], "answer": "owl"}


@pytest.mark.parametrize(
    ("choices", "answer", "reason"),
    [
        ([{"a": 1}, {"a": 2}], "A", "a choice in `choices` is not text but an object"),
        ([["gull"], ["owl"]], "A", "a choice in `choices` is not text but a list"),
        (["gull", "owl", "猫头鹰"], ["A", "C"], "several answers are right"),
        (["gull", "owl"], 2, "whose indexes are counted from 0"),
    ],
)
def test_choices_that_cannot_be_read_are_refused(choices: Any, answer: Any, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        choice().content({"question": "Which?", "choices": choices, "answer": answer})
