"""The parts of a declaration that several kinds share: its value, its clauses, its block."""

from __future__ import annotations

from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder, Entity, EntityKind
from tunec.compiler.elaborate.expressions import bind_call, lower
from tunec.compiler.lowered import Lowered, Ref, expect, references
from tunec.compiler.types import MODEL
from tunec.dsl.source import Span
from tunec.dsl.tree import Block, Call, Declaration, Expression, ListOf, Stage, Statement


def called(builder: Builder, item: Declaration, kind: str) -> tuple[Operator, dict[str, Lowered]] | None:
    """The operator of a kind that a declaration's value calls, with its arguments."""
    call = item.value
    what = kind.removesuffix("s")
    if not isinstance(call, Call):
        builder.report("T208", f"expected a call: `{item.kind} {item.name} = NAME(…)`", (item.value or item).span)
        return None
    operator = builder.catalogue.find(kind, call.name)
    if operator is None:
        builder.unknown(what, call.name, builder.catalogue.names(kind), call.name_span, "T103")
        return None
    args = bind_call(builder, operator, call, None)
    return None if args is None else (operator, args)


def named(builder: Builder, item: Declaration, kind: str, makes: EntityKind) -> Entity | None:
    """An entity that an operator of a kind stands for."""
    call = called(builder, item, kind)
    if call is None:
        return Entity(makes, item.name_span, item.kind, node=builder.stand_in(item))
    operator, args = call
    node = builder.add(operator.path, references(args), args, None, operator.cost, item.span)
    return Entity(makes, item.name_span, item.kind, node=node)


def model_node(builder: Builder, node: Expression | None, span: Span, what: str) -> str | None:
    """The node of the model that an expression names; `what` needs it."""
    if node is None:
        builder.report("T202", f"`{what}` needs a model", span)
        return None
    value = lower(builder, node, None, MODEL)
    if value is None:
        return None
    if value.type != MODEL:
        builder.report("T208", f"expected the name of a model, found {value.type}", node.span)
        return None
    return expect(Ref, value.lowered).node


def model_name(builder: Builder, node: str | None) -> str:
    """The declaration that a model's node is known by: the first, where several say the same."""
    builder.told += 1
    return next(name for name, entity in builder.entities.items() if entity.kind == "model" and entity.node == node)


def statements(block: Block | None) -> tuple[Statement, ...]:
    """The statements of a block, where there is one."""
    return block.statements if block is not None else ()


def stage_call(builder: Builder, statement: Statement, kind: str, what: str) -> tuple[Operator, Call] | None:
    """The operator of a kind that a statement of a block calls, and the call; `what` names such a statement."""
    call = statement.value if isinstance(statement, Stage) else None
    operator = builder.catalogue.find(kind, call.name) if isinstance(call, Call) else None
    if isinstance(call, Call) and operator is not None:
        return operator, call
    name, where = (call.name, call.name_span) if isinstance(call, Call) else ("?", statement.span)
    builder.unknown(what, name, builder.catalogue.names(kind), where, "T103")
    return None


def items(node: Expression | None) -> tuple[Expression, ...]:
    """The names in a clause: of a list, or the one that stands alone."""
    if node is None:
        return ()
    return node.items if isinstance(node, ListOf) else (node,)
