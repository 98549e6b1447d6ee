"""Rows in random order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Frame, Outcome


@operator(version=1, random=True)
def shuffle(rows: Frame, *, ctx: Context) -> Outcome:
    """Shuffles the rows with the seed.

    The order of any two rows depends only on their ids, whatever other rows there are.

    Example:
        shuffle()
    """
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.text.ranks import order

    return Outcome(rows[order(ctx.seed, rows["id"].to_list())], no_drops())
