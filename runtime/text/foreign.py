"""Texts in letters that an embedder has hardly seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec


def tell_foreign(rule: str, ctx: Context, using: EmbedderSpec, *texts: pl.Series) -> None:
    """Count the rows of which a text is not in Latin letters, where the embedder knows English alone: for a rule that
    looks at one row, and cannot see that all of them are nearly the same."""
    from tunec.runtime.models.bundled import EMBEDDERS

    known = EMBEDDERS.get(using.id) if using.kind == "bundled" else None
    if known is None or not known.english:
        return
    foreign = None
    for column in texts:
        here = column.str.count_matches(r"[\p{L}--\p{Latin}]") > column.str.count_matches(r"\p{Latin}")
        foreign = here if foreign is None else foreign | here
    rows = 0 if foreign is None else int(foreign.sum())
    ctx.missing(f"`{rule}` says little of a text that is not in Latin letters: `{using.id}` knows English alone", rows)
