from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
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
        ({"prompt": "x", "completion": "y", "label": "maybe"}, "neither true .* nor false"),
        ({"prompt": "x", "completion": "y", "label": -1}, "the label is neither true"),
        ({"prompt": "x", "completion": "y", "label": 0.5}, "the label is neither true"),
        ({"completion": "y", "label": True}, "has no `prompt`"),
        ({"messages": ASKED, "label": True}, "do not end with an answer"),
        ({"label": True}, "has no `messages`"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        kto().content(record)


@pytest.mark.parametrize(("label", "liked"), [(1.0, True), (0.0, False), ("1", True), ("0", False), (" TRUE ", True)])
def test_labels(label: Any, liked: bool) -> None:
    row = kto().content({"prompt": "好?", "completion": "好", "label": label})
    assert isinstance(row, dict) and row["label"] is liked


def test_a_tag_beside_the_label() -> None:
    record = {"prompt": "好?", "completion": "好", "label": True}
    for tag in (1, None, "sports"):
        assert kto().content({**record, "kto_tag": tag}) == kto().content(record)
    with pytest.raises(FormatError, match="`label` and `kto_tag` contradict each other"):
        kto().content({**record, "kto_tag": 0})


@MANY
@given(records("prompt", "completion", "label", "messages", like=st.booleans() | st.text(ANY, max_size=3)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(kto(), record)
