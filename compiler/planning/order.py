"""Puts the rules of one block into the order in which they are evaluated: cheapest first, then by their text.

Rules of a block have no order of their own (`docs/semantics.md`), so this order is also the canonical one: files that
differ only in it compile to the same graph.
"""

from __future__ import annotations

from collections.abc import Iterable

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.lowered import Lowered, calls, references
from tunec.compiler.wording import text_of

COSTS = ("cheap", "scan", "index", "embed", "model")


def cost_of(value: Lowered, catalogue: Catalogue) -> str:
    """The cost class of the dearest call in a lowered value."""
    costs = [catalogue.at(path).cost for path in calls(value)]
    return max(costs, key=COSTS.index, default="cheap")


def of_all_rows(value: Lowered, catalogue: Catalogue) -> list[str]:
    """The names of the functions in a lowered value that give a row its value by looking at the other rows too."""
    functions = (path for path in calls(value) if path.startswith("functions."))
    return [catalogue.at(path).name for path in functions if not catalogue.at(path).row_wise]


def key_of(rule: Lowered, catalogue: Catalogue) -> tuple[str, tuple[str, ...]]:
    """What makes rules of a block the same. The text names no declaration, so rules that differ only in one have the
    same text, and are two rules still."""
    return text_of(rule, catalogue), tuple(references(rule))


def ordered(rules: Iterable[Lowered], catalogue: Catalogue) -> tuple[Lowered, ...]:
    """The rules of a block in their canonical order, equal ones once."""
    by_key = {key_of(rule, catalogue): rule for rule in rules}
    costs = {key: COSTS.index(cost_of(rule, catalogue)) for key, rule in by_key.items()}
    return tuple(by_key[key] for key in sorted(by_key, key=lambda key: (costs[key], key)))
