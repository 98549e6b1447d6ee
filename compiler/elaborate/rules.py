"""Rules that are called: what a rule's expression means for the rows and the arguments at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tunec.compiler.elaborate.builder import Builder, Entity, Scope, Value
from tunec.dsl.source import Span
from tunec.dsl.tree import Call, Expression, Name

#: Types and lowers an expression; None where something was wrong, and has been reported.
Lower: TypeAlias = Callable[[Expression], Value | None]

#: How deep rules may stand in one another, and how often in one spec: each use is a copy of the whole expression.
DEEPEST_RULE, MOST_RULES = 40, 5_000


def expanded(builder: Builder, rule: str, entity: Entity, call: Call, lower: Lower) -> Value | None:
    """What a call of a rule means."""
    outer = builder.scope
    if rule in outer.rules:
        circle = " → ".join([*outer.rules[outer.rules.index(rule) :], rule])
        builder.report("T106", f"circular reference: {circle}", call.name_span)
        return None
    given = _given(builder, entity, call)
    if given is None or entity.expression is None:
        return None
    bound = {name: (node, outer) for name, node in given.items()}
    return _within(
        builder, Scope((*outer.rules, rule), bound, outer.depth + 1), entity.expression, call.name_span, lower
    )


def argument_of(builder: Builder, node: Name, lower: Lower) -> Value | None:
    """What a parameter of the rule that is being put in stands for; it means what it does where the rule is called."""
    argument, outer = builder.scope.given[node.text]
    scope = Scope(outer.rules, outer.given, builder.scope.depth + 1)
    return _within(builder, scope, argument, node.span, lower)


def _within(builder: Builder, scope: Scope, node: Expression, where: Span, lower: Lower) -> Value | None:
    builder.expansions += 1
    if scope.depth > DEEPEST_RULE or builder.expansions > MOST_RULES:
        if builder.expansions <= MOST_RULES + 1:
            message = f"rules are nested more than {DEEPEST_RULE} levels deep, or expand to more than {MOST_RULES:,}"
            builder.report("T008", message, where)
        builder.expansions = MOST_RULES + 1  # it was said; go no further
        return None
    before, builder.scope = builder.scope, scope
    value = lower(node)
    builder.scope = before
    return value


def _given(builder: Builder, entity: Entity, call: Call) -> dict[str, Expression] | None:
    """The arguments of a call by the names of the rule's parameters."""
    names = entity.parameters
    shown = f"signature: {call.name}({', '.join(names)})"
    given: dict[str, Expression] = {}
    for index, argument in enumerate(call.arguments):
        name = argument.name if argument.name is not None else names[index] if index < len(names) else None
        if name is None:
            takes = f"{len(names)} argument{'s' * (len(names) != 1)}" if names else "no arguments"
            builder.report("T205", f"the rule `{call.name}` takes {takes}", argument.span, notes=(shown,))
            return None
        if name not in names:
            where = argument.name_span or argument.span
            builder.unknown(f"argument of `{call.name}`:", name, names, where, "T204", (shown,))
            return None
        if name in given:
            builder.report("T205", f"`{name}` of `{call.name}` is given twice", argument.span, notes=(shown,))
            return None
        given[name] = argument.value
    missing = [name for name in names if name not in given]
    if missing:
        builder.report("T202", f"`{call.name}` needs the argument `{missing[0]}`", call.name_span, notes=(shown,))
        return None
    return given
