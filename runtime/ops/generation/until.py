"""The bounds of a generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import Money


@operator(version=1)
def until(
    *, rows: int | None = None, requests: int | None = None, cost: Money | None = None, exactly: bool = False
) -> None:
    """Ends a generation at the bound that is reached first.

    Args:
        rows: rows that leave the block.
        requests: requests to the model.
        cost: money spent, for models that have a price.
        exactly: fewer than `rows` rows fail the build instead of warning.

    Example:
        until(rows: 2k, requests: 10k, cost: $5)
    """
