"""Calls of tools, compared by their structure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ops.evaluate.saying import saying
from tests.ops.material import chats, conversations
from tests.ops.merging.tiny import model, tokenizer
from tunec.runtime.base.method import Request
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.evaluate.calls import calls

SERVED = ModelSpec("openai", "x", "", "http://localhost:1/v1")
TOOLS = json.dumps([{"type": "function", "function": {
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}}])  # fmt: skip


def talk(question: str, city: str) -> list[dict[str, Any]]:
    call = {"id": "1", "name": "weather", "arguments": json.dumps({"city": city}, ensure_ascii=False)}
    return [{"role": "user", "content": question}, {"role": "assistant", "content": "", "tool_calls": [call]}]


ROWS = conversations(
    [talk("Paris?", "Paris"), talk("北京？", "北京"), talk("Rome?", "Rome"), talk("?", "Oslo")], [TOOLS] * 4
)
SAID = {
    "Paris?": 'Let me see. {"name": "weather", "arguments": {"city":  "Paris"}}',
    "北京？": '<tool_call>\n{"name": "weather", "arguments": {"city": "上海"}}\n</tool_call>',
    "Rome?": '{"name": "weather", "arguments": {"town": 3}}',
    "?": "It is sunny.",
}


def test_names_and_arguments_are_compared() -> None:
    def say(model: Any, request: Request, sampling: Any) -> str:
        head, *_, last = request.prompt
        assert "weather" in head.content and head.role == "system" and sampling.max_tokens == 77  # type: ignore[union-attr]
        return SAID[last.content]  # type: ignore[union-attr]

    found = calls(on=ROWS, max_tokens=77, ctx=saying(say))(SERVED)
    numbers = found.numbers
    assert (numbers["calls"], numbers["names"], numbers["unread"], numbers["items"]) == (0.25, 0.5, 1, 4)
    assert [found.items[f"r{n}"][0] for n in range(4)] == [1, 0, 0, 0]


FORM = (
    "{% for t in tools or [] %}{{ t.function.name }}: {% endfor %}{% for m in messages %}{{ m.content }}<e>{% endfor %}"
)


def test_the_form_of_the_models_template_is_used_where_it_has_one(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    asked: list[Any] = []
    ctx = saying(lambda model, request, sampling: asked.append(request.prompt) or "")  # type: ignore[func-returns-value]
    with_tools = model(tmp_path / "a", 1, own=tokenizer(template=FORM + "{% if add_generation_prompt %}A{% endif %}"))
    calls(on=ROWS.head(1), ctx=ctx)(with_tools)
    calls(on=ROWS.head(1), ctx=ctx)(model(tmp_path / "b", 1))
    assert asked[0] == "weather: Paris?<e>A"
    assert [turn.role for turn in asked[1]] == ["system", "user"] and "weather" in asked[1][0].content


def test_chats_without_calls_cannot_be_asked() -> None:
    with pytest.raises(OperatorError, match="no chat has tools and a turn that calls one"):
        calls(on=chats([[("user", "Hi"), ("assistant", "Hello.")]]), ctx=saying(lambda *_: ""))
