from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import JSON, MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.anthropic import anthropic

BLOCK = records("type", "text", "name", "input", "thinking", "content", like=st.sampled_from(["text", "tool_use"]))
TURN = records("role", "content", like=st.sampled_from(["user", "assistant"]) | st.lists(BLOCK | JSON, max_size=3))


def test_blocks() -> None:
    layout = anthropic()
    record = {
        "system": [{"type": "text", "text": "Be brief."}],
        "tools": [{"name": "w", "description": "天气", "input_schema": {"type": "object", "properties": {}}}],
        "messages": [
            {"role": "user", "content": "Weather in 北京 and 上海?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Two calls.", "signature": "x"},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "t1", "name": "w", "input": {"city": "北京"}},
                    {"type": "tool_use", "id": "t2", "name": "w", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "sunny"}]},
                    {"type": "tool_result", "tool_use_id": "t2", "content": "no such city", "is_error": True},
                    {"type": "text", "text": "And?"},
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "Sunny."}]},
        ],
    }
    assert layout.content(record) == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather in 北京 and 上海?"},
            {
                "role": "assistant",
                "reasoning": "Two calls.",
                "content": "I look.",
                "tool_calls": [
                    {"id": "t1", "name": "w", "arguments": '{"city":"北京"}'},
                    {"id": "t2", "name": "w", "arguments": "{}"},
                ],
            },
            {"role": "tool", "content": "sunny", "tool_call_id": "t1"},
            {"role": "tool", "content": "no such city", "tool_call_id": "t2"},
            {"role": "user", "content": "And?"},
            {"role": "assistant", "content": "Sunny."},
        ],
        "tools": '[{"type":"function","function":{"name":"w","description":"天气",'
        '"parameters":{"type":"object","properties":{}}}}]',
    }
    assert layout.notes() == ("no part of a row: `is_error` of a tool's answer (1)",)


@pytest.mark.parametrize("kind", ["image", "document"])
def test_what_is_not_text_is_set_aside(kind: str) -> None:
    for content in ([{"type": kind}], [{"type": "tool_result", "content": [{"type": kind}]}]):
        with pytest.raises(FormatError, match="parts that are not text"):
            anthropic().content({"messages": [{"role": "user", "content": content}]})


def test_texts_and_what_stands_between_them() -> None:
    layout = anthropic()

    def read(*blocks: dict[str, Any]) -> Any:
        row = layout.content({"messages": [{"role": "assistant", "content": list(blocks)}]})
        assert isinstance(row, dict)
        return row["messages"]

    text = [{"type": "text", "text": said} for said in ("看文件", "。", "Done.")]
    thought = [{"type": "thinking", "thinking": said} for said in ("one", "two")]
    call = {"type": "tool_use", "name": "w", "input": {}}
    assert read(text[0], text[1]) == [{"role": "assistant", "content": "看文件。"}]
    assert not any("order" in note for note in layout.notes())
    assert read(thought[0], *text[:2], thought[1], text[2]) == [
        {"role": "assistant", "reasoning": "one\n\ntwo", "content": "看文件。\n\nDone."}
    ]
    calls = [{"name": "w", "arguments": "{}"}]
    assert read(call, text[2]) == [{"role": "assistant", "content": "Done.", "tool_calls": calls}]
    assert layout.notes()[0] == (
        "the order of parts was not kept, because a turn is thoughts, text, calls "
        "(a text after a call: 1, a thought after what was said or called: 1)"
    )


@MANY
@given(records("messages", "system", "tools", like=st.lists(TURN | JSON, max_size=3)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(anthropic(), record)
