"""What a file of `kinds/` says of its kind of declaration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.dsl.tree import Declaration, DeclarationKind

#: Makes the entity of a declaration, given its full name; None where something was wrong, and has been reported.
Elaborate: TypeAlias = Callable[[Builder, str, Declaration], Entity | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of declaration: the keywords that begin one, what it becomes, and whether a build can make it."""

    keywords: tuple[DeclarationKind, ...]
    elaborate: Elaborate
    target: bool = False
