"""`chat(teacher, user: student)` in a `generate` block: dialogues between two models."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import Given, OperatorError, operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.method import Answer, Ask, Message, Method, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec, Record

#: What a user says who has nothing more to say.
_END = "[END]"


def _asks(given: Given) -> int:
    return int(given["turns"] * (2 + (2 * given["calls"] if given["tools"] else 0)))


@operator(
    version=1,
    cost="model",
    packages=("jsonschema",),
    rows=("instruction", "text"),
    makes="chat",
    reads=templates.files("chat_user", "chat_tools", "chat_result"),
    asks=_asks,
)
def chat(
    model: ModelSpec,
    *,
    user: ModelSpec,
    turns: Annotated[int, "1.."] = 3,
    tools: Sequence[Record] = (),
    results: ModelSpec | None = None,
    calls: Annotated[int, "1.."] = 3,
    system: str = "",
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Lets two models talk: one plays a user who wants what a row says, the other answers.

    With `tools`, the assistant may call them, and a third model makes up what they return: nothing is really called.
    Calls are checked against the schemas of the tools; a dialogue is dropped where a call or a result cannot be read,
    where an answer is cut, or where a turn takes more calls than `calls`.

    Args:
        model: the model that answers.
        user: the model that plays the user. It sees the row and what was said, not the calls.
        turns: the most turns of the user; a user who has nothing more to say ends the dialogue earlier.
        tools: what the assistant may use: `[{name: "weather", description: "…", parameters: {city: "text"}}]`. Types
            are text, int, float and bool; `parameters` may be a JSON schema too.
        results: the model that makes up what tools return; by default the one that plays the user.
        calls: the most calls of tools in a turn.
        system: what the assistant is told first; it becomes the first message.
        temperature: sampling temperature of user and assistant; by default each model's own. Results take 0.
        top_p: sample from the likeliest tokens that together have this probability; by default each model's own.
        max_tokens: the longest message; by default each model's own.

    Example:
        generate dialogues from concerns {
            chat(teacher, user: student, turns: 3, results: student, tools: [
                {name: "weather", description: "The weather in a city", parameters: {city: "text"}},
            ])
        }
    """
    from tunec.runtime.base.method import EachRow, Sampling
    from tunec.runtime.models.sampling import sampling_of
    from tunec.runtime.text.calling import schema_of

    try:
        schemas = [schema_of(tool) for tool in tools]
    except ValueError as error:
        raise OperatorError(f"chat: {error}") from error
    by_name = {schema["function"]["name"]: schema for schema in schemas}
    if len(by_name) < len(schemas):
        raise OperatorError("chat: two tools have the same name")
    third = results or user
    ways = {m: sampling_of(m, temperature, top_p, max_tokens) for m in (model, user)}
    told = Sampling(0.0, 1.0, sampling_of(third, max_tokens=max_tokens).max_tokens)
    cast = _Cast(model, user, third, ways[model], ways[user], told, system, by_name, calls)
    models = tuple(dict.fromkeys((model, user, *((third,) if schemas else ()))))
    most = _asks({"turns": turns, "calls": calls, "tools": schemas})
    return EachRow(models, most, partial(_work, cast, turns))


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who talks, how, and with what."""

    assistant: ModelSpec
    user: ModelSpec
    simulator: ModelSpec
    answering: Sampling
    asking: Sampling
    simulating: Sampling
    system: str
    tools: Mapping[str, Mapping[str, Any]]
    calls: int


@dataclass
class _Talk:
    """A dialogue on its way: its messages as rows have them, and what tools returned."""

    goal: str
    language: str
    messages: list[dict[str, Any]]
    results: list[tuple[str, str]] = field(default_factory=list)


class _Over(Exception):
    """A dialogue that is no row: the rule, what was found, the text."""


def _work(cast: _Cast, turns: int, unit: Unit) -> Work:
    from tunec.runtime.base.method import Draft, Rejection

    row = unit.row
    parents = (str(row["id"]),)
    goal = (row["text"] or "").strip() if "text" in row else templates.question_of(row)
    if not goal:
        return [Rejection("a concern", "none", "", parents)]
    begin = [{"role": "system", "content": cast.system}] if cast.system else []
    talk = _Talk(goal, templates.language_of(goal), [*begin])
    try:
        for _ in range(turns):
            if not (yield from _user(cast, talk)):
                break
            yield from _assistant(cast, talk)
    except _Over as over:
        rule, value, text = over.args
        return [Rejection(rule, value, text, parents)]
    if len(talk.messages) == len(begin):
        return [Rejection("a turn of the user", "none", goal, parents)]
    tools = json.dumps(list(cast.tools.values()), ensure_ascii=False, separators=(",", ":")) if cast.tools else None
    return [Draft({"messages": talk.messages, "tools": tools}, parents)]


def _user(cast: _Cast, talk: _Talk) -> Generator[Ask, list[Answer], bool]:
    """The next turn of the user; whether there is one."""
    from tunec.runtime.base.method import Ask, Message, Request
    from tunec.runtime.text.calling import transcript

    sides = ("用户", "助手") if talk.language == "zh" else ("User", "Assistant")
    said = transcript([m for m in talk.messages if m["role"] != "system"], sides)
    values = {"goal": talk.goal, "conversation": said or ("（还没有开始）" if talk.language == "zh" else "(none yet)")}
    prompt = templates.filled("chat_user", talk.language, values)
    [answer] = yield Ask(cast.user, cast.asking, (Request((Message("user", prompt),)),))
    text = templates.stripped(_whole(answer)).removeprefix(f"{sides[0]}:").strip()
    if not text.replace(_END, "").strip():
        return False
    talk.messages.append({"role": "user", "content": text.replace(_END, "").strip()})
    return True


def _assistant(cast: _Cast, talk: _Talk) -> Generator[Ask, list[Answer], None]:
    """The answer of the assistant, after calls of tools."""
    from tunec.runtime.base.method import Ask, Request
    from tunec.runtime.text.calling import calls_in
    from tunec.runtime.text.structured import BadJson

    schemas = {name: tool["function"]["parameters"] for name, tool in cast.tools.items()}
    asked = 0
    while True:
        [answer] = yield Ask(cast.assistant, cast.answering, (Request(_shown(cast, talk)),), persona=False)
        text = templates.unwrapped(_whole(answer))
        try:
            words, found = calls_in(text, schemas) if schemas else (text, [])
        except BadJson as error:
            raise _Over("a call that its tool takes", str(error), text) from error
        message: dict[str, Any] = {"role": "assistant", "content": words or None}
        if answer.reasoning:
            message["reasoning"] = answer.reasoning
        talk.messages.append(message)
        if not found:
            if not words:
                raise _Over("answer", "an empty answer", text)
            return
        asked += len(found)
        if asked > cast.calls:
            raise _Over(f"calls <= {cast.calls}", str(asked), text)
        message["tool_calls"] = []
        for name, arguments in found:
            call = {"id": f"call_{len(talk.results) + 1}", "name": name, "arguments": _compact(arguments)}
            message["tool_calls"].append(call)
            talk.results.append((name, (yield from _result(cast, talk, call))))
        for call, (name, result) in zip(message["tool_calls"], talk.results[-len(found) :], strict=True):
            talk.messages.append({"role": "tool", "content": result, "tool_call_id": call["id"], "name": name})


def _result(cast: _Cast, talk: _Talk, call: Mapping[str, str]) -> Generator[Ask, list[Answer], str]:
    """What a tool returns, made up."""
    from tunec.runtime.base.method import Ask, Message, Request
    from tunec.runtime.text.structured import BadJson, any_json

    earlier = "\n".join(result for name, result in talk.results if name == call["name"])
    tool = _compact(cast.tools[call["name"]]["function"])
    values = {"tool": tool, "earlier": earlier or "-", "arguments": call["arguments"]}
    prompt = templates.filled("chat_result", talk.language, values)
    [answer] = yield Ask(cast.simulator, cast.simulating, (Request((Message("user", prompt),)),), persona=False)
    text = _whole(answer)
    try:
        return _compact(any_json(text))
    except BadJson as error:
        raise _Over("a result as JSON", str(error), text) from error


def _shown(cast: _Cast, talk: _Talk) -> tuple[Message, ...]:
    """The dialogue as the assistant is shown it: calls as it wrote them, results as messages of the user."""
    from tunec.runtime.base.method import Message
    from tunec.runtime.text.calling import written

    heads = [cast.system] if cast.system else []
    if cast.tools:
        tools = "\n".join(_compact(tool["function"]) for tool in cast.tools.values())
        heads.append(templates.filled("chat_tools", talk.language, {"tools": tools}))
    shown = [Message("system", "\n\n".join(heads))] if heads else []
    for message in talk.messages:
        if message["role"] == "tool":
            shown.append(Message("user", f"{message['name']}: {message['content']}"))
        elif message["role"] != "system":
            calls = [written(call) for call in message.get("tool_calls", ())]
            text = "\n".join([*([message["content"]] if message["content"] else []), *calls])
            shown.append(Message(message["role"], text))
    return tuple(shown)


def _whole(answer: Answer) -> str:
    if answer.finish == "length":
        raise _Over("complete", "cut at max_tokens", answer.text)
    return answer.said


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
