"""Which kinds of operators may be called where."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler.catalogue import Catalogue, Operator
from tunec.dsl.tree import DeclarationKind

#: Behind the `=` of a declaration.
VALUES: Mapping[str, tuple[str, ...]] = {
    "source": ("connectors",),
    "seeds": ("connectors",),
    "benchmark": ("connectors",),
    "model": ("models",),
    "embedder": ("embedders",),
}

#: As a statement of a declaration's block.
STAGES: Mapping[str, tuple[str, ...]] = {
    "generate": ("methods", "generation", "stages"),
    "dataset": ("stages",),
    "train": ("adapters", "objectives"),
    "evaluate": ("evaluate",),
}

#: Declarations whose clauses name models instead of rows.
FROM_MODELS = frozenset(("train", "merge", "tokenizer"))

#: What can be declared, by what its name then stands for.
ROWS: tuple[DeclarationKind, ...] = ("source", "seeds", "benchmark", "generate", "dataset")
MODELS: tuple[DeclarationKind, ...] = ("model", "train", "merge")

#: Statements that are operators of the catalogue, but are written with a keyword of their own.
WORDS = frozenset(("let", "check"))


def found(catalogue: Catalogue, kinds: tuple[str, ...], name: str) -> Operator | None:
    """The operator that a name means where one of these kinds may be called."""
    return next((o for kind in kinds if (o := catalogue.find(kind, name)) is not None), None)


def inside(operator: Operator) -> tuple[str, ...]:
    """The kinds that may be called as statements of an operator's own block."""
    return (operator.name,) if operator.block == "rules" and operator.name != "filter" else ()
