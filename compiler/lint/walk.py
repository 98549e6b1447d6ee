"""Walks over the parts of a syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tunec.dsl.tree import (
    Argument,
    Binary,
    Block,
    Call,
    Check,
    Declaration,
    If,
    Keep,
    Let,
    ListOf,
    Name,
    Param,
    Record,
    Spec,
    Stage,
    Unary,
)

#: The parts of each form, in the order in which they are written. Forms without parts are not listed.
_PARTS: dict[type, tuple[str, ...]] = {
    Spec: ("arguments",),
    Param: ("default",),
    Declaration: ("value", "source", "on", "of", "using", "block"),
    Block: ("statements",),
    Keep: ("condition",),
    Let: ("value",),
    Check: ("condition",),
    Stage: ("value",),
    Argument: ("value",),
    Call: ("arguments", "block"),
    ListOf: ("items",),
    Record: ("fields",),
    Unary: ("operand",),
    Binary: ("left", "right"),
    If: ("condition", "then", "otherwise"),
}


def walk(tree: Any) -> Iterator[Any]:
    """A node of a tree and all below it, outer ones first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in reversed(_PARTS.get(type(node), ())):
            value = getattr(node, part)
            if type(value) is tuple:
                waiting += reversed(value)
            elif value is not None:
                waiting.append(value)


def names(tree: Any) -> Iterator[Name]:
    """All bare names in a tree."""
    return (node for node in walk(tree) if type(node) is Name)
