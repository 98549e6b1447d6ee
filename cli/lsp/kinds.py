"""Which kinds of operators may be called where."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler.catalogue import Catalogue, Operator
from tunec.compiler.elaborate.kinds import kinds
from tunec.dsl.tree import DeclarationKind

#: Behind the `=` of a declaration.
VALUES: Mapping[str, tuple[str, ...]] = {word: kind.value for word, kind in kinds().items() if kind.value}

#: As a statement of a declaration's block.
STAGES: Mapping[str, tuple[str, ...]] = {word: kind.block for word, kind in kinds().items() if kind.block}

#: Declarations whose clauses name models instead of rows.
FROM_MODELS = frozenset(word for word, kind in kinds().items() if kind.source == "model")

#: What can be declared, by what its name then stands for.
ROWS: tuple[DeclarationKind, ...] = tuple(word for word, kind in kinds().items() if kind.makes == "rows")
MODELS: tuple[DeclarationKind, ...] = tuple(word for word, kind in kinds().items() if kind.makes == "model")

#: Statements that are operators of the catalogue, but are written with a keyword of their own.
WORDS = frozenset(("let", "check"))


def found(catalogue: Catalogue, kinds: tuple[str, ...], name: str) -> Operator | None:
    """The operator that a name means where one of these kinds may be called."""
    return next((o for kind in kinds if (o := catalogue.find(kind, name)) is not None), None)


def inside(operator: Operator) -> tuple[str, ...]:
    """The kinds that may be called as statements of an operator's own block."""
    if operator.block == "trials":
        return ("fitting",)
    return (operator.name,) if operator.block == "rules" and not operator.takes_row_rules else ()
