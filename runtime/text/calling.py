"""Calls of tools in what a model writes, and the schemas of tools that a spec describes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tunec.runtime.text.structured import TYPES, BadJson, check_json, object_schema

#: How a call begins. Some models name it after the form of servers.
_CALL = re.compile(r"\[?\s*\{\s*\"(?:name|tool_calls|function)\"\s*:")
_FENCE = re.compile(r"```(?:json|JSON|tool_call)?\s*\n?|\n?```|</?tool_call>")


def schema_of(tool: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a tool that is described as `{name:, description:, parameters: {city: "text"}}`; parameters may be
    a JSON schema too. Raises ValueError with what is wrong."""
    unknown = next((key for key in tool if key not in ("name", "description", "parameters")), None)
    if unknown is not None:
        raise ValueError(f"a tool has `name`, `description` and `parameters`, not `{unknown}`")
    name, parameters = tool.get("name"), tool.get("parameters") or {}
    if not isinstance(name, str) or not re.fullmatch(r"[\w.-]{1,64}", name):
        raise ValueError(f"a tool needs a `name` of letters, digits, `_`, `-` and `.`, not {name!r}")
    if not isinstance(parameters, Mapping):
        raise ValueError(f'the `parameters` of `{name}` are names with types, such as {{city: "text"}}')
    if parameters.get("type") != "object":
        try:
            parameters = object_schema(parameters)
        except ValueError as error:
            raise ValueError(f"`{error}` in the parameters of `{name}`; types are {', '.join(TYPES)}") from error
    return {
        "type": "function",
        "function": {"name": name, "description": str(tool.get("description", "")), "parameters": dict(parameters)},
    }


def calls_in(text: str, tools: Mapping[str, Mapping[str, Any]]) -> tuple[str, list[tuple[str, Any]]]:
    """The words before calls, and the calls, each with its arguments. `tools` has the schema of each tool's parameters.
    Raises BadJson for a call that cannot be read, or that its tool does not take."""
    begin = _CALL.search(text)
    if begin is None:
        return text.strip(), []
    head, rest = _FENCE.sub("", text[: begin.start()]).strip(), _FENCE.sub("", text[begin.start() :]).strip()
    found: list[Any] = []
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except (ValueError, RecursionError) as error:
            raise BadJson(f"not valid JSON: {error}") from error
        value = value.get("tool_calls", value) if isinstance(value, dict) else value
        found += value if isinstance(value, list) else [value]
        rest = rest[end:].strip(" \n\t,;")
    return head, [_call(call, tools) for call in found]


def _call(call: Any, tools: Mapping[str, Mapping[str, Any]]) -> tuple[str, Any]:
    inner = call.get("function", call) if isinstance(call, dict) else {}
    name = inner.get("name") if isinstance(inner, dict) else inner
    if not isinstance(name, str) or name not in tools:
        raise BadJson(f"there is no tool {name!r}")
    arguments = inner.get("arguments", {}) if isinstance(inner, dict) else call.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError as error:
            raise BadJson(f"the arguments of `{name}` are not valid JSON: {error}") from error
    check_json(arguments, json.dumps(tools[name], sort_keys=True))
    return name, arguments


def written(call: Mapping[str, Any]) -> str:
    """A call as a model is shown that it made it."""
    return f'{{"name": {json.dumps(call["name"], ensure_ascii=False)}, "arguments": {call["arguments"]}}}'


def transcript(messages: Sequence[Mapping[str, Any]], sides: tuple[str, str]) -> str:
    """What a user sees of a conversation: what was said, without calls and results. `sides` are what user and assistant
    are called."""
    said = [(sides[m["role"] == "assistant"], m["content"]) for m in messages if m["role"] != "tool" and m["content"]]
    return "\n".join(f"{side}: {text}" for side, text in said)
