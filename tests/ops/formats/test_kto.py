from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.kto import kto

ASKED = [{"role": "user", "content": "你好"}]
SAID = [{"role": "assistant", "content": "走开"}]
ROW = {"messages": ASKED, "completion": SAID, "label": False}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "你好", "completion": "走开", "label": False},
        {"prompt": ASKED, "completion": SAID, "label": 0},
        {"messages": [*ASKED, *SAID], "label": False},
        {
            "conversations": [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "走开"}],
            "kto_tag": "False",
        },
    ],
    ids=["texts", "messages", "whole", "llamafactory"],
)
def test_layouts(record: dict[str, Any]) -> None:
    assert kto().content(record) == ROW


def test_reasoning_system_and_tools() -> None:
    record = {"prompt": "x", "completion": "<think>h</think>y", "label": True, "system": "S", "tools": [{"name": "f"}]}
    assert kto().content(record) == {
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "x"}],
        "completion": [{"role": "assistant", "content": "y", "reasoning": "h"}],
        "label": True,
        "tools": '[{"name":"f"}]',
    }
    kept = kto("keep").content(record)
    assert isinstance(kept, dict) and kept["completion"][0]["content"] == "<think>h</think>y"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"prompt": "x", "completion": "y"}, "has no `label`"),
        ({"prompt": "x", "completion": "y", "label": "maybe"}, "neither true nor false"),
        ({"completion": "y", "label": True}, "has no `prompt`"),
        ({"messages": ASKED, "label": True}, "do not end with an answer"),
        ({"label": True}, "has no `messages`"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        kto().content(record)


@MANY
@given(records("prompt", "completion", "label", "messages", like=st.booleans() | st.text(max_size=3)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(kto(), record)
