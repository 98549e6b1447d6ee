"""Texts of lowered values, for rules in ledgers and reports.

The canonical one may be stored and hashed: a reference is `@` and the kind of what it names, so that a declaration that
is renamed makes no other rows, and arguments at their defaults are left out. People read it with the names of the spec.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph
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
    Stage,
    Unary,
    expect_items,
    rebuilt,
    walk,
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


def node_names(graph: Graph, *, declared: bool = False) -> dict[str, str]:
    """What people call a node: the target, or the part of one; with `declared` without the variant that it is of."""
    names = {i: n[0] for i, n in graph.origins.items()} | {t.node: name for name, t in graph.targets.items()}
    if declared:
        names = {node: name.partition("@")[0] for node, name in names.items()}
    parts = {n.id: f"{names.get(n.inputs[0], '?')}.{n.params['split']}" for n in graph.nodes if n.op == "part"}
    return {**names, **parts}


def named_text(value: Lowered, catalogue: Catalogue, names: Mapping[str, str]) -> str:
    """The text of a lowered value with the names of the nodes that it refers to."""

    def named(part: Lowered) -> Lowered:
        return Field(names[part.node]) if isinstance(part, Ref) and part.node in names else part

    return text_of(rebuilt(value, named), catalogue)


def told_apart(rules: Iterable[Lowered], catalogue: Catalogue) -> tuple[Lowered, ...]:
    """The rules of a block as their canonical texts say them: of those that differ only in what they refer to, the
    references of the second have a number (`@jsonl2`), and so on."""
    seen = Counter[str]()

    def told(rule: Lowered) -> Lowered:
        text = text_of(rule, catalogue)
        seen[text] += 1
        count = seen[text]

        def numbered(part: Lowered) -> Lowered:
            return Field(f"{text_of(part, catalogue)}{count}") if isinstance(part, Ref) and count > 1 else part

        return rebuilt(rule, numbered)

    return tuple(told(rule) for rule in rules)


def named_rules(graph: Graph, catalogue: Catalogue) -> dict[tuple[str, str], str]:
    """By node and canonical text the rules that refer to something, as people read them."""
    names = node_names(graph)
    named: dict[tuple[str, str], str] = {}
    for node in graph.nodes:
        parts = [part for value in node.params.values() for part in walk(value)]
        rules_of = (part for part in parts if isinstance(part, Call | Rule | Constraint))
        told: dict[str, Lowered] = {text_of(part, catalogue): part for part in rules_of}
        for params in (node.params, *(part.params for part in parts if isinstance(part, Stage))):
            rules = expect_items(params.get("rules", ()))
            told |= {text_of(t, catalogue): r for t, r in zip(told_apart(rules, catalogue), rules, strict=True)}
        for text, part in told.items():
            if any(isinstance(inner, Ref) for inner in walk(part)):
                named[node.id, text] = named_text(part, catalogue, names)
    return named
