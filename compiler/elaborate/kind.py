"""What a file of `kinds/` says of its kind of declaration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from tunec.compiler.elaborate.builder import Builder, Entity, EntityKind
from tunec.dsl.record import record
from tunec.dsl.tree import Declaration, DeclarationKind

#: Makes the entity of a declaration, given its full name; None where something was wrong, and has been reported.
Elaborate: TypeAlias = Callable[[Builder, str, Declaration], Entity | None]


@record
class Kind:
    """A kind of declaration: the keywords that begin one, and how it becomes an entity.

    The rest is for whoever has to know without elaborating one: what its name stands for, whether a build can make it,
    which kinds of operators its value and the statements of its block call, and what its `from` names.
    """

    keywords: tuple[DeclarationKind, ...]
    elaborate: Elaborate
    makes: EntityKind
    target: bool = False
    value: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    source: Literal["rows", "model"] = "rows"
