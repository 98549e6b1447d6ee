"""`rule`: a condition with a name."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.clauses import pending
from tunec.compiler.elaborate.kind import Kind
from tunec.dsl.tree import Declaration


def _rule(builder: Builder, name: str, item: Declaration) -> Entity | None:
    if item.value is not None:
        return Entity("rule", item.name_span, "rule", expression=item.value)
    return pending(builder, name, item)


KIND = Kind(("rule",), _rule, "rule")
