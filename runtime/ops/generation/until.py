"""The bounds of a generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Money


@operator(version=1)
def until(
    *,
    rows: Annotated[int, "1.."] | None = None,
    requests: Annotated[int, "1.."] | None = None,
    cost: Annotated[Money, "0<.."] | None = None,
    exactly: bool = False,
) -> None:
    """Ends a generation at the first bound that is reached.

    Args:
        rows: the number of rows that leave the block.
        requests: the number of requests to the model.
        cost: the money spent, for models that have a price.
        exactly: fail the build, instead of warning, if there are fewer than `rows` rows.

    Example:
        until(rows: 2k, requests: 10k, cost: $5)
    """
