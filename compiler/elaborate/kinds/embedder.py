"""`embedder`: an embedder that is named, not made."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.clauses import named
from tunec.compiler.elaborate.kind import Kind
from tunec.dsl.tree import Declaration


def _embedder(builder: Builder, name: str, item: Declaration) -> Entity | None:
    return named(builder, item, "embedders", "embedder")


KIND = Kind(("embedder",), _embedder, "embedder", value=("embedders",))
