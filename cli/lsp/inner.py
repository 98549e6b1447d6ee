"""The names that declarations define inside of them, and what names outside of them lead to."""

from __future__ import annotations

from dataclasses import dataclass, field

from tunec.compiler.elaborate.builder import Builder
from tunec.dsl import tree
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Call, Declaration, Name


@dataclass(frozen=True, slots=True)
class Inner:
    """The names that a declaration's block defines, with their places."""

    lets: dict[str, Span] = field(default_factory=dict)
    taps: dict[str, Span] = field(default_factory=dict)
    splits: dict[str, Span] = field(default_factory=dict)


def inner_of(item: object) -> Inner:
    """The names that the block of a declaration defines."""
    inner = Inner()
    if not isinstance(item, Declaration) or item.block is None:
        return inner
    for statement in item.block.statements:
        if isinstance(statement, tree.Let):
            inner.lets.setdefault(statement.name, statement.name_span)
        elif isinstance(statement, tree.Stage):
            if statement.label is not None:
                inner.taps.setdefault(statement.label, label_span(statement.span, statement.label))
            if isinstance(statement.value, Call) and statement.value.name == "split" and statement.value.block:
                for entry in statement.value.block.statements:
                    if isinstance(entry, Argument) and entry.name and entry.name_span:
                        inner.splits.setdefault(entry.name, entry.name_span)
    return inner


def label_span(statement: Span, label: str) -> Span:
    """Where the name behind `as` stands: it ends its statement."""
    return Span(statement.file, statement.end - len(label), statement.end)


def lets_of(builder: Builder, name: str, seen: frozenset[str] = frozenset()) -> dict[str, Span]:
    """The names that `let` gave in a declaration, or in the one that its rows come from."""
    item = builder.program.declared.get(name)
    if not isinstance(item, Declaration) or name in seen:
        return {}
    above: dict[str, Span] = {}
    if isinstance(item.source, Name):
        owner = owner_of(builder, item.source)
        above = lets_of(builder, owner, seen | {name}) if owner else {}
    return {**above, **_added(builder, item), **inner_of(item).lets}


def _added(builder: Builder, item: Declaration) -> dict[str, Span]:
    """The columns that the stages of a declaration add by themselves."""
    calls = [s.value for s in item.block.statements if isinstance(s, tree.Stage)] if item.block is not None else []
    found = [(c, builder.catalogue.find("stages", c.name)) for c in calls if isinstance(c, Call)]
    return {name: call.name_span for call, stage in found if stage is not None for name, _ in stage.adds}


def owner_of(builder: Builder, node: Name) -> str | None:
    """The declaration that a name means, or that it starts with."""
    return next(builder.program.owners(node.parts, node.span.file), None)


def alias_of(builder: Builder, scope: str, name: str) -> Span | None:
    """Where the files of a scope give an imported file a name."""
    program = builder.program
    for file, own in program.scopes.items():
        if own == scope:
            for item in program.files[file].declarations:
                if isinstance(item, tree.Import) and item.alias == name:
                    return label_span(item.span, name)
    return None
