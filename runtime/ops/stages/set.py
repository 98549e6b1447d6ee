"""Computed fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import AnyColumn, Frame, Outcome


@operator(version=1, cost="cheap", row_wise=True, changes_text=True, block="fields")
def set(rows: Frame, *, fields: dict[str, AnyColumn]) -> Outcome:
    """Sets fields of the row: content fields, or `meta.NAME`. All expressions see the row as it was before.

    Example:
        set(response: strip(response), meta.length: words(response))
    """
    from tunec.runtime.values import Outcome, no_drops

    return Outcome(rows.with_columns([column.alias(name) for name, column in fields.items()]), no_drops())
