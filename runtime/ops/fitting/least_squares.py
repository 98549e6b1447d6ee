"""`least_squares()` in a fitted `rule`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from tunec.runtime.base.context import Context

    #: Fits the losses of subsets, shape (subsets,), by the means of the indicators in each.
    Fit: TypeAlias = Callable[[Mapping[str, Sequence[float]], Sequence[float]], dict[str, Any]]

#: From here on an indicator is nearly a sum of the others (Marquardt 1970).
_COLLINEAR = 10.0
#: Subsets for each indicator below which a fit finds what is not there.
_FEW = 10
_SIGNIFICANT = 0.05


@operator(version=1, packages=("statsmodels",))
def least_squares(*, folds: Annotated[int, "2.."] = 5, ctx: Context) -> Fit:
    """Fits the logarithm of the loss as a weighted sum of the indicators' means, by ordinary least squares.

    The result has R2, plain and adjusted; of each weight the 95% interval, the p-value, and the variance inflation
    factor, which says how far the other indicators explain this one; and, by cross-validation, the error on subsets
    that were left out beside the error of always saying the mean. It warns of indicators that are collinear (a factor
    from 10 on) or may as well be 0 (p above 0.05), of few subsets (less than 10 for each indicator), and of a rule
    that predicts left-out subsets no better than the mean does. Called, the rule predicts the logarithm of the loss:
    less is better. It needs the extra `fit`.

    Args:
        folds: the parts of the cross-validation.

    Source: InstructMining (2307.06290), section 3.2, by statsmodels.

    Example:
        rule fitted from [alpaca, dolly] {
            let length = words(response)
            subsets(129, rows: 1k)
            finetune(base, epochs: 1)
            loss(on: held_out)
            least_squares(folds: 10)
        }
    """

    def fit(indicators: Mapping[str, Sequence[float]], losses: Sequence[float]) -> dict[str, Any]:
        import numpy as np

        try:
            from statsmodels.regression.linear_model import OLS
            from statsmodels.stats.outliers_influence import variance_inflation_factor
        except ImportError as missing:
            raise OperatorError('fitting a rule needs statsmodels: `pip install "tunec[fit]"`') from missing
        names = list(indicators)
        matrix = np.column_stack([np.ones(len(losses)), *(np.asarray(indicators[name], float) for name in names)])
        target = np.log(np.asarray(losses, float))
        if len(target) < len(names) + 3:
            raise OperatorError(f"{len(names)} indicators need at least {len(names) + 3} subsets, not {len(target)}")
        constant = [name for place, name in enumerate(names, 1) if np.ptp(matrix[:, place]) == 0]
        if constant:
            raise OperatorError(f"`{constant[0]}` is the same in every subset, so no weight can be found for it")
        found = OLS(target, matrix).fit()
        low, high = np.asarray(found.conf_int(0.05)).T
        with np.errstate(divide="ignore"):
            inflation = [None, *(float(variance_inflation_factor(matrix, n)) for n in range(1, len(names) + 1))]
        weights = [
            {"name": name, "value": float(value), "low": float(a), "high": float(b), "p": float(p), "inflation": vif}
            for name, value, a, b, p, vif in zip(
                ["intercept", *names], found.params, low, high, found.pvalues, inflation, strict=True
            )
        ]
        error, plain = _left_out(matrix, target, min(folds, len(target)), ctx.seed)
        result = {
            "subsets": len(target),
            "weights": weights,
            "r2": float(found.rsquared),
            "r2_adjusted": float(found.rsquared_adj),
            "folds": min(folds, len(target)),
            "error_left_out": error,
            "error_of_mean": plain,
        }
        return {**result, "warnings": _warnings(result)}

    return fit


def _left_out(matrix: np.ndarray, target: np.ndarray, folds: int, seed: int) -> tuple[float, float]:
    """The root of the mean squared error on parts that were left out: of the fit, and of the mean."""
    import numpy as np

    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(target))
    ours, means = [], []
    for part in np.array_split(order, folds):
        rest = np.setdiff1d(order, part)
        weights, *_ = np.linalg.lstsq(matrix[rest], target[rest], rcond=None)
        ours.append(matrix[part] @ weights - target[part])
        means.append(target[rest].mean() - target[part])
    error, plain = (float(np.sqrt(np.mean(np.square(np.concatenate(side))))) for side in (ours, means))
    return error, plain


def _warnings(result: Mapping[str, Any]) -> list[str]:
    """What a person should know before using the rule."""
    indicators = result["weights"][1:]
    said = []
    if result["subsets"] < _FEW * len(indicators):
        said.append(f"{result['subsets']} subsets are few for {len(indicators)} indicators; {_FEW} for each is a rule")
    collinear = [f"`{w['name']}` ({w['inflation']:.0f})" for w in indicators if w["inflation"] >= _COLLINEAR]
    if collinear:
        said.append(f"collinear, so their weights mean little one by one: {', '.join(collinear)} (variance inflation)")
    weak = [f"`{w['name']}`" for w in indicators if w["p"] > _SIGNIFICANT]
    if weak:
        said.append(f"may as well be 0 (p > {_SIGNIFICANT}): {', '.join(weak)}")
    if result["error_left_out"] >= result["error_of_mean"]:
        said.append("on subsets that were left out, the rule predicts no better than the mean does")
    return said
