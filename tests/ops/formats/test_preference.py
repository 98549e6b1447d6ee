from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.preference import preference


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def answer(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


HELLO = {"messages": [user("你好")], "chosen": [answer("你好！")], "rejected": [answer("走开")]}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "你好", "chosen": "你好！", "rejected": "走开", "source": "x"},
        {"prompt": [user("你好")], "chosen": [answer("你好！")], "rejected": [answer("走开")]},
        {"prompt": "你好", "chosen": [user("你好"), answer("你好！")], "rejected": [user("你好"), answer("走开")]},
        {"chosen": [user("你好"), answer("你好！")], "rejected": [user("你好"), answer("走开")]},
        {"messages": [user("你好")], "chosen": answer("你好！"), "rejected": answer("走开")},
        {
            "conversations": [{"from": "human", "value": "你好"}],
            "chosen": {"from": "gpt", "value": "你好！"},
            "rejected": {"from": "gpt", "value": "走开"},
        },
        {"messages": json.dumps([user("你好")]), "chosen": "你好！", "rejected": "走开"},
    ],
    ids=["texts", "messages", "ultrafeedback", "implicit", "one message", "llamafactory", "json"],
)
def test_layouts(record: dict[str, Any]) -> None:
    assert preference().content(record) == HELLO


def test_system_and_tools_beside_the_context() -> None:
    row = preference().content(
        {"prompt": "x", "system": "S", "tools": [{"name": "f"}], "chosen": "y", "rejected": "<think>h</think>z"}
    )
    assert row["messages"] == [{"role": "system", "content": "S"}, user("x")]
    assert row["tools"] == '[{"name":"f"}]'
    assert row["rejected"] == [{"role": "assistant", "content": "z", "reasoning": "h"}]


@pytest.mark.parametrize("column", ["prompt", "chosen", "rejected"])
def test_what_is_missing(column: str) -> None:
    record: dict[str, Any] = {"prompt": "x", "chosen": "y", "rejected": "z"}
    with pytest.raises(FormatError, match=f"`{column}` is null") as error:
        preference().content({**record, column: None})
    assert error.value.column == column


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"prompt": "x", "chosen": [user("q"), answer("a")], "rejected": "z"}, "do not answer the same prompt"),
        ({"prompt": "x", "chosen": [user("x")], "rejected": "z"}, "`chosen` does not end with an answer"),
        ({"chosen": [user("a"), answer("b")], "rejected": [user("c"), answer("d")]}, "do not answer the same prompt"),
        ({"prompt": "x", "chosen": 5, "rejected": "z"}, "`chosen` is not a list of turns"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        preference().content(record)


@MANY
@given(records("prompt", "chosen", "rejected", like=st.text(ANY, max_size=5)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(preference(), record)
