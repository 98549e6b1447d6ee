"""How many copies of rows may be made: as many as the memory of a build holds."""

from __future__ import annotations

from tunec.runtime.base.memory import bound_of
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.rows.portions import Held, Rows

#: More passes over the same row than any training makes.
MOST_PASSES = 1000
#: Bytes that a copy takes on the way to a published version besides its texts: all of them where the rows are in
#: memory, and its number and its place in the order where they lie in the store.
_A_COPY, _A_NUMBER = 512, 64


def check_passes(stage: str, **times: float | None) -> None:
    """Raises OperatorError where a row would be seen more often than any training sees one."""
    for name, value in times.items():
        if value is not None and value > MOST_PASSES:
            bound = f"must be at most {MOST_PASSES:,}, not {value:,g}"
            raise OperatorError(f"{stage}: `{name}` {bound}: a model is trained for a few epochs")


def check_copies(stage: str, rows: Rows, copies: int) -> None:
    """Raises OperatorError where so many copies of rows would take more memory than a build may use."""
    size = _A_COPY + 2 * rows.frame.estimated_size() // max(rows.height, 1) if isinstance(rows, Held) else _A_NUMBER
    needed, limit = copies * size, bound_of(None, shared=False).limit
    if needed > limit:
        raise OperatorError(
            f"{stage}: {copies:,} copies of rows would take about {needed / 1e9:,.0f} GB of memory; a build may use "
            f"{limit / 1e9:,.0f} GB here; repeat rows less often"
        )
