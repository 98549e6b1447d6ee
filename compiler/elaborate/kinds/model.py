"""`model` and `embedder`: models that are named, not made."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.clauses import called
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.lowered import references
from tunec.dsl.tree import Declaration


def _model(builder: Builder, name: str, item: Declaration) -> Entity | None:
    found = called(builder, item, "embedders" if item.kind == "embedder" else "models")
    if found is None:
        return None
    operator, args = found
    node = builder.add(operator.path, references(args), args, None, operator.cost, item.span)
    return Entity("embedder" if item.kind == "embedder" else "model", item.name_span, item.kind, node=node)


KIND = Kind(("model", "embedder"), _model)
