"""Canonical text of lowered values, for rules in ledgers and reports.

Names of declarations do not occur in it, so it may be stored and hashed; arguments at their defaults are left out.
"""

from __future__ import annotations

import json

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Lowered

_LEVELS = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6}


def text_of(value: Lowered, catalogue: Catalogue, outer: int = 0) -> str:
    """The text; `outer` is the binding strength of the operation around it."""
    if isinstance(value, dict):
        return _object(value, catalogue, outer)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(text_of(item, catalogue) for item in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return number(value)


def _object(value: dict[str, Lowered], catalogue: Catalogue, outer: int) -> str:
    def inner(key: str, level: int = 0) -> str:
        return text_of(value[key], catalogue, level)

    if "field" in value:
        return str(value["field"])
    if "let" in value:
        return str(value["let"])
    if "ref" in value:
        return "@" + str(value["ref"]).split("-")[0]
    if "call" in value:
        return _call(value, catalogue)
    if "range" in value:
        return "..".join("" if end is None else number(end) for end in value["range"])
    if "if" in value:
        return f"if {inner('if')} then {inner('then')} else {inner('else')}"
    if "verb" in value:
        return f"{value['verb']} {inner('when')}"
    if "measure" in value:
        bound = share(value["bound"]) if value["measure"] == "share" else number(value["bound"])
        return f"{value['measure']}({inner('of')}) {value['operator']} {bound}"
    if "record" in value:
        return "{" + ", ".join(f"{k}: {text_of(v, catalogue)}" for k, v in value["record"].items()) + "}"
    if value["op"] in ("not", "neg"):
        return f"not {inner('operand', 3)}" if value["op"] == "not" else f"-{inner('operand', 7)}"
    level = _LEVELS.get(value["op"], 4)
    text = f"{inner('left', level)} {value['op']} {inner('right', level + 1)}"
    return f"({text})" if level < outer else text


def _call(value: dict[str, Lowered], catalogue: Catalogue) -> str:
    operator = catalogue.at(value["call"])
    words = []
    for parameter in operator.parameters:
        if parameter.name not in value["args"]:
            continue
        argument = value["args"][parameter.name]
        if not parameter.required and argument == parameter.default:
            continue
        own_field = parameter.form != "value" and argument == {"field": parameter.default}
        if parameter.keyword_only and own_field:
            continue
        plain = parameter.type.name == "enum" and isinstance(argument, str)
        text = argument if plain else text_of(argument, catalogue)
        words.append(f"{parameter.name}: {text}" if parameter.keyword_only else text)
    return f"{operator.name}({', '.join(words)})"


def number(value: float) -> str:
    """A number without a needless fraction."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def share(value: float) -> str:
    """A share as a percentage."""
    return number(round(value * 100, 6)) + "%"
