"""Which rows stay so that constraints on the whole hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.demands import Cells, Demand, cells_of
from tunec.runtime.text.program import Segments, chosen_anew, most, most_tokens

if TYPE_CHECKING:
    from tunec.runtime.base.values import Constraint

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

_WHOLE = 500  # up to so many rows, every row is weighed where shares are of tokens
_BORDER = 400  # above, so many rows are chosen anew that lie nearest to where their cells were cut
_FINE = 2_000  # up to so many rows, the choice among equals weighs every single row
_PIECES = 16  # above, it weighs so many pieces of each cell
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Infeasible:
    """The smallest group of constraints that no set of rows satisfies."""

    constraints: tuple[Constraint, ...]


@dataclass(frozen=True, slots=True)
class Balanced:
    """Which rows stay, and for each other row the constraint that would break if it came back."""

    stays: Mask
    blame: I64


def balanced(constraints: Sequence[Constraint], weight: F64, order: I64, *, whole: bool) -> Balanced | Infeasible:
    """The largest set of rows with which all constraints hold.

    `weight`: what a row counts in shares, 1 or its tokens; `whole` if these are ones. `order`: all rows, the best
    first: of equally large sets the one that has the better rows is taken.
    """
    cells = cells_of(constraints, len(weight))
    plan = _Plan(cells, weight, order, whole)
    stays = plan.capped() if whole and plan.simple() else plan.solved(cells.demands)
    if stays is None or not stays.any():
        return Infeasible(tuple(constraints[number] for number in plan.conflict(len(constraints))))
    return Balanced(stays, plan.blame(stays))


class _Plan:
    def __init__(self, cells: Cells, weight: F64, order: I64, whole: bool) -> None:
        self.cells, self.weight, self.whole = cells, weight, whole
        self.order = order[np.argsort(cells.cell[order], kind="stable")]  # by cell, the best rows first
        self.sizes = np.bincount(cells.cell, minlength=cells.count)
        self.amount = _sums(cells.cell, weight, cells.count)
        self.first = np.cumsum(self.sizes) - self.sizes
        self.worth = np.empty(len(order))
        self.worth[order] = np.arange(len(order), 0, -1) / max(len(order), 1)
        self.unit = float(weight.max(initial=1.0))

    def simple(self) -> bool:
        """One upper bound on shares, whose groups do not overlap."""
        demands = self.cells.demands
        return (
            all(d.shared and d.operator == "<=" and not d.strict for d in demands)
            and len({d.constraint for d in demands}) == 1
        )

    def capped(self) -> Mask:
        """Cut every group to its share of the total, until the total stays: the largest set there is."""
        bound = self.cells.demands[0].bound
        spoken = np.zeros(self.cells.count, dtype=np.bool_)
        for demand in self.cells.demands:
            spoken |= demand.members
        total = self.amount.sum()
        while True:
            cap = float(int(total) * bound.numerator // bound.denominator) if self.whole else total * float(bound)
            stays = self._fitting(np.where(spoken, cap, np.inf))
            kept = self.weight[stays].sum()
            if kept == total:
                return stays
            total = kept

    def solved(self, demands: Sequence[Demand]) -> Mask | None:
        """The integer program; in tokens, where a row cannot be cut, tightened until whole rows satisfy it."""
        if not self.whole and len(self.order) <= _WHOLE:
            return self._of_whole_rows(demands)
        stays = self._to_within_a_row(demands)
        if self.whole or stays is None:
            return stays
        better = chosen_anew(demands, self.cells.cell, self.weight, self.worth, stays, self._border(stays))
        return stays if better is None else better

    def _to_within_a_row(self, demands: Sequence[Demand]) -> Mask | None:
        if not self.whole and len(demands) == len(self.cells.demands) and self.simple():
            return self.capped()
        tighten = np.zeros(len(demands))
        for _ in range(_ROUNDS):
            amounts = self._program(demands, tighten)
            if amounts is None:
                return None
            stays = self._fitting(amounts + (0.0 if self.whole else 1e-6))
            amount, rows = self._kept(stays)
            missed = np.array([0.0 if self._holds(d, amount, rows) else d.excess(amount, rows) for d in demands])
            if not missed.any():
                return stays
            tighten += missed
        return None

    def _of_whole_rows(self, demands: Sequence[Demand]) -> Mask | None:
        stays = most_tokens(demands, self.cells.cell, self.weight, self.worth)
        if stays is None or not all(d.holds(*self._kept(stays), self.unit, exactly=True) for d in demands):
            return None
        return stays

    def _border(self, stays: Mask) -> I64:
        """The rows that are nearest to the place where their cells were cut."""
        cell = self.cells.cell[self.order]
        kept = np.bincount(self.cells.cell[stays], minlength=self.cells.count)
        place = np.arange(len(self.order)) - self.first[cell]
        nearest = np.argsort(np.abs(place - kept[cell] + 0.5), kind="stable")
        return np.sort(self.order[nearest[:_BORDER]])

    def _program(self, demands: Sequence[Demand], tighten: F64) -> F64 | None:
        per_amount = self.sizes / np.maximum(self.amount, 1e-9)
        coarse = Segments(np.arange(self.cells.count), self.amount, np.ones(self.cells.count))
        options = {"whole": self.whole, "unit": self.unit}
        found = most(demands, coarse, per_amount, tighten=tighten.tolist(), **options)  # type: ignore[arg-type]
        if found is None:
            return None
        fine = self._segments()
        least = float(found.sum()) if self.whole else float(found.sum()) * (1 - 1e-9)
        better = most(
            demands,
            fine,
            per_amount,
            tighten=tighten.tolist(),
            at_least=least,
            by_worth=True,
            **options,  # type: ignore[arg-type]
        )
        return found if better is None else _sums(fine.cell, better, self.cells.count)

    def _segments(self) -> Segments:
        pieces = self.sizes if len(self.order) <= _FINE else np.minimum(self.sizes, _PIECES)
        cell = self.cells.cell[self.order]
        place = np.arange(len(self.order)) - self.first[cell]
        piece = place * pieces[cell] // np.maximum(self.sizes[cell], 1) + (np.cumsum(pieces) - pieces)[cell]
        weight, worth = self.weight[self.order], self.worth[self.order]
        size = _sums(piece, weight, int(pieces.sum()))
        mean = _sums(piece, weight * worth, int(pieces.sum())) / np.maximum(size, 1e-9)
        return Segments(np.repeat(np.arange(self.cells.count), pieces), size, mean)

    def _fitting(self, limit: F64) -> Mask:
        """The best rows of each cell, as many as fit into its limit."""
        stays = np.ones(len(self.order), dtype=np.bool_)
        for cell in np.flatnonzero(self.amount > limit):
            rows = self.order[self.first[cell] : self.first[cell] + self.sizes[cell]]
            if self.whole:
                stays[rows[max(int(limit[cell]), 0) :]] = False
                continue
            left = float(limit[cell])
            for row in rows.tolist():  # a row that does not fit leaves its place to the next one that does
                stays[row] = self.weight[row] <= left
                left -= self.weight[row] * stays[row]
        return stays

    def _kept(self, stays: Mask) -> tuple[F64, F64]:
        cell = self.cells.cell[stays]
        amount = _sums(cell, self.weight[stays], self.cells.count)
        return amount, np.bincount(cell, minlength=self.cells.count).astype(np.float64)

    def _holds(self, demand: Demand, amount: F64, rows: F64) -> bool:
        return demand.holds(amount, rows, self.unit, exactly=self.whole)

    def conflict(self, count: int) -> tuple[int, ...]:
        """The smallest group of constraints that nothing satisfies, the first of equals."""
        for size in range(1, count):
            for group in combinations(range(count), size):
                demands = [d for d in self.cells.demands if d.constraint in group]
                if self.solved(demands) is None:
                    return group
        return tuple(range(count))

    def blame(self, stays: Mask) -> I64:
        """For every row, the first constraint that it would break by coming back."""
        amount, rows = self._kept(stays)
        by_cell = np.zeros(self.cells.count, dtype=np.int64)
        gone = np.bincount(self.cells.cell[~stays], minlength=self.cells.count)
        lost = np.bincount(self.cells.cell[~stays], weights=self.weight[~stays], minlength=self.cells.count)
        for cell in np.flatnonzero(gone):
            more, and_rows = amount.copy(), rows.copy()
            more[cell] += lost[cell] / gone[cell]
            and_rows[cell] += 1
            by_cell[cell] = next(
                (d.constraint for d in self.cells.demands if not self._holds(d, more, and_rows)),
                # In tokens a shorter row might have fitted: the constraint that is nearest to breaking.
                max(self.cells.demands, key=lambda d: d.excess(more, and_rows)).constraint,
            )
        return by_cell[self.cells.cell]


def _sums(group: I64, values: F64, count: int) -> F64:
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)
