from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.trl import trl

ASKED = [{"role": "user", "content": "天空?"}]
BLUE, GREEN = ([{"role": "assistant", "content": said}] for said in ("蓝色", "绿色"))


@pytest.mark.parametrize(
    ("rows", "record", "row"),
    [
        ("text", {"text": "从前"}, {"text": "从前"}),
        (
            "instruction",
            {"prompt": "天空?", "completion": "蓝色"},
            {"instruction": "天空?", "input": None, "response": "蓝色", "system": None},
        ),
        ("chat", {"messages": [*ASKED, *BLUE]}, {"messages": [*ASKED, *BLUE]}),
        ("chat", {"prompt": ASKED, "completion": BLUE}, {"messages": [*ASKED, *BLUE]}),
        (
            "preference",
            {"prompt": ASKED, "chosen": BLUE, "rejected": GREEN},
            {"messages": ASKED, "chosen": BLUE, "rejected": GREEN},
        ),
        (
            "preference",
            {"chosen": [*ASKED, *BLUE], "rejected": [*ASKED, *GREEN]},
            {"messages": ASKED, "chosen": BLUE, "rejected": GREEN},
        ),
        (
            "rated",
            {"prompt": ASKED, "completion": GREEN, "label": False},
            {"messages": ASKED, "completion": GREEN, "label": False},
        ),
        ("task", {"prompt": ASKED, "solution": "蓝色"}, {"prompt": ASKED, "answer": "蓝色"}),
        ("task", {"prompt": "天空?"}, {"prompt": ASKED, "answer": None}),
    ],
)
def test_dataset_types(rows: Any, record: dict[str, Any], row: dict[str, Any]) -> None:
    assert trl(rows).content(record) == row


def test_of_a_prompt_nothing_is_trained_on() -> None:
    before = [*ASKED, *GREEN, *ASKED]
    row = trl().content({"prompt": before, "completion": BLUE, "tools": [{"name": "f"}]})
    assert row == {
        "messages": [*ASKED, {**GREEN[0], "train": False}, *ASKED, *BLUE],
        "tools": '[{"name":"f"}]',
    }


def test_stepwise_supervision_is_refused_with_a_reason() -> None:
    with pytest.raises(FormatError, match="stepwise supervision has no row type"):
        trl().content({"prompt": "x", "completions": ["a", "b"], "labels": [True, False]})


@MANY
@given(
    st.sampled_from(["chat", "text", "instruction", "preference", "rated", "task"]),
    records("prompt", "completion", "messages", "chosen", "rejected", "label", like=st.just(ASKED) | st.just("x")),
)
def test_any_record(rows: Any, record: dict[str, Any]) -> None:
    row_or_reason(trl(rows), record)
