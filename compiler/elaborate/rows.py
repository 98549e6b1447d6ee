"""The rows that a name means: a declaration's, a split of them, or a tap."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder, Entity, Flow
from tunec.compiler.elaborate.candidates import declared_as
from tunec.dsl.source import Span
from tunec.dsl.tree import Name


def owner_of(builder: Builder, node: Name) -> str | None:
    """The declaration that a dotted name starts with: `chat` of `chat.validation`."""
    return next(builder.program.owners(node.parts[:-1], node.span.file), None)


def rows_named(builder: Builder, node: Name, *, quiet: bool = False) -> Flow | None:
    """The rows that a name means: a declaration, `NAME.split`, or `NAME.tap`. `quiet` leaves mistakes to the caller."""
    name = builder.program.resolve(node.text, node.span.file)
    if name is not None:
        entity = builder.lookup(name, node.span)
        if entity.flow is not None:
            return entity.flow
        if not quiet and entity.kind != "broken":
            builder.report("T208", f"expected rows, but `{node.text}` is declared as {entity.declared}", node.span)
        return None
    owner = owner_of(builder, node)
    if owner is None:
        if not quiet:
            builder.unknown("name", node.text, declared_as(builder, "rows", node.span.file), node.span)
        return None
    entity = builder.lookup(owner, node.span)
    part = node.text[len(owner.removeprefix(builder.program.scopes.get(node.span.file, ""))) + 1 :]
    return _part(builder, entity, owner, part, node.span, quiet=quiet)


def _part(builder: Builder, entity: Entity, owner: str, part: str, span: Span, *, quiet: bool) -> Flow | None:
    if part in entity.taps:
        return entity.taps[part]
    flow = entity.flow
    if flow is not None and part in flow.splits:
        params = {"split": part}
        node = builder.add("part", (flow.node,), params, flow.rows, "cheap", span)
        return Flow(node, flow.rows, flow.lets)
    if not quiet and entity.kind != "broken":
        known = [*entity.taps, *(flow.splits if flow else ())]
        last = Span(span.file, span.end - len(part), span.end)
        builder.unknown(f"part of `{owner}`:", part, known, last)
    return None
