from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import JSON, MANY, records, row_or_reason, said
from tunec.runtime.ops.formats.messages import messages
from tunec.runtime.values import FormatError

ROLES = ["system", "user", "assistant", "tool"]
CALL = st.fixed_dictionaries({"name": JSON, "arguments": JSON})
CALLS = st.fixed_dictionaries({"tool_calls": st.lists(CALL | st.fixed_dictionaries({"function": CALL}), max_size=2)})
TURN = st.builds(
    lambda turn, calls: turn | calls,
    records("role", "content", "function_call", like=st.sampled_from(ROLES) | CALL),
    st.just({}) | CALLS,
)


def test_tools_and_a_system_turn() -> None:
    call = {"type": "function", "function": {"name": "weather", "arguments": '{"city": "北京"}'}}
    record = {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather "}, {"type": "text", "text": "in 北京?"}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "sunny", "tool_call_id": "1"},
            {"role": "assistant", "content": "Sunny."},
        ]
    }
    assert said(messages().content(record)) == [
        ("system", "Be brief."),
        ("user", "Weather in 北京?"),
        ("assistant", '{"name": "weather", "arguments": {"city": "北京"}}'),
        ("tool", "sunny"),
        ("assistant", "Sunny."),
    ]


def test_calls_come_after_what_is_said_one_a_line() -> None:
    calls = [{"name": "查", "arguments": {"n": 1}}, {"function": {"name": "b", "arguments": "no json {"}}]
    turn = {"role": "assistant", "content": "Let me see.", "tool_calls": calls}
    old = {"role": "assistant", "content": "", "function_call": {"name": "c", "arguments": "{broken"}}
    assert said(messages().content({"messages": [turn, old]})) == [
        (
            "assistant",
            'Let me see.\n{"name": "查", "arguments": {"n": 1}}\n{"name": "b", "arguments": "no json {"}',
        ),
        ("assistant", '{"name": "c", "arguments": "{broken"}'),
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [{"role": "assistant", "content": None}]}, "lacks a text"),
        ({"messages": [{"content": "x"}]}, "lacks a text"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "lacks a text"),
        ({"messages": [{"role": "旁白", "content": "x"}]}, "unknown role `旁白`"),
        ({"messages": []}, "is no list of turns"),
        ({"conversations": []}, "has no `messages`"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        messages().content(record)


@pytest.mark.parametrize(
    "calls",
    [
        {"tool_calls": 5},
        {"tool_calls": [{"function": None}]},
        {"tool_calls": [{"function": "weather"}]},
        {"function_call": {"name": "f", "arguments": '{"a":' * 100_000}},
    ],
    ids=["no list", "null", "a text", "deep"],
)
def test_broken_calls(calls: dict[str, Any]) -> None:
    row_or_reason(messages(), {"messages": [{"role": "assistant", "content": "好", **calls}]})


def test_half_a_character_in_the_arguments_of_a_call() -> None:
    def content(arguments: str) -> Any:
        turn = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}
        return messages().content({"messages": [turn]})

    with pytest.raises(FormatError, match="half a character"):
        content('{"q": "\\ud83d"}')
    assert said(content('{"q": "\\ud83d\\ude00"}')) == [("assistant", '{"name": "f", "arguments": {"q": "😀"}}')]


@MANY
@given(st.lists(st.tuples(st.sampled_from(ROLES), st.lists(st.text(max_size=5), max_size=3)), min_size=1, max_size=5))
def test_is_read_as_it_was_written(turns: list[tuple[str, list[str]]]) -> None:
    whole = [{"role": role, "content": "".join(parts)} for role, parts in turns]
    assert messages().content({"messages": whole}) == {"messages": whole}
    split = [{"role": role, "content": [{"type": "text", "text": part} for part in parts]} for role, parts in turns]
    assert messages().content({"messages": split}) == {"messages": whole}


@MANY
@given(records("messages", like=st.lists(TURN | JSON, max_size=3)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(messages(), record)
