from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason, said
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.llamafactory import llamafactory

ALPACA = {"instruction": "Add.", "input": "1 和 2", "history": [["Hi", "你好"], ["Bye?", "No."]], "system": "S"}
BEFORE = [
    ("system", "S"), ("user", "Hi"), ("assistant", "你好"), ("user", "Bye?"), ("assistant", "No."),
    ("user", "Add.\n1 和 2"),
]  # fmt: skip


def test_history_is_read() -> None:
    layout = llamafactory()
    row = layout.content({**ALPACA, "output": "<think>1+2</think>3", "tools": '[{"name": "f"}]'})
    assert isinstance(row, dict)
    assert said(row) == [*BEFORE, ("assistant", "3")]
    assert row["messages"][-1]["reasoning"] == "1+2" and row["tools"] == '[{"name":"f"}]'
    assert not layout.notes()
    kept = llamafactory(reasoning="keep").content({**ALPACA, "output": "<think>1+2</think>3"})
    assert said(kept)[-1] == ("assistant", "<think>1+2</think>3")
    assert said(layout.content({"instruction": "x", "output": "y", "history": []})) == [
        ("user", "x"),
        ("assistant", "y"),
    ]


def test_preferences_and_rated_answers() -> None:
    pair = llamafactory("preference").content({**ALPACA, "chosen": "3", "rejected": "4"})
    assert isinstance(pair, dict)
    assert said(pair) == BEFORE
    assert [pair[name][0]["content"] for name in ("chosen", "rejected")] == ["3", "4"]
    rated = llamafactory("rated").content({**ALPACA, "output": "4", "kto_tag": False})
    assert isinstance(rated, dict)
    assert said(rated) == BEFORE
    assert (rated["completion"], rated["label"]) == ([{"role": "assistant", "content": "4"}], False)


def test_the_form_of_sharegpt() -> None:
    turns = [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]
    assert said(llamafactory().content({"conversations": turns})) == [("user", "x"), ("assistant", "y")]
    rated = llamafactory("rated").content({"conversations": turns, "label": True})
    assert isinstance(rated, dict) and rated["label"] is True and len(rated["messages"]) == 1
    pair = llamafactory("preference").content(
        {"conversations": turns[:1], "chosen": turns[1], "rejected": {"from": "gpt", "value": "z"}}
    )
    assert isinstance(pair, dict) and pair["rejected"] == [{"role": "assistant", "content": "z"}]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"output": "x"}, "has no `instruction`"),
        ({"instruction": "x"}, "has no `output`"),
        ({"instruction": "x", "output": "y", "images": ["a.png"]}, "parts that are not text"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        llamafactory().content(record)


@MANY
@given(
    st.sampled_from(["chat", "preference", "rated"]),
    records("instruction", "input", "output", "history", "conversations", "chosen", "rejected", like=st.just("x")),
)
def test_any_record(rows: Any, record: dict[str, Any]) -> None:
    row_or_reason(llamafactory(rows), record)
