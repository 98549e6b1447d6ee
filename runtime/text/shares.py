"""Shares of rows before and after a stage chose among them, for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tunec.runtime.base.values import Constraint

#: Values of one constraint that are told, the commonest.
MOST = 50


def moved_by(
    constraints: Sequence[Constraint], weight: NDArray[np.float64], stays: NDArray[np.bool_]
) -> dict[str, list[dict[str, Any]]]:
    """For each constraint on shares its bounds, and by value the shares of all rows and of those that stay.

    `weight` is what a row counts: 1, or its tokens.
    """
    told = []
    for constraint in constraints:
        if constraint.measure != "share":
            continue
        values = constraint.column.to_list()
        amounts: dict[str, list[float]] = {}
        for value, amount, stayed in zip(values, weight.tolist(), stays.tolist(), strict=True):
            if value is None or value is False:
                continue
            both = amounts.setdefault("true" if value is True else str(value), [0.0, 0.0])
            both[0] += amount
            both[1] += amount if stayed else 0.0
        before, after = max(1.0, float(weight.sum())), max(1.0, float(weight[stays].sum()))
        commonest = sorted(amounts.items(), key=lambda item: (-item[1][0], item[0]))[:MOST]
        shares = {value: [round(a / before, 6), round(b / after, 6)] for value, (a, b) in commonest}
        told.append({"rule": constraint.text, "bounds": [list(side) for side in constraint.sides], "shares": shares})
    return {"constraints": told} if told else {}
