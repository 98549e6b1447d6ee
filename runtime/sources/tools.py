"""Reads calls of tools and the schemas of tools, which data sets have as objects and as JSON within JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from tunec.runtime.base import json_text
from tunec.runtime.base.values import FormatError
from tunec.runtime.sources.reading import HALF, is_whole, twice_in

#: What the arguments of a call are called.
_ARGUMENTS = ("arguments", "parameters", "input", "args")


def compact(value: Any, what: str = "a value of a turn") -> str:
    """A value as JSON on one line, keys in the order in which they were given, texts as they are. Raises FormatError
    where JSON has no form for it."""
    try:
        return json_text.dumps(value)
    except RecursionError as error:
        raise FormatError(f"{what}: nested too deeply") from error
    except ValueError as error:
        raise FormatError(f"{what}: a number that is infinite, or beyond what a 64-bit float holds") from error
    except TypeError as error:
        raise FormatError(f"{what}: {error}") from error


def parsed(text: str, what: str) -> Any:
    """The value of a JSON text; numbers that would change are `Digits`. Raises ValueError where it is not valid JSON,
    FormatError where it cannot be kept."""
    try:
        value = json_text.loads(text, strict=True)
        key = twice_in(text, value) if isinstance(value, dict | list) else None
    except RecursionError as error:
        raise FormatError(f"{what}: nested too deeply") from error
    if key is not None:
        raise FormatError(f"{what}: the key `{key}` twice in one object")
    if HALF.search(text) and not is_whole(value):
        raise FormatError(f"{what}: half a character, as if a text was cut in two")
    return value


def arguments_of(value: Any) -> str:
    """The arguments of a call as JSON text, of whatever way they are given in. A text that is not valid JSON, as models
    write it, becomes a JSON text. Raises FormatError."""
    if value is None or value == "":
        return "{}"
    if isinstance(value, str):
        with suppress(ValueError):
            value = parsed(value, "the arguments of a call")
    return compact(value, "the arguments of a call")


def calls_of(value: Any, what: str = "tool_calls") -> list[dict[str, str]]:
    """The calls in a list of OpenAI's `{id, function: {name, arguments}}`, or of `{name, arguments}`."""
    if isinstance(value, str):
        try:
            value = parsed(value, f"the `{what}` of a turn")
        except ValueError as error:
            raise FormatError(f"the `{what}` of a turn are not valid JSON") from error
    if not isinstance(value, list):
        raise FormatError(f"the `{what}` of a turn are not a list")
    return [_call(item) for item in value]


def _call(item: Any) -> dict[str, str]:
    inner = item.get("function", item) if isinstance(item, dict) else None
    if isinstance(inner, str) and isinstance(item, dict):
        inner = {**item, "name": inner}
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise FormatError("a call of a tool has no `name`")
    found = {"name": inner["name"], "arguments": arguments_of(next((inner[k] for k in _ARGUMENTS if k in inner), None))}
    id_ = item.get("id", inner.get("id"))
    return found if id_ is None else {"id": str(id_), **found}


def calls_in(text: str) -> list[dict[str, str]] | None:
    """The calls in a turn that is nothing but calls, as ShareGPT's `function_call` has it; None where it says else."""
    try:
        value = parsed(text, "the arguments of a call")
    except ValueError:
        return None
    listed = value if isinstance(value, list) else [value]
    named = all(isinstance(item, dict) and isinstance(item.get("function", item), dict) for item in listed)
    if not listed or not named:
        return None
    inner = [item.get("function", item) for item in listed]
    if not all(isinstance(item.get("name"), str) and any(k in item for k in _ARGUMENTS) for item in inner):
        return None
    return [_call(item) for item in listed]


def tools_of(value: Any, column: str = "tools") -> str | None:
    """The schemas of tools as JSON text, in the order and with the keys that they are given in; None without any."""
    if isinstance(value, str) and value.strip():
        try:
            value = parsed(value, f"`{column}`")
        except ValueError as error:
            raise FormatError(f"`{column}` is not valid JSON") from error
    if value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip()):
        return None
    return compact(list(_schemas(value if isinstance(value, list) else [value], column)), f"`{column}`")


def bare(tools: str | None) -> list[Any]:
    """Schemas as a list of functions, whether or not they say that they are functions."""
    return [schema.get("function", schema) for schema in json_text.loads(tools or "[]")]


def _schemas(listed: list[Any], column: str) -> Iterator[dict[str, Any]]:
    for schema in listed:
        given = schema
        if isinstance(schema, str):
            try:
                given = parsed(schema, f"`{column}`")
            except ValueError as error:
                raise FormatError(f"`{column}` is not valid JSON") from error
        if not isinstance(given, dict):
            raise FormatError(f"`{column}` is not a list of schemas")
        yield _whole(given)


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema whose parameters are an object, also where a table has them as JSON text (axolotl)."""
    inner = schema.get("function")
    given = inner.get("parameters") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(given, str):
        return schema
    try:
        return {**schema, "function": {**inner, "parameters": parsed(given, "the parameters of a tool")}}
    except ValueError:
        return schema
