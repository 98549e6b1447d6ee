"""`chat`: dialogues between two models, with tools that a third makes up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import build, rows
from tests.generating import answer, with_the_bundled_model, work
from tests.serving import serving
from tunec.runtime.base.method import Message
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.chat import chat

TEACHER = ModelSpec("openai", "teacher", "", "http://localhost:1/v1", (("temperature", 0.5),))
USER = ModelSpec("openai", "user", "", "http://localhost:1/v1", (("temperature", 0.9),))
TOOLS = ModelSpec("openai", "tools", "", "http://localhost:1/v1", (("temperature", 0.9),))
WEATHER = {"name": "weather", "description": "The weather in a city.", "parameters": {"city": "text"}}
CALL = '{"name": "weather", "arguments": {"city": "Oslo"}}'


def seeds(text: str = "Find out what to wear in Oslo.") -> pl.DataFrame:
    return pl.DataFrame({"id": ["r0"], "text": [text]})


def test_two_models_talk_in_turns() -> None:
    method = chat(TEACHER, user=USER, turns=2, system="Be brief.")
    made = work(method, seeds(), ["What do I wear in Oslo?", " A coat.\n", '"And my dog?"', "A coat too."])
    (row,) = made.rows
    assert row.parents == ("r0",) and row.fields["tools"] is None
    assert row.fields["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What do I wear in Oslo?"},
        {"role": "assistant", "content": "A coat."},
        {"role": "user", "content": "And my dog?"},
        {"role": "assistant", "content": "A coat too."},
    ]
    assert [ask.model.id for ask in made.asks] == ["user", "teacher", "user", "teacher"]
    assert [ask.sampling.temperature for ask in made.asks] == [0.9, 0.5, 0.9, 0.5]
    first, second = (ask.requests[0].prompt[0].content for ask in made.asks[::2])  # type: ignore[union-attr]
    assert "Find out what to wear in Oslo." in first and "(none yet)" in first
    assert "User: What do I wear in Oslo?\nAssistant: A coat.\n" in second
    assert made.asks[3].requests[0].prompt == (
        Message("system", "Be brief."), Message("user", "What do I wear in Oslo?"), Message("assistant", "A coat."),
        Message("user", "And my dog?"),
    )  # fmt: skip
    assert method.most == 4 and method.models == (TEACHER, USER)


def test_a_user_with_nothing_more_to_say_ends_it() -> None:
    made = work(chat(TEACHER, user=USER, turns=5), seeds(), ["What do I wear?", "A coat.", "[END]"])
    assert len(made.rows[0].fields["messages"]) == 2
    assert work(chat(TEACHER, user=USER), seeds(), ["[END]"]).rejected[0].rule == "a turn of the user"


def test_calls_and_made_up_results() -> None:
    method = chat(TEACHER, user=USER, results=TOOLS, turns=1, tools=[WEATHER])
    assert method.most == 1 * (2 + 2 * 3) and method.models == (TEACHER, USER, TOOLS)
    said = ["What do I wear in Oslo?", f"I look it up.\n{CALL}", '```json\n{"sky": "snow"}\n```', "A coat."]
    made = work(method, seeds(), said)
    (row,) = made.rows
    assert row.fields["messages"] == [
        {"role": "user", "content": "What do I wear in Oslo?"},
        {
            "role": "assistant",
            "content": "I look it up.",
            "tool_calls": [{"id": "call_1", "name": "weather", "arguments": '{"city":"Oslo"}'}],
        },
        {"role": "tool", "content": '{"sky":"snow"}', "tool_call_id": "call_1", "name": "weather"},
        {"role": "assistant", "content": "A coat."},
    ]
    assert json.loads(row.fields["tools"]) == [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "The weather in a city.",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                    "additionalProperties": False,
                },
            },
        }
    ]
    assert [ask.model.id for ask in made.asks] == ["user", "teacher", "tools", "teacher"]
    assert made.asks[2].sampling.temperature == 0
    told = made.asks[2].requests[0].prompt[0].content  # type: ignore[union-attr]
    assert 'with these arguments:\n{"city":"Oslo"}' in told and "The weather in a city." in told
    shown = made.asks[3].requests[0].prompt
    assert "You can use these tools" in shown[0].content  # type: ignore[union-attr]
    assert shown[2:] == (
        Message("assistant", 'I look it up.\n{"name": "weather", "arguments": {"city":"Oslo"}}'),
        Message("user", 'weather: {"sky":"snow"}'),
    )


def test_several_calls_at_once() -> None:
    both = f"[{CALL}, {CALL.replace('Oslo', 'Rome')}]"
    said = ["Oslo or Rome?", both, '{"sky": "snow"}', '{"sky": "clear"}', "Rome."]
    made = work(chat(TEACHER, user=USER, turns=1, tools=[WEATHER]), seeds(), said)
    messages = made.rows[0].fields["messages"]
    assert messages[1]["content"] is None and [c["id"] for c in messages[1]["tool_calls"]] == ["call_1", "call_2"]
    assert [(m["tool_call_id"], m["content"]) for m in messages[2:4]] == [
        ("call_1", '{"sky":"snow"}'),
        ("call_2", '{"sky":"clear"}'),
    ]
    assert '{"sky":"snow"}' in made.asks[3].requests[0].prompt[0].content, "what it returned before"  # type: ignore[union-attr]


def test_chinese() -> None:
    tool = {"name": "天气", "description": "某个城市的天气", "parameters": {"城市": "text"}}
    call = '<tool_call>{"name": "天气", "arguments": {"城市": "奥斯陆"}}</tool_call>'
    said = ["奥斯陆穿什么好？", call, '{"天气": "下雪"}', "穿大衣。"]
    made = work(chat(TEACHER, user=USER, turns=1, tools=[tool]), seeds("想知道去奥斯陆该穿什么。"), said)
    messages = made.rows[0].fields["messages"]
    assert messages[1]["tool_calls"][0]["arguments"] == '{"城市":"奥斯陆"}'
    assert [m["content"] for m in messages] == ["奥斯陆穿什么好？", None, '{"天气":"下雪"}', "穿大衣。"]
    prompts = [ask.requests[0].prompt[0].content[:8] for ask in made.asks]  # type: ignore[union-attr]
    assert prompts == ["你扮演一位正在和", "你可以使用下面的", "你模拟一个工具。", "你可以使用下面的"]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([answer("What do", "length")], "complete"),
        (["What?", answer("A co", "length")], "complete"),
        (["What?", '{"name": "wether", "arguments": {}}'], "a call that its tool takes"),
        (["What?", '{"name": "weather", "arguments": {"town": "Oslo"}}'], "a call that its tool takes"),
        (["What?", '{"name": "weather", "arguments": {"city": "Os'], "a call that its tool takes"),
        (["What?", CALL, "It snows."], "a result as JSON"),
        (["What?", CALL, "{}", CALL, "{}", CALL], "calls <= 2"),
        (["What?", answer("", "failed", reason="no connection")], "answer"),
    ],
)
def test_dialogues_that_are_no_rows(said: list[Any], rule: str) -> None:
    made = work(chat(TEACHER, user=USER, tools=[WEATHER], calls=2), seeds(), said)
    assert not made.rows and [(r.rule, r.parents) for r in made.rejected] == [(rule, ("r0",))]


def test_rows_that_want_nothing() -> None:
    assert work(chat(TEACHER, user=USER), seeds(" "), []).rejected[0].rule == "a concern"


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([{"description": "x"}], "needs a `name`"),
        ([{"name": "a b"}], "needs a `name`"),
        ([{"name": "a", "args": {}}], "not `args`"),
        ([{"name": "a", "parameters": {"b": "txt"}}], "`b: txt` in the parameters of `a`"),
        ([WEATHER, WEATHER], "two tools have the same name"),
    ],
)
def test_tools_that_make_no_sense(tools: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(OperatorError, match=message):
        chat(TEACHER, user=USER, tools=tools)


def test_a_tool_may_have_a_schema_of_its_own() -> None:
    schema = {"type": "object", "properties": {"days": {"type": "integer", "maximum": 3}}}
    method = chat(TEACHER, user=USER, turns=1, tools=[{"name": "forecast", "parameters": schema}])
    said = ["Rain?", '{"name": "forecast", "arguments": {"days": 9}}']
    assert "9 is greater than the maximum of 3" in work(method, seeds(), said).rejected[0].value


def test_a_build(tmp_path: Path) -> None:
    def say(body: dict[str, Any]) -> str:
        said = body["messages"][-1]["content"]
        if said.startswith("You play a user"):
            return "[END]" if "Assistant:" in said else "What do I wear in Oslo?"
        if said.startswith("You simulate"):
            return '{"sky": "snow"}'
        return "A coat." if said.startswith("weather:") else CALL

    with serving(say=say) as served:
        text = f"""
spec s(version: "1.0.0-dev")
source wants = rows([{{instruction: "Find out what to wear in Oslo.", response: "-"}}])
model teacher = openai("m", base_url: "{served.url}")
generate dialogues from wants {{
    chat(teacher, user: teacher, tools: [
        {{name: "weather", description: "The weather in a city", parameters: {{city: "text"}}}},
    ])
}}
dataset out from dialogues {{ filter {{ keep turns == 4 }} }}
"""
        built = build(tmp_path, text)
    (messages,) = rows(built, "out")["messages"].to_list()
    assert [m["role"] for m in messages] == ["user", "assistant", "tool", "assistant"]
    assert messages[1]["tool_calls"] == [{"id": "call_1", "name": "weather", "arguments": '{"city":"Oslo"}'}]


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "chat(base, user: base, turns: 1)", beside="talks")
