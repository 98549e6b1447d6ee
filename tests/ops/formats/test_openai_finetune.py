from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.openai_finetune import openai_finetune

ASKED = [{"role": "user", "content": "天空?"}]
BLUE, GREEN = ([{"role": "assistant", "content": said}] for said in ("蓝色", "绿色"))
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def test_supervised() -> None:
    turns = [*ASKED, {**GREEN[0], "weight": 0}, *ASKED, {**BLUE[0], "weight": 1}]
    assert openai_finetune().content({"messages": turns, "tools": [TOOL]}) == {
        "messages": [*ASKED, {**GREEN[0], "train": False}, *ASKED, {**BLUE[0], "train": True}],
        "tools": '[{"type":"function","function":{"name":"f","parameters":{}}}]',
    }
    old = openai_finetune().content({"messages": [*ASKED, *BLUE], "functions": [{"name": "f"}]})
    assert old == {"messages": [*ASKED, *BLUE], "tools": '[{"name":"f"}]'}


def test_preferences() -> None:
    record = {
        "input": {"messages": ASKED, "tools": [TOOL], "parallel_tool_calls": True},
        "preferred_output": BLUE,
        "non_preferred_output": GREEN,
    }
    assert openai_finetune("preference").content(record) == {
        "messages": ASKED,
        "chosen": BLUE,
        "rejected": GREEN,
        "tools": '[{"type":"function","function":{"name":"f","parameters":{}}}]',
    }
    with pytest.raises(FormatError, match="`input` is not an object"):
        openai_finetune("preference").content({**record, "input": "x"})


def test_reinforcement() -> None:
    assert openai_finetune("task").content({"messages": ASKED, "reference_answer": "蓝色"}) == {
        "prompt": ASKED,
        "answer": "蓝色",
    }
    assert openai_finetune("task").content({"messages": ASKED}) == {"prompt": ASKED, "answer": None}


@MANY
@given(
    st.sampled_from(["chat", "preference", "task"]),
    records("messages", "input", "preferred_output", "non_preferred_output", like=st.just(ASKED) | st.just("x")),
)
def test_any_record(rows: Any, record: dict[str, Any]) -> None:
    row_or_reason(openai_finetune(rows), record)
