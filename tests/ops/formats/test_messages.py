from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import JSON, MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.messages import messages

ROLES = ["system", "user", "assistant", "tool"]
CALL = st.fixed_dictionaries({"name": JSON, "arguments": JSON})
CALLS = st.fixed_dictionaries({"tool_calls": st.lists(CALL | st.fixed_dictionaries({"function": CALL}), max_size=2)})
TURN = st.builds(
    lambda turn, calls: turn | calls,
    records("role", "content", "function_call", like=st.sampled_from(ROLES) | CALL),
    st.just({}) | CALLS,
)


CALL_OF_WEATHER = {"id": "c1", "name": "weather", "arguments": '{"city":"北京"}'}


def test_calls_and_thoughts_within_a_text_stay_and_are_told() -> None:
    call = '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'
    layout = messages()
    turns = [
        {"role": "user", "content": "<tool_call>?"},
        {"role": "assistant", "content": f"<think>a</think>{call}\n{call}"},
        {"role": "tool", "content": "1"},
        {"role": "assistant", "content": "It is 1. <think>b</think>"},
    ]
    row = layout.content({"messages": turns})
    assert isinstance(row, dict)
    assert row["messages"][1] == {"role": "assistant", "content": f"{call}\n{call}", "reasoning": "a"}
    assert row["messages"][3]["content"] == "It is 1. <think>b</think>"
    assert layout.notes()[:2] == (
        "kept as text: calls of tools in `<tool_call>` (2)",
        "kept as text: thoughts in `<think>` after the beginning of an answer (1)",
    )
    kept = messages("keep")
    kept.content({"messages": [turns[0], {"role": "assistant", "content": "<think>a</think>b"}]})
    assert kept.notes() == ()


def test_tools_and_a_system_turn() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "北京"}'}}
    record = {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather "}, {"type": "text", "text": "in 北京?"}]},
            {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "I have to look."},
            {"role": "tool", "content": "sunny", "tool_call_id": "c1", "name": "weather"},
            {"role": "assistant", "content": "Sunny.", "weight": 1},
        ],
        "tools": [{"type": "function", "function": {"parameters": {"z": 1, "a": 2}, "name": "weather"}}],
    }
    assert messages().content(record) == {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "Weather in 北京?"},
            {"role": "assistant", "tool_calls": [CALL_OF_WEATHER], "reasoning": "I have to look."},
            {"role": "tool", "content": "sunny", "tool_call_id": "c1", "name": "weather"},
            {"role": "assistant", "content": "Sunny.", "train": True},
        ],
        "tools": '[{"type":"function","function":{"parameters":{"z":1,"a":2},"name":"weather"}}]',
    }


def test_calls_stand_beside_what_is_said_and_arguments_are_json_of_one_spelling() -> None:
    calls = [{"name": "查", "arguments": {"n": 1, "b": None}}, {"function": {"name": "b", "arguments": "no json {"}}]
    turn = {"role": "assistant", "content": "Let me see.", "tool_calls": calls}
    old = {"role": "assistant", "content": "", "function_call": {"name": "c", "arguments": ""}}
    assert messages().content({"messages": [turn, old]})["messages"] == [
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [{"name": "查", "arguments": '{"n":1,"b":null}'}, {"name": "b", "arguments": '"no json {"'}],
        },
        {"role": "assistant", "content": "", "tool_calls": [{"name": "c", "arguments": "{}"}]},
    ]


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "thinking"])
def test_names_of_reasoning(key: str) -> None:
    turn = {"role": "assistant", "content": "x", key: "想"}
    assert messages().content({"messages": [turn]})["messages"][0]["reasoning"] == "想"


@pytest.mark.parametrize(
    ("text", "reasoning", "content"),
    [
        ("<think>\nHm.\n</think>\n\nYes.", "Hm.", "Yes."),
        ("<think>想</think>好", "想", "好"),
        ("\n<think>\n\n</think>\n\n好", "", "好"),
        ("Yes. <think>no</think>", None, "Yes. <think>no</think>"),
        ("<think>never ends", None, "<think>never ends"),
    ],
)
def test_thoughts_at_the_head_of_an_answer(text: str, reasoning: str | None, content: str) -> None:
    record = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": text}]}
    user, answer = messages().content(record)["messages"]
    assert user == {"role": "user", "content": text}
    assert (answer.get("reasoning"), answer["content"]) == (reasoning, content)
    assert messages("keep").content(record)["messages"][1] == {"role": "assistant", "content": text}


def test_which_turns_are_trained_on() -> None:
    turns = [
        {"role": "assistant", "content": "x", **mask} for mask in ({"train": False}, {"loss": True}, {"weight": 0})
    ]
    layout = messages()
    read = layout.content({"messages": [*turns, {"role": "assistant", "content": "y", "weight": 0.5}]})["messages"]
    assert [turn.get("train") for turn in read] == [False, True, False, None]
    assert "no part of a row: `weight` of a turn (1)" in layout.notes()


def test_messages_and_tools_as_json_text() -> None:
    turns = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hi"}]
    record = {"messages": json.dumps(turns), "tools": '[{"name": "f", "parameters": {}}]'}
    assert messages().content(record) == {"messages": turns, "tools": '[{"name":"f","parameters":{}}]'}
    with pytest.raises(FormatError, match="`messages` is a text that is not a list of turns in JSON"):
        messages().content({"messages": "Hello"})
    with pytest.raises(FormatError, match="`tools` is not valid JSON"):
        messages().content({"messages": turns, "tools": "[1"})


def test_what_changes_the_meaning_and_is_not_read_is_named_once_with_its_count() -> None:
    turns = [
        {"role": "system", "content": "A"},
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "y"},
    ]
    layout = messages()
    for _ in range(2):
        layout.content({"messages": turns, "system": "B", "history": [["a", "b"]], "weight": None})
    assert layout.notes() == ("no part of a row: `history` (2)", "no part of a row: `system` beside a system turn (2)")


def test_turns_that_templates_cannot_render_are_counted_by_kind() -> None:
    layout = messages()
    for roles in (["assistant", "user", "assistant"], ["user", "user", "assistant"], ["user"], ["user", "tool"]):
        layout.content({"messages": [{"role": role, "content": "x"} for role in roles]})
    (note,) = layout.notes()
    assert note == (
        "chats that many templates cannot render (no turn of the assistant: 2, the assistant speaks first: 1, "
        "two turns of the user in a row: 1, a tool answer without its call: 1); see `normalize(turns: …)`"
    )


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [{"role": "assistant", "content": None}]}, "has no text in `content`"),
        ({"messages": [{"content": "x"}]}, "has no text in `role`"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "parts that are not text"),
        ({"messages": [{"role": "user", "content": "x"}], "images": ["a.png"]}, "parts that are not text"),
        ({"messages": [{"role": "旁白", "content": "x"}]}, "unknown role `旁白`"),
        ({"messages": []}, "is not a list of turns"),
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
    (turn,) = content('{"q": "\\ud83d\\ude00"}')["messages"]
    assert turn["tool_calls"] == [{"name": "f", "arguments": '{"q":"😀"}'}]


@MANY
@given(
    st.lists(st.tuples(st.sampled_from(ROLES), st.lists(st.text(ANY, max_size=5), max_size=3)), min_size=1, max_size=5)
)
def test_is_read_as_it_was_written(turns: list[tuple[str, list[str]]]) -> None:
    whole = [{"role": role, "content": "".join(parts)} for role, parts in turns]
    assert messages().content({"messages": whole}) == {"messages": whole}
    split = [{"role": role, "content": [{"type": "text", "text": part} for part in parts]} for role, parts in turns]
    assert messages().content({"messages": split}) == {"messages": whole}


def _assistant(**turn: Any) -> Any:
    row = messages().content({"messages": [{"role": "assistant", **turn}]})
    assert isinstance(row, dict)
    return row["messages"][0]


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ('{"n":1e400}', '{"n":1e400}'),
        ('{"id": 9007199254740993.0}', '{"id":9007199254740993.0}'),
        ('{"a": 1e2, "b": -0, "c": [0.10]}', '{"a":100.0,"b":-0,"c":[0.1]}'),
        ('{"n":NaN}', '"{\\"n\\":NaN}"'),
        ({"城": {"n": 1.5}}, '{"城":{"n":1.5}}'),
    ],
)
def test_numbers_in_arguments_are_never_others(arguments: Any, kept: str) -> None:
    calls = [{"function": {"name": "f", "arguments": arguments}}]
    for given_ in (calls, json.dumps(calls)):
        assert _assistant(content=None, tool_calls=given_)["tool_calls"] == [{"name": "f", "arguments": kept}]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ('{"city":"Paris","city":"罗马"}', "the arguments of a call: the key `city` twice"),
        ('{"a":[{"b":1,"b":2}]}', "the key `b` twice"),
        ({"n": float("inf")}, "the arguments of a call: a number that is infinite"),
    ],
)
def test_arguments_of_which_something_would_be_lost(arguments: Any, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        _assistant(content=None, tool_calls=[{"function": {"name": "f", "arguments": arguments}}])


def test_numbers_and_keys_in_schemas_and_in_json_text() -> None:
    turns = [{"role": "user", "content": "x"}]
    schema = '[{"name":"f","parameters":{"maximum":1e400}}]'
    assert messages().content({"messages": turns, "tools": schema}) == {"messages": turns, "tools": schema}
    for record in (
        {"messages": turns, "tools": '[{"name":"f","name":"g"}]'},
        {"messages": '[{"role":"user","content":"x","content":"y"}]'},
    ):
        with pytest.raises(FormatError, match="twice in one object"):
            messages().content(record)


def test_the_same_call_under_both_names_is_one() -> None:
    new = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"城": "X"}'}}
    old = {"name": "f", "arguments": '{"城":"X"}'}
    calls = [{"id": "1", **old}]
    assert _assistant(content=None, tool_calls=[new], function_call=old)["tool_calls"] == calls
    other = {"name": "g", "arguments": "{}"}
    assert _assistant(content=None, tool_calls=[new], function_call=other)["tool_calls"] == [*calls, other]


def test_what_is_said_twice_and_otherwise_is_counted() -> None:
    layout = messages()
    turn = {"role": "assistant", "content": "y", "reasoning_content": "想", "thinking": "想"}
    assert layout.content({"messages": [turn]}) == {
        "messages": [{"role": "assistant", "content": "y", "reasoning": "想"}]
    }
    tool = {"name": "f", "parameters": {}}
    both = {"tools": [{"type": "function", "function": tool}], "functions": [tool]}
    turns = [{"role": "user", "content": "x"}, {**turn, "function_call": None}]
    layout.content({"messages": turns, **both})
    assert not [note for note in layout.notes() if "no part of a row" in note]
    turns = [{"role": "user", "content": "x"}, {**turn, "thinking": "else", "function_call": "f()"}]
    layout.content({"messages": turns, **both, "functions": [{"name": "g"}]})
    assert [note for note in layout.notes() if "no part of a row" in note] == [
        "no part of a row: `function_call` of a turn that is not an object (1)",
        "no part of a row: `functions` beside `tools` (1)",
        "no part of a row: other thoughts beside those of a turn (1)",
    ]
    assert layout.content({"messages": turns[:1], "tools": [], "functions": [tool]}) == {
        "messages": turns[:1],
        "tools": '[{"name":"f","parameters":{}}]',
    }


def test_thoughts_between_texts_in_parts() -> None:
    parts = [{"type": "text", "text": "看"}, {"type": "thinking", "thinking": "嗯"}, {"type": "text", "text": "Done."}]
    assert _assistant(content=parts) == {"role": "assistant", "content": "看\n\nDone.", "reasoning": "嗯"}


@MANY
@given(records("messages", like=st.lists(TURN | JSON, max_size=3)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(messages(), record)


@pytest.mark.parametrize(
    "system",
    [
        "Be brief.",
        [{"text": "Be brief."}],
        [{"type": "text", "text": "Be brief."}],
        {"role": "system", "content": "Be brief."},
    ],
)
def test_a_system_prompt_is_read_in_every_form_that_it_has(system: Any) -> None:
    turns = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
    read = messages().content({"messages": turns, "system": system})
    assert read["messages"] == [{"role": "system", "content": "Be brief."}, *turns]


@pytest.mark.parametrize("system", [5, {"name": "x"}, [{"type": "image"}], [1]])
def test_a_system_prompt_that_is_no_text_is_never_left_out(system: Any) -> None:
    turns = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
    with pytest.raises(FormatError):
        messages().content({"messages": turns, "system": system})


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("sunny", "sunny"),
        ({"r": 1}, '{"r":1}'),
        ([1, 2], "[1,2]"),
        ([{"city": "北京"}], '[{"city":"北京"}]'),
        ([{"type": "hotel", "text": "by the sea"}], '[{"type":"hotel","text":"by the sea"}]'),
        ([{"text": "a", "score": 1}], '[{"text":"a","score":1}]'),
        (["a", "b"], '["a","b"]'),
        (5, "5"),
        (False, "false"),
        ([{"type": "text", "text": "sun"}, {"type": "text", "text": "ny"}], "sunny"),
        ([{"text": "sunny"}], "sunny"),
    ],
)
def test_what_a_tool_answers_is_its_value_or_its_parts_of_text(answer: Any, text: str) -> None:
    call = {"id": "c1", "function": {"name": "weather", "arguments": "{}"}}
    turns = [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "c1", "content": answer}]
    assert messages().content({"messages": turns})["messages"][1]["content"] == text


def test_an_answer_of_a_tool_with_a_picture_is_set_aside() -> None:
    turn = {"role": "tool", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    with pytest.raises(FormatError, match="parts that are not text"):
        messages().content({"messages": [turn]})
