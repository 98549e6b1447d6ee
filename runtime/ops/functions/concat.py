"""One text after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def concat(a: TextExpr, b: TextExpr) -> TextExpr:
    """One text followed directly by another.

    Args:
        a: the first text; if it is missing, the result is missing.
        b: the second text; likewise.

    Example:
        set(response: concat(response, "\\n"))
    """
    import polars as pl

    return pl.concat_str([a, b])
