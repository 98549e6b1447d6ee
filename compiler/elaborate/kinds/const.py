"""`const`: a value with a name."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.constants import constant
from tunec.compiler.elaborate.kind import Kind
from tunec.dsl.tree import Declaration


def _const(builder: Builder, name: str, item: Declaration) -> Entity | None:
    value = constant(builder, item.value) if item.value is not None else None
    return None if value is None else Entity("value", item.name_span, "const", value=value)


KIND = Kind(("const",), _const, "value")
