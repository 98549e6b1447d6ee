"""Numbers written as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import FloatExpr, ScalarExpr


@operator(version=1, cost="cheap", row_wise=True)
def number(text: ScalarExpr) -> FloatExpr:
    """The number that a text contains, such as `4`, `-0.5` or `1e-3`; missing if it is not a number.

    Surrounding white space is ignored, and so are the quotes of a text in a column that was kept as JSON text. A number
    stays unchanged.

    Args:
        text: the text, or a column of numbers and texts.

    Example:
        keep number(meta.score) >= 4
    """
    import polars as pl

    said = text.cast(pl.String).str.strip_chars(' \t\r\n\u00a0\u3000"')
    is_number = said.str.contains(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
    found = pl.when(is_number).then(said).cast(pl.Float64, strict=False)
    return pl.when(found.is_finite()).then(found)
