from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import JSON, MANY, records, row_or_reason, said
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.sharegpt import sharegpt

ROLES = {
    "human": "user", "User": "user", "gpt": "assistant", "GPT": "assistant", "chatgpt": "assistant",
    "bing": "assistant", "bard": "assistant", "system": "system", "function_call": "assistant", "observation": "tool",
    "tool": "tool", "function_response": "tool", "gpt-4": "assistant", "GPT-4": "assistant", "Claude-3": "assistant",
    "gpt-3.5-turbo": "assistant", "ChatGPT": "assistant", " HUMAN": "user", "助手": "assistant", "用户": "user",
}  # fmt: skip
TURN = records("from", "value", "role", "content", like=st.sampled_from([*ROLES, "narrator"]))


@pytest.mark.parametrize("name", ROLES)
def test_names(name: str) -> None:
    assert said(sharegpt().content({"conversations": [{"from": name, "value": "x"}]})) == [(ROLES[name], "x")]


def test_variants() -> None:
    turns = [{"role": "user", "content": "你好"}]
    assert said(sharegpt().content({"conversation": turns})) == [("user", "你好")]
    assert said(sharegpt().content({"conversations": [], "conversation": turns} | {"conversations": turns})) == [
        ("user", "你好")
    ]


def test_a_system_text_comes_first_where_there_is_none() -> None:
    hello = {"from": "human", "value": "Hi"}
    assert said(sharegpt().content({"conversations": [hello], "system": "请用中文。"})) == [
        ("system", "请用中文。"),
        ("user", "Hi"),
    ]
    own = {"conversations": [{"from": "system", "value": "Be brief."}, hello], "system": "请用中文。"}
    assert said(sharegpt().content(own)) == [("system", "Be brief."), ("user", "Hi")]
    for nothing in ("", None):
        assert said(sharegpt().content({"conversations": [hello], "system": nothing})) == [("user", "Hi")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"conversations": [{"from": "narrator", "value": "x"}]}, "unknown role `narrator`"),
        ({"conversations": []}, "`conversations` is not a list of turns"),
        ({"conversations": "Hi"}, "`conversations` is a text that is not a list of turns"),
        ({"conversations": [{"from": "human", "value": None}]}, "has no text in `value`"),
        ({"conversations": ["Hi"]}, "is not an object"),
        ({"messages": []}, "has no `conversations`"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        sharegpt().content(record)


@MANY
@given(
    st.lists(st.tuples(st.sampled_from(sorted(ROLES)), st.text(ANY, max_size=8)), min_size=1, max_size=5), st.booleans()
)
def test_is_read_as_it_was_written(turns: list[tuple[str, str]], plain: bool) -> None:
    names = ("role", "content") if plain else ("from", "value")
    record = {"conversations": [dict(zip(names, turn, strict=True)) for turn in turns]}
    assert said(sharegpt().content(record)) == [(ROLES[name], text) for name, text in turns]


@MANY
@given(
    records(
        "conversations", "conversation", "system", like=st.text(ANY, max_size=3) | st.lists(TURN | JSON, max_size=3)
    )
)
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(sharegpt(), record)


def test_calls_of_tools_are_turns_of_their_own() -> None:
    turns = [
        {"from": "human", "value": "Weather in 北京?"},
        {"from": "function_call", "value": '<think>\nLook.\n</think>\n\n{"name": "w", "arguments": {"city": "北京"}}'},
        {"from": "observation", "value": '{"sky": "blue"}'},
        {"from": "gpt", "value": "Blue.", "weight": 0},
        {"from": "function_call", "value": '[{"name": "a", "arguments": {}}, {"name": "b", "arguments": {"n": 1}}]'},
        {"from": "function_call", "value": "I call nothing"},
    ]
    tools = '[{"name": "w", "parameters": {}}]'
    layout = sharegpt()
    row = layout.content({"conversations": turns, "tools": tools})
    assert "kept as text: a call of a tool that is not valid JSON (1)" in layout.notes()
    assert row == {
        "messages": [
            {"role": "user", "content": "Weather in 北京?"},
            {"role": "assistant", "reasoning": "Look.", "tool_calls": [{"name": "w", "arguments": '{"city":"北京"}'}]},
            {"role": "tool", "content": '{"sky": "blue"}'},
            {"role": "assistant", "content": "Blue.", "train": False},
            {
                "role": "assistant",
                "tool_calls": [{"name": "a", "arguments": "{}"}, {"name": "b", "arguments": '{"n":1}'}],
            },
            {"role": "assistant", "content": "I call nothing"},
        ],
        "tools": '[{"name":"w","parameters":{}}]',
    }


@pytest.mark.parametrize("call", [{"name": "f", "arguments": {"x": 1}}, [{"name": "f", "arguments": {"x": 1}}]])
def test_calls_and_answers_of_tools_need_not_be_text(call: Any) -> None:
    record = {
        "conversations": [{"from": "function_call", "value": call}, {"from": "observation", "value": [1, {"r": 2}]}]
    }
    called, answered = sharegpt().content(record)["messages"]
    assert called["tool_calls"] == [{"name": "f", "arguments": '{"x":1}'}]
    assert answered["content"] == '[1,{"r":2}]'
