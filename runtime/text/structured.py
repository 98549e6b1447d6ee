"""JSON in answers of models, and whether it fits a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tunec.runtime.text.surrogates import well_formed_json

_FENCE = re.compile(r"```(?:json|JSON)?\s*\n(.*?)\n?\s*```", re.DOTALL)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>\s*", re.DOTALL)


class BadJson(Exception):
    """A text that is not the JSON that was asked for; the message says why."""


#: The types of values that a spec may ask for, and what JSON schemas call them.
TYPES = {"text": "string", "int": "integer", "float": "number", "bool": "boolean"}


def object_schema(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with fields of the types that they name, each required. A field may be described by
    a schema of its own. Raises ValueError, with the field, for a type that is not known."""
    wrong = next((f"{name}: {kind}" for name, kind in fields.items() if not isinstance(kind, dict | str)), None)
    wrong = wrong or next((f"{n}: {k}" for n, k in fields.items() if isinstance(k, str) and k not in TYPES), None)
    if wrong is not None:
        raise ValueError(wrong)
    properties = {name: kind if isinstance(kind, dict) else {"type": TYPES[kind]} for name, kind in fields.items()}
    return {"type": "object", "properties": properties, "required": list(fields), "additionalProperties": False}


def read_json(text: str, schema: str) -> Any:
    """The JSON value in an answer that may wrap it in a fence, or in words before and after. Raises BadJson."""
    value = any_json(text)
    check_json(value, schema)
    return value


def check_json(value: Any, schema: str) -> None:
    """Raise BadJson for a value that does not fit a schema."""
    error = next(iter(_validator(schema).iter_errors(value)), None)
    if error is not None:
        place = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in error.absolute_path)
        raise BadJson(f"{place.lstrip('.') or 'the value'}: {error.message[:200]}")


class BadSchema(Exception):
    """A text that is not a JSON schema."""


def fits(text: str, schema: str) -> bool:
    """Whether the whole text is JSON that fits a schema. Raises BadSchema."""
    validator = _checked(schema)
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    from referencing.exceptions import Unresolvable

    try:
        return bool(validator.is_valid(value))
    except (Unresolvable, RecursionError) as error:
        raise BadSchema(str(error)) from error


@lru_cache(maxsize=256)
def _checked(schema: str) -> Any:
    import jsonschema
    from referencing import Registry

    try:
        read = json.loads(schema)
        jsonschema.Draft202012Validator.check_schema(read)
    except (ValueError, RecursionError, jsonschema.SchemaError) as error:
        raise BadSchema(str(error)) from error
    # A registry of its own: without one, references to other documents would be fetched.
    return jsonschema.Draft202012Validator(read, registry=Registry())


def _refuse(constant: str) -> None:
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(constant)


def any_json(text: str) -> Any:
    """Whatever JSON value there is in an answer. Raises BadJson."""
    text = _THOUGHT.sub("", text)
    fenced = _FENCE.search(text)
    tries = [text, *([fenced.group(1)] if fenced else [])]
    start = min((i for i in (text.find("{"), text.find("[")) if i >= 0), default=-1)
    for candidate in tries:
        try:
            return well_formed_json(json.loads(candidate))
        except (ValueError, RecursionError):
            continue
    if start >= 0:
        try:
            return well_formed_json(json.JSONDecoder().raw_decode(text, start)[0])
        except (ValueError, RecursionError) as error:
            raise BadJson(f"not valid JSON: {error}") from error
    raise BadJson("there is no JSON in it")


@lru_cache(maxsize=16)
def _validator(schema: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads(schema))
