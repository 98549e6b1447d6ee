from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import JSON, MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.harmony import harmony

CHAT = [
    {"role": "system", "content": "Knowledge cutoff: 2024-06"},
    {"role": "developer", "content": "# Instructions\nUse tools."},
    {"role": "user", "content": "天气?"},
    {
        "role": "assistant",
        "reasoning": "Need the weather.",
        "tool_calls": [{"name": "get_weather", "arguments": '{"city":"北京"}'}],
    },
    {"role": "tool", "content": '{"sky": "blue"}', "name": "get_weather"},
    {"role": "assistant", "reasoning": "Blue.", "content": "晴。"},
]
TEXT = (
    "<|start|>system<|message|>Knowledge cutoff: 2024-06<|end|>"
    "<|start|>developer<|message|># Instructions\nUse tools.<|end|>"
    "<|start|>user<|message|>天气?<|end|>"
    "<|start|>assistant<|channel|>analysis<|message|>Need the weather.<|end|>"
    "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"
    '{"city": "北京"}<|call|>'
    '<|start|>functions.get_weather to=assistant<|channel|>commentary<|message|>{"sky": "blue"}<|end|>'
    "<|start|>assistant<|channel|>analysis<|message|>Blue.<|end|>"
    "<|start|>assistant<|channel|>final<|message|>晴。<|return|>"
)
PARTS = [
    {"role": "system", "content": "Knowledge cutoff: 2024-06"},
    {"role": "developer", "content": [{"type": "text", "text": "# Instructions\nUse tools."}]},
    {"role": "user", "content": "天气?"},
    {"role": "assistant", "channel": "analysis", "content": "Need the weather."},
    {
        "role": "assistant",
        "channel": "commentary",
        "recipient": "functions.get_weather",
        "content_type": "<|constrain|>json",
        "content": '{"city": "北京"}',
    },
    {
        "author": {"role": "tool", "name": "functions.get_weather"},
        "channel": "commentary",
        "content": '{"sky": "blue"}',
    },
    {"role": "assistant", "channel": "analysis", "content": "Blue."},
    {"role": "assistant", "channel": "final", "content": "晴。"},
]


def test_rendered_and_in_parts() -> None:
    assert harmony().content({"text": TEXT}) == {"messages": CHAT}
    assert harmony().content({"messages": PARTS}) == {"messages": CHAT}


def test_what_trl_calls_thinking() -> None:
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y", "thinking": "z"}]
    assert harmony().content({"messages": turns, "tools": [{"name": "f"}]}) == {
        "messages": [turns[0], {"role": "assistant", "content": "y", "reasoning": "z"}],
        "tools": '[{"name":"f"}]',
    }


def test_what_is_said_between_calls_is_a_turn() -> None:
    text = (
        "<|start|>assistant<|channel|>commentary<|message|>I look.<|end|>"
        "<|start|>assistant<|channel|>commentary to=functions.a<|message|>{}<|call|>"
        "<|start|>assistant<|channel|>commentary to=functions.b<|message|>{}<|call|>"
    )
    row = harmony().content({"text": text})
    assert isinstance(row, dict)
    calls = [{"name": "a", "arguments": "{}"}, {"name": "b", "arguments": "{}"}]
    assert row["messages"] == [
        {"role": "assistant", "content": "I look."},
        {"role": "assistant", "tool_calls": calls},
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"text": "Hello"}, "not rendered in the Harmony format"),
        ({"x": 1}, "has no `messages`"),
        ({"messages": [{"role": "narrator", "channel": "final", "content": "x"}]}, "unknown role `narrator`"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        harmony().content(record)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("头 <|start|>user<|message|>x<|end|>", "a text stands outside of the messages"),
        ("<|start|>user<|message|>x<|end|> mid <|start|>user<|message|>y<|end|>", "outside of the messages"),
        ("<|start|>user<|message|>x<|end|>\ntail", "outside of the messages"),
        ("<|start|>assistant<|channel|>finale<|message|>x<|end|>", "unknown channel `finale`"),
        ("<|start|>assistant <|odd|><|message|>x<|end|>", "the head of a message is none of Harmony"),
    ],
)
def test_nothing_is_passed_over(text: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        harmony().content({"text": text})


def test_an_unknown_channel_in_parts() -> None:
    with pytest.raises(FormatError, match="unknown channel `memo`"):
        harmony().content({"messages": [{"role": "assistant", "channel": "memo", "content": "x"}]})


def test_marks_that_say_nothing_and_the_cue_for_an_answer() -> None:
    text = "<|startoftext|><|start|>user<|message|>天气?<|end|>\n<|start|>assistant"
    assert harmony().content({"text": text}) == {"messages": [{"role": "user", "content": "天气?"}]}


def test_tools_that_are_not_called_functions() -> None:
    text = (
        "<|start|>assistant<|channel|>analysis to=python code<|message|>print(1)<|call|>"
        "<|start|>python to=assistant<|channel|>analysis<|message|>1<|end|>"
        "<|start|>assistant<|channel|>final<|message|>一<|return|>"
    )
    assert harmony().content({"text": text}) == {
        "messages": [
            {"role": "assistant", "tool_calls": [{"name": "python", "arguments": '"print(1)"'}]},
            {"role": "tool", "content": "1", "name": "python"},
            {"role": "assistant", "content": "一"},
        ]
    }


def test_what_a_part_has_beside_its_content() -> None:
    layout = harmony()
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    parts = [
        {"role": "assistant", "channel": "commentary", "content": None, "tool_calls": [call]},
        {"role": "tool", "channel": "commentary", "name": "f", "tool_call_id": "c1", "content": "1"},
        {"role": "assistant", "channel": "final", "content": "一", "train": False},
    ]
    assert layout.content({"messages": parts}) == {
        "messages": [
            {"role": "assistant", "tool_calls": [{"id": "c1", "name": "f", "arguments": "{}"}]},
            {"role": "tool", "content": "1", "name": "f", "tool_call_id": "c1"},
            {"role": "assistant", "content": "一"},
        ]
    }
    assert "no part of a row: `train` of a message in a channel (1)" in layout.notes()


@MANY
@given(
    records(
        "messages",
        "text",
        like=st.lists(
            records("role", "channel", "recipient", "content", like=st.sampled_from(["tool", "final"])), max_size=3
        )
        | st.lists(st.sampled_from(["<|start|>", "<|message|>", "<|end|>", "assistant", " to=functions.f"])).map(
            "".join
        )
        | JSON,
    )
)
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(harmony(), record)
