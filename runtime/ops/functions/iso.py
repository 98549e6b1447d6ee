"""Dates and times as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import ScalarExpr, TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def iso(time: ScalarExpr) -> TextExpr:
    """A date, a time or a timestamp as text by ISO 8601, such as `2026-03-01` or `2026-03-01T12:30:00`.

    Texts of this kind compare as what they say does, within one time zone. A text stays what it is.

    Args:
        time: the date, time or timestamp; missing gives missing.

    Example:
        keep iso(meta.day) >= "2026-03-01"
    """
    import polars as pl

    # A timestamp has a blank where ISO 8601 has a `T`, and nine digits behind the second though they be zeros.
    said = time.cast(pl.String).str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T")
    return said.str.replace(r"(:\d\d)\.0+($|[+-])", "$1$2").str.replace(r"(\.\d*[1-9])0+($|[+-])", "$1$2")
