"""The most rows that satisfy demands, as an integer program over cells."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.demands import Demand

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

#: Nodes of the search tree; a count, not a time, so that every machine stops at the same place.
_NODES = 20_000
#: Likewise where a set that is nearly the largest is good enough, and how near that is.
_FEW_NODES, _NEAR = 50, 1e-3


@contextmanager
def _quiet() -> Iterator[None]:
    """HiGHS writes remarks of its own to standard output, past Python, whatever it is told (as of SciPy 1.17)."""
    try:
        kept = os.dup(1)
    except OSError:  # it is closed
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    flush = ctypes.CDLL(None).fflush
    try:
        flush(None)
        os.dup2(nothing, 1)
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


@dataclass(frozen=True, slots=True)
class Segments:
    """Pieces of cells, the best rows of a cell first: `cell`, `size` (rows or tokens) and mean `worth` of each."""

    cell: I64
    size: F64
    worth: F64


@_quiet()
def most(
    demands: Sequence[Demand],
    segments: Segments,
    rows_per_amount: F64,
    *,
    whole: bool,
    unit: float,
    tighten: Sequence[float],
    at_least: float = 1.0,
    by_worth: bool = False,
) -> F64 | None:
    """How much of each segment stays so that the demands hold and the total, or its worth, is greatest.

    `whole`: amounts are rows and therefore integers. `rows_per_amount` of each cell turns amounts into rows. `tighten`
    is taken off the right-hand side of each demand. `at_least` is the least total. None where nothing satisfies them.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    count = len(segments.size)
    lines: list[tuple[NDArray[np.int64], F64, float, float]] = []  # columns, coefficients, total's coefficient, limit
    for demand, less in zip(demands, tighten, strict=True):
        columns = np.flatnonzero(demand.members[segments.cell])
        p, q = (demand.bound.numerator, demand.bound.denominator) if demand.shared else (0, 1)
        limit = 0.0 if demand.shared else float(demand.bound)
        coefficients = np.full(len(columns), float(q)) if demand.shared else rows_per_amount[segments.cell[columns]]
        slack = -float(demand.strict)  # in units of 1/q of a row or a token, as the whole line
        if demand.shared and demand.operator == "==":
            slack = q * unit - 1 if whole else q * unit / 2
        if demand.operator in ("<=", "=="):
            lines.append((columns, coefficients, -float(p), limit + slack - less * q))
        if demand.operator in (">=", "=="):
            lines.append((columns, -coefficients, float(p), slack - limit - less * q))
    # The last variable is the total, so that the table stays sparse.
    lines.append((np.arange(count), np.ones(count), -1.0, 0.0))
    row = np.concatenate([np.full(len(c) + 1, number) for number, (c, _, _, _) in enumerate(lines)])
    column = np.concatenate([np.append(c, count) for c, _, _, _ in lines])
    value = np.concatenate([np.append(a, t) for _, a, t, _ in lines])
    upper = np.array([limit for _, _, _, limit in lines])
    lower = np.full(len(lines), -np.inf)
    lower[-1] = 0.0
    gain = np.append(segments.worth, 0.0) if by_worth else np.append(np.zeros(count), 1.0)
    # The total has a bound of its own: with none, presolve can go round for ever (HiGHS, as of SciPy 1.17).
    most_there_is = float(segments.size.sum())
    result = milp(
        -gain,
        integrality=np.append(np.full(count, int(whole)), 0),
        bounds=Bounds(np.append(np.zeros(count), at_least), np.append(segments.size, most_there_is)),
        constraints=LinearConstraint(
            coo_array((value, (row, column)), shape=(len(lines), count + 1)).tocsr(), lower, upper
        ),
        options={"mip_rel_gap": 0.0, "node_limit": _NODES},
    )
    if result.x is None:
        return None
    amounts: F64 = np.asarray(result.x[:count])
    return np.rint(amounts) if whole else amounts


@_quiet()
def most_tokens(demands: Sequence[Demand], cell: I64, weight: F64, worth: F64) -> NDArray[np.bool_] | None:
    """Which rows stay so that the demands hold and the most tokens are kept; of such sets the one that is worth most.

    Rows are whole here. None where nothing satisfies the demands, or where no set was found within the search's bounds.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    count = len(cell)
    table, lower, upper = _of_rows(demands, cell, weight)
    options = {"mip_rel_gap": 0.0, "node_limit": _NODES, "presolve": False}
    every = {"integrality": np.ones(count), "bounds": Bounds(0, 1), "options": options}
    found = milp(-weight, constraints=LinearConstraint(table, lower, upper), **every)
    if found.x is None:
        return None
    table, lower = np.vstack([table, weight]), np.append(lower, float(np.rint(found.x) @ weight))
    upper = np.append(upper, np.inf)
    better = milp(-weight * worth, constraints=LinearConstraint(table, lower, upper), **every)
    stays: NDArray[np.bool_] = np.rint(found.x if better.x is None else better.x) > 0
    return stays


@_quiet()
def chosen_anew(
    demands: Sequence[Demand], cell: I64, weight: F64, worth: F64, stays: NDArray[np.bool_], free: I64
) -> NDArray[np.bool_] | None:
    """`stays` with the rows `free` chosen anew, so that the demands hold exactly and nearly the most tokens are kept.

    None where no choice of these rows satisfies the demands, or none was found within the search's bounds.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    fixed = stays.copy()
    fixed[free] = False
    table, lower, upper = _of_rows(demands, cell, weight)
    had = table[:, fixed].sum(axis=1)
    # The worth of all rows together is less than a token: it decides among equals.
    gain = weight[free] + worth[free] / (2 * max(len(free), 1))
    found = milp(
        -gain,
        integrality=np.ones(len(free)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(table[:, free], lower - had, upper - had),
        options={"mip_rel_gap": _NEAR, "node_limit": _FEW_NODES, "presolve": False},
    )
    if found.x is None:
        return None
    fixed[free] = np.rint(found.x) > 0
    return fixed


def _of_rows(demands: Sequence[Demand], cell: I64, weight: F64) -> tuple[F64, F64, F64]:
    """The demands as a line for each over whole rows, with its lower and upper limit; the first: there is a row."""
    unit = float(weight.max(initial=1.0))
    table: list[F64] = [np.ones(len(cell))]
    lower, upper = [1.0], [np.inf]
    for demand in demands:
        mine = demand.members[cell].astype(np.float64)
        if not demand.shared:
            line, bound, slack = mine, float(demand.bound), -float(demand.strict)
        else:
            p, q = demand.bound.numerator, demand.bound.denominator
            line, bound = weight * (mine * q - p), 0.0
            slack = q * unit - 1 if demand.operator == "==" else -float(demand.strict)
        table.append(line)
        lower.append(bound - slack if demand.operator in (">=", "==") else -np.inf)
        upper.append(bound + slack if demand.operator in ("<=", "==") else np.inf)
    return np.stack(table), np.array(lower), np.array(upper)
