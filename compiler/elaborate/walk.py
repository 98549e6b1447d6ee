"""Walks over the parts of a syntax tree, and from declaration to declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from tunec.compiler.elaborate.load import Program
from tunec.compiler.elaborate.paths import names_in
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
    Literal,
    Name,
    Param,
    Range,
    Record,
    Spec,
    Stage,
    Unary,
    Vary,
)

Tree = TypeVar("Tree")

#: The parts of each form, in the order in which they are written. Forms without parts are not listed.
_PARTS: dict[type, tuple[str, ...]] = {
    Spec: ("arguments",),
    Param: ("default",),
    Vary: ("items",),
    Declaration: ("value", "source", "on", "of", "using", "block"),
    Block: ("statements",),
    Keep: ("condition",),
    Let: ("value",),
    Check: ("condition",),
    Stage: ("value",),
    Argument: ("value",),
    Call: ("arguments", "block"),
    Range: ("low", "high"),
    ListOf: ("items",),
    Record: ("fields",),
    Unary: ("operand",),
    Binary: ("left", "right"),
    If: ("condition", "then", "otherwise"),
}


def parts_of(node: object) -> tuple[str, ...]:
    """The names of the parts of a node: each is a node, nodes, or None."""
    return _PARTS.get(type(node), ())


def walk(tree: object) -> Iterator[object]:
    """A node of a tree and all below it, outer ones first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in reversed(parts_of(node)):
            value = getattr(node, part)
            if type(value) is tuple:
                waiting += reversed(value)
            elif value is not None:
                waiting.append(value)


def rebuilt(tree: Tree, change: Callable[[object], object]) -> Tree:
    """A tree with every node changed, inner ones first."""
    fresh: dict[str, object] = {}
    for part in parts_of(tree):
        value = getattr(tree, part)
        if type(value) is tuple:
            items = tuple(rebuilt(item, change) for item in value)
            if any(new is not old for new, old in zip(items, value, strict=True)):
                fresh[part] = items
        elif value is not None:
            new = rebuilt(value, change)
            if new is not value:
                fresh[part] = new
    return cast(Tree, change(replace(cast(Any, tree), **fresh) if fresh else tree))


def names(tree: object) -> Iterator[Name]:
    """All bare names in a tree."""
    return (node for node in walk(tree) if type(node) is Name)


def mentioned(program: Program, tree: object, file: str) -> Iterator[str]:
    """The full names of the declarations that a tree in a file may refer to, as often as they stand in it."""
    for node in walk(tree):
        if type(node) is Name:
            yield from program.owners(node.parts, file)
        elif type(node) is Call:
            yield from program.owners(tuple(node.name.split(".")), file)
        elif type(node) is Literal and node.kind == "text":
            for name in names_in(str(node.value)):
                yield from program.owners(tuple(name.split(".")), file)
        elif type(node) is Block:  # the parts of a `mix` are named like arguments
            for entry in node.statements:
                if type(entry) is Argument and entry.name is not None:
                    yield from program.owners(tuple(entry.name.split(".")), file)


def mentions_of(program: Program, name: str) -> tuple[str, ...]:
    """The full names of the declarations that one mentions, each once."""
    item = program.declared[name]
    return tuple(dict.fromkeys(mentioned(program, item, item.span.file)))


def needed_first(mentions: Mapping[str, tuple[str, ...]]) -> list[str]:
    """All declarations, given those that each mentions, in an order in which each comes after those, otherwise in the
    order of the text. What lies in a circle, or behind one, comes last."""
    refers = {name: [n for n in others if n != name] for name, others in mentions.items()}
    circular = _circular(refers) | {name for name, others in mentions.items() if name in others}
    done: dict[str, None] = {}
    for start in refers:
        waiting = [(start, False)]
        while waiting:
            name, ready = waiting.pop()
            if name in done or name in circular:
                continue
            if ready:
                done[name] = None
                continue
            waiting.append((name, True))
            waiting += [(other, False) for other in reversed(refers[name])]
    return [*done, *(name for name in refers if name in circular)]


def _circular(refers: dict[str, list[str]]) -> set[str]:
    """The names that need themselves by way of others, and those that need such a name."""
    open_ = {name: len(others) for name, others in refers.items()}
    readers: dict[str, list[str]] = {}
    for name, others in refers.items():
        for other in others:
            readers.setdefault(other, []).append(name)
    ready = [name for name, count in open_.items() if not count]
    for name in ready:  # grows while it is walked
        for reader in readers.get(name, ()):
            open_[reader] -= 1
            if not open_[reader]:
                ready.append(reader)
    return {*refers} - {*ready}
