"""Elaborates declarations: each becomes an entity, and where it makes something, nodes of the graph."""

from __future__ import annotations

from dataclasses import replace

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.constants import param_value
from tunec.compiler.elaborate.kinds import kinds
from tunec.compiler.elaborate.vary import vary_entity
from tunec.dsl.source import Span
from tunec.dsl.tree import Param, Vary


def elaborate(builder: Builder, name: str, span: Span) -> Entity:
    """The entity of a declared name. A declaration that needs itself is reported with the whole cycle."""
    known = builder.entities.get(name)
    builder.used.add(name)
    if known is None:
        known = _anew(builder, name, span)
    if builder.needed is not None:
        builder.needed[name] = known
    return known


def _anew(builder: Builder, name: str, span: Span) -> Entity:
    item = builder.program.declared[name]
    if name in builder.active:
        circle = " → ".join([*builder.active[builder.active.index(name) :], name])
        builder.report("T106", f"circular reference: {circle}", span)
        return Entity("broken", item.name_span, "declaration")
    if builder.active:
        builder.told += 1  # what it leaves is its own, not of the one that needs it
    builder.active.append(name)
    entity: Entity | None
    if isinstance(item, Param):
        keyword, entity = "param", _param(builder, name, item)
    elif isinstance(item, Vary):
        keyword, entity = "vary", vary_entity(builder, name, item)
    elif item.kind == "const" and builder.unread(item.span):
        keyword, entity = "const", None  # what could be read of it is not what is meant
    else:
        keyword, entity = item.kind, kinds()[item.kind].elaborate(builder, name, item)
    builder.active.pop()
    entity = entity or Entity("broken", item.name_span, keyword)
    if entity.node in builder.unsound:
        entity = replace(entity, sound=False)
    builder.entities[name] = entity
    return builder.entities[name]


def _param(builder: Builder, name: str, item: Param) -> Entity | None:
    value = param_value(builder, name, item)
    if value is None:
        return None
    builder.params[name] = value.lowered
    return Entity("value", item.name_span, "param", value=value)
