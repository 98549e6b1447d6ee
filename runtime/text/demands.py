"""What a `balance` block asks of the rows that stay, as inequalities over cells of interchangeable rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.fractions import share

if TYPE_CHECKING:
    from tunec.runtime.base.values import Constraint

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Demand:
    """One inequality of a constraint: the amount in the cells `members` against `bound`, of the whole if `shared`."""

    constraint: int
    value: str
    members: NDArray[np.bool_]
    operator: str
    bound: Fraction
    shared: bool
    strict: bool = False

    def excess(self, amount: F64, rows: F64) -> float:
        """By how much kept amounts (tokens or rows) or rows of the cells miss the demand, in units of the amount."""
        if not self.shared:
            over = Fraction(float(rows[self.members].sum())) - self.bound
        else:
            over = Fraction(float(amount[self.members].sum())) - self.bound * Fraction(float(amount.sum()))
        wrong = {"<=": over, ">=": -over, "==": abs(over)}[self.operator]
        # Amounts are whole numbers, so what is strictly below a share misses it by this much at least.
        margin = Fraction(1, self.bound.denominator) if self.strict else Fraction(0)
        return float(max(wrong + margin, Fraction(0)))

    def holds(self, amount: F64, rows: F64, unit: float, exactly: bool) -> bool:
        """Whether the demand holds: to the row for `==` of shares and, where not `exactly`, for all shares."""
        excess = self.excess(amount, rows)
        if self.shared and self.operator == "==":
            return excess < unit
        return excess <= (unit if self.shared and not exactly else 0.0)


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows grouped by what the constraints see of them: `cell` of each row, and the demands."""

    cell: I64
    count: int
    demands: tuple[Demand, ...]


def cells_of(constraints: Sequence[Constraint], rows: int) -> Cells:
    """Group the rows, and write out each constraint for each value that it speaks of."""
    codes, labels = [], []
    for constraint in constraints:
        code, label = _coded(constraint.column)
        codes.append(code)
        labels.append(label)
    table = np.stack(codes, axis=1) if codes else np.zeros((rows, 0), dtype=np.int64)
    kinds, cell = np.unique(table, axis=0, return_inverse=True)
    demands = [
        Demand(
            number,
            label,
            kinds[:, number] == code,
            sign if sign in ("<=", ">=", "==") else f"{sign}=",
            share(bound) if constraint.measure == "share" else Fraction(bound),
            constraint.measure == "share",
            strict=sign in ("<", ">"),
        )
        for number, constraint in enumerate(constraints)
        for sign, bound in constraint.sides
        for code, label in enumerate(labels[number], start=1)
    ]
    return Cells(cell.ravel().astype(np.int64), len(kinds), tuple(demands))


def _coded(column: pl.Series) -> tuple[I64, list[str]]:
    """Numbers from 1 for the values that a constraint speaks of, 0 for what it does not speak of."""
    if column.dtype == pl.Boolean:
        return column.fill_null(False).cast(pl.Int64).to_numpy(), ["true"]
    text = column.cast(pl.String)
    values = text.drop_nulls().unique().sort()
    known = pl.DataFrame({"value": values, "code": np.arange(1, len(values) + 1)})
    codes = pl.DataFrame({"value": text}).join(known, on="value", how="left", maintain_order="left")["code"]
    return codes.fill_null(0).to_numpy().astype(np.int64), values.to_list()
