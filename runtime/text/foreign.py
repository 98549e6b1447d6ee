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
    import polars as pl

    from tunec.runtime.models.bundled import EMBEDDERS
    from tunec.runtime.text.scripts import script_of

    known = EMBEDDERS.get(using.id) if using.kind == "bundled" else None
    if known is None or not known.english:
        return
    scripts = pl.DataFrame({str(number): script_of(column) for number, column in enumerate(texts)})
    rows = int(scripts.select(pl.any_horizontal((pl.all() != "latin").fill_null(False)).sum()).item())
    ctx.missing(f"`{rule}` says little of a text that is not in Latin letters: `{using.id}` knows English alone", rows)
