"""Canonical text of lowered values, for rules in ledgers and reports.

Names of declarations do not occur in it, so it may be stored and hashed; arguments at their defaults are left out.
"""

from __future__ import annotations

import json

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.lowered import (
    Binary,
    Call,
    Conditional,
    Constraint,
    Field,
    Let,
    Lowered,
    Range,
    Record,
    Ref,
    Rule,
    Unary,
)

_LEVELS = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6}


def text_of(value: Lowered, catalogue: Catalogue, outer: int = 0) -> str:
    """The text; `outer` is the binding strength of the operation around it."""

    def inner(part: Lowered, level: int = 0) -> str:
        return text_of(part, catalogue, level)

    match value:
        case None | bool():
            return {True: "true", False: "false", None: "none"}[value]
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float():
            return number(value)
        case tuple():
            return "[" + ", ".join(inner(item) for item in value) + "]"
        case Field() | Let():
            return value.name
        case Ref():
            return "@" + value.node.split("-")[0]
        case Call():
            return _call(value, catalogue)
        case Range():
            return "..".join("" if end is None else number(end) for end in (value.low, value.high))
        case Conditional():
            return f"if {inner(value.condition)} then {inner(value.then)} else {inner(value.otherwise)}"
        case Rule():
            return f"{value.verb} {inner(value.when)}"
        case Constraint():
            said = share if value.measure == "share" else number
            ends = (value.bound.low, value.bound.high) if isinstance(value.bound, Range) else (value.bound,)
            bound = "..".join("" if end is None else said(end) for end in ends)
            return f"{value.measure}({inner(value.of)}) {value.operator} {bound}"
        case Record():
            return "{" + ", ".join(f"{name}: {inner(entry)}" for name, entry in value.entries.items()) + "}"
        case Unary():
            return f"not {inner(value.operand, 3)}" if value.op == "not" else f"-{inner(value.operand, 7)}"
        case Binary():
            level = _LEVELS.get(value.op, 4)
            text = f"{inner(value.left, level)} {value.op} {inner(value.right, level + 1)}"
            return f"({text})" if level < outer else text
        case _:
            raise TypeError(f"no text for {value!r}")


def _call(call: Call, catalogue: Catalogue) -> str:
    operator = catalogue.at(call.operator)
    words = []
    for parameter in operator.parameters:
        if parameter.name not in call.args:
            continue
        argument = call.args[parameter.name]
        if not parameter.required and argument == parameter.default:
            continue
        own_field = isinstance(argument, Field) and argument.name == parameter.default
        if parameter.keyword_only and parameter.form != "value" and own_field:
            continue
        plain = parameter.type.name == "enum" and isinstance(argument, str)
        text = str(argument) if plain else text_of(argument, catalogue)
        words.append(f"{parameter.name}: {text}" if parameter.keyword_only else text)
    return f"{operator.name}({', '.join(words)})"


def number(value: float) -> str:
    """A number without a needless fraction."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def share(value: float) -> str:
    """A share as a percentage."""
    return number(round(value * 100, 6)) + "%"
