"""`vary size in [1k, 2k, 4k]`: one spec, read once for every combination of the items that its `vary` lines list.

In a variant, the name of a `vary` means one of its items, wherever it stands: the item takes the place of the name in
the syntax tree, and what comes after knows nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from math import prod
from typing import TypeVar

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.constants import constant
from tunec.compiler.elaborate.load import Program
from tunec.compiler.elaborate.walk import rebuilt
from tunec.compiler.names import suggestion
from tunec.compiler.types import FIELDS
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.record import record
from tunec.dsl.tree import Argument, Call, Expression, Literal, Name, Spec, Statement, Vary

#: So many variants a spec has at most.
MOST = 64
_FIELDS = frozenset(name for fields in FIELDS.values() for name in fields) | {"id", "origin", "split", "meta"}
#: What may not stand in the name of a folder.
_UNSAFE = re.compile(r"[^\w.%+-]+")
_LONGEST = 60  # characters of a label


@record
class Choice:
    """The item that the name of a `vary` stands for in a variant. `label` is its text, as part of a file name."""

    name: str
    label: str
    item: Expression


Variant = tuple[Choice, ...]
Tree = TypeVar("Tree")


def variants(program: Program, overrides: Mapping[str, str]) -> tuple[Variant, ...]:
    """The variants of a spec in the order of their items; one without choices where nothing varies. `--set` picks an
    item by its label. What is wrong with a `vary` is reported in the program."""
    varied = [(name, item) for name, item in program.declared.items() if isinstance(item, Vary)]
    found = [_choices(program, name, item, overrides.get(name)) for name, item in varied]
    found = [choices for choices in found if choices]
    count = prod(map(len, found))
    if count > MOST:
        message = f"these are {count:,} variants, and a spec has at most {MOST}"
        program.diagnostics.append(Diagnostic("T211", message, varied[-1][1].span))
        return (tuple(choices[0] for choices in found),)
    return tuple(product(*found))


def _choices(program: Program, name: str, vary: Vary, picked: str | None) -> list[Choice]:
    choices: dict[str, Choice] = {}
    if name.rpartition(".")[2] in _FIELDS:
        message = f"`{name}` is also a field of rows: choose a different name"
        program.diagnostics.append(Diagnostic("T104", message, vary.name_span))
        return []
    if not vary.items:
        message = f"`vary {name}` lists nothing"
        program.diagnostics.append(Diagnostic("T202", message, vary.span, help=f"write `vary {name} in [1k, 2k]`"))
    for item in vary.items:
        label = _label(program, item)
        if label in choices:
            message = f"`vary {name}` has two items that are called `{label}`"
            program.diagnostics.append(Diagnostic("T102", message, item.span))
        choices.setdefault(label, Choice(name, label, item))
    if picked is None or not choices:
        return list(choices.values())
    if picked not in choices:
        help_ = suggestion(picked, list(choices), vary.name_span)[0] or f"expected one of {', '.join(choices)}"
        program.diagnostics.append(
            Diagnostic("T211", f"`--set {name}={picked}` is no item of it", vary.name_span, "declared here", help=help_)
        )
        return list(choices.values())[:1]
    return [choices[picked]]


def _label(program: Program, item: Expression) -> str:
    """An item as part of a name: a text as it is, anything else as it is written."""
    written = program.sources[item.span.file].text[item.span.start : item.span.end]
    text = str(item.value) if isinstance(item, Literal) and item.kind == "text" else written
    return _UNSAFE.sub("_", text).strip("_.")[:_LONGEST] or "_"


def of_variant(program: Program, variant: Variant) -> Program:
    """The program as it reads in a variant."""
    if not variant:
        return program
    chosen = {choice.name: choice.item for choice in variant}
    put = _Put(program, chosen)
    declared = {
        name: replace(item, items=(chosen[name],))
        if isinstance(item, Vary) and name in chosen
        else item
        if isinstance(item, Vary)
        else put.into(item)
        for name, item in program.declared.items()
    }
    spec = put.into(program.spec) if program.spec is not None else None
    return replace(program, declared=declared, spec=spec if isinstance(spec, Spec) else None)


class _Put:
    """Puts items in the places of names."""

    def __init__(self, program: Program, chosen: Mapping[str, Expression]) -> None:
        self.program, self.chosen = program, chosen

    def into(self, tree: Tree) -> Tree:
        """A tree with the items in it. What names none of them is the same object as before."""
        return rebuilt(tree, self._changed)

    def _changed(self, node: object) -> object:
        if isinstance(node, Name):
            return self._named(node)
        if isinstance(node, Call):
            return self._called(node)
        return node

    def _meant(self, parts: tuple[str, ...], file: str) -> tuple[Expression, tuple[str, ...]] | None:
        """The item that a dotted name starts with, and the rest of the name."""
        name = next(self.program.owners(parts, file), None)
        if name is None or name not in self.chosen:
            return None
        own = name.removeprefix(self.program.scopes.get(file, ""))
        return self.chosen[name], parts[len(own.split(".")) :]

    def _named(self, node: Name) -> Expression:
        meant = self._meant(node.parts, node.span.file)
        if meant is None:
            return node
        item, rest = meant
        if not rest:
            return item
        return Name(item.parts + rest, item.span) if isinstance(item, Name) else node

    def _called(self, node: Call) -> Expression:
        """`score(x)` calls what the item names; `score()` without arguments is the item where that is no name."""
        if node.name == "mix" and node.block is not None:  # its parts are named like arguments
            parts = tuple(map(self._entered, node.block.statements))
            changed = any(new is not old for new, old in zip(parts, node.block.statements, strict=True))
            return replace(node, block=replace(node.block, statements=parts)) if changed else node
        meant = self._meant(tuple(node.name.split(".")), node.name_span.file)
        if meant is None or meant[1]:
            return node
        item = meant[0]
        if isinstance(item, Name):
            return replace(node, name=item.text, name_span=item.span)
        return item if not node.arguments and node.block is None else node

    def _entered(self, statement: Statement) -> Statement:
        if not isinstance(statement, Argument) or statement.name is None:
            return statement
        meant = self._meant(tuple(statement.name.split(".")), statement.span.file)
        if meant is None or not isinstance(item := meant[0], Name):
            return statement
        return replace(statement, name=".".join((item.text, *meant[1])), name_span=item.span)


def vary_entity(builder: Builder, name: str, item: Vary) -> Entity:
    """What the name of a `vary` is in a variant: a value, where its item is a literal; that is what a path between
    quotes may name. All other places hold the item itself."""
    if len(item.items) != 1:
        return Entity("broken", item.name_span, "vary")
    value = constant(builder, item.items[0]) if isinstance(item.items[0], Literal) else None
    if value is None:
        return Entity("rule", item.name_span, "vary")
    return Entity("value", item.name_span, "vary", value=value)
