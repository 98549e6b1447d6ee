"""A weight of a fitted rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import FittedRule, FloatExpr


@operator(version=1, row_wise=True)
def coefficient(rule: FittedRule, name: str) -> FloatExpr:
    """The weight that a fitted rule gives to an indicator, or its `intercept`; the same for every row.

    A call of the rule, `fitted()`, is the sum of these weights times the indicators.

    Args:
        rule: the rule, by its name.
        name: the indicator, as its `let` calls it, or `intercept`.

    Example:
        let worth = 0 - coefficient(fitted, "length") * words(response)
    """
    import polars as pl

    if name not in rule.weights:
        known = ", ".join(f"`{known}`" for known in rule.weights)
        raise OperatorError(f"the rule has no indicator `{name}`, only {known}")
    return pl.lit(rule.weights[name], dtype=pl.Float64)
