"""A named score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import AnyColumn, Frame, Outcome


@operator(version=1, cost="cheap", row_wise=True)
def let(rows: Frame, name: str, value: AnyColumn) -> Outcome:
    """Computes a value for every row and keeps it as a column, which later stages and readers use by its name.

    Args:
        name: the column.
        value: the expression.

    Example:
        let length = words(response)
    """
    from tunec.runtime.base.values import Outcome, no_drops

    return Outcome(rows.with_columns(value.alias(name)), no_drops())
