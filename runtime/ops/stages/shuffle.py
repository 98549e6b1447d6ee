"""Rows in random order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Outcome, Portions


@operator(version=1, random=True)
def shuffle(rows: Portions, *, ctx: Context) -> Outcome:
    """Shuffles the rows with the seed.

    The order of any two rows depends only on their ids, whatever other rows there are. Of each row its id is in memory
    at once, about 200 bytes.

    Example:
        shuffle()
    """
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.text.ranks import order

    held = portioned(rows)
    return Outcome(held.taken(order(ctx.seed, held.column("id"))), no_drops())
