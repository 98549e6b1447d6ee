"""Which sentences of a text another text supports: one true or false a sentence, missing where it cannot be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tunec.runtime.text.vectors import cosines_of, embedded
from tunec.runtime.text.words import words

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec

#: Words that tell what is spoken of: long enough not to be `the` or `的`, and numbers.
_TELLING = r"^(\p{Han}{2,}|[\p{L}\p{M}--\p{Han}]{4,}|.*\p{N}.*)$"


def by_words(sentences: pl.Series, contexts: pl.Series, share: float) -> pl.Series:
    """Supported is a sentence of whose telling words this share or more stand in the row's context; shape as
    `sentences`, a list column."""
    frame = _flat(sentences)
    found = frame.with_columns(_telling(frame["sentence"]).alias("said")).join(
        pl.DataFrame({"row": range(len(contexts)), "given": _telling(contexts)}), on="row", maintain_order="left"
    )
    common = pl.col("said").list.set_intersection("given").list.len()
    total = pl.col("said").list.len()
    # Counts are compared, so that a share like 0.6 is met by three of five.
    holds = pl.when(total > 0).then(common >= total * share - 1e-9)
    return _lists(found.with_columns(holds.alias("holds")), len(sentences))


def by_meaning(
    ctx: Context, using: EmbedderSpec, sentences: pl.Series, contexts: pl.Series, cosine: float
) -> pl.Series:
    """Supported is a sentence with such a cosine, or a greater one, to a sentence of the row's context; both are list
    columns of sentences."""
    said, given = _flat(sentences), _flat(contexts)
    found = embedded(ctx, using, pl.concat([said["sentence"], given["sentence"]]))
    here = said.with_columns(pl.Series("left", found.vector_of[: said.height]))
    there = given.select("row", pl.Series("right", found.vector_of[said.height :])).group_by("row").agg("right")
    pairs = here.join(there, on="row", how="left", maintain_order="left").with_row_index("number")
    every = pairs.select("number", "left", "right").explode("right").drop_nulls()
    value = cosines_of(found.vectors, every["left"].to_numpy(), every["right"].to_numpy())
    held = np.zeros(pairs.height, dtype=bool)
    held[every["number"].to_numpy()[value >= cosine]] = True
    return _lists(pairs.with_columns(pl.Series("holds", held)), len(sentences))


def _telling(texts: pl.Series) -> pl.Series:
    """The distinct telling words of each text."""
    return words(texts).list.eval(pl.element().filter(pl.element().str.contains(_TELLING))).list.unique()


def _flat(sentences: pl.Series) -> pl.DataFrame:
    """A sentence a line: the number of its row, and the sentence."""
    frame = pl.DataFrame({"row": range(len(sentences)), "sentence": sentences}, schema_overrides={"row": pl.Int64})
    return frame.explode("sentence").drop_nulls()


def _lists(found: pl.DataFrame, count: int) -> pl.Series:
    """The column `holds` by row; an empty list for a row without sentences."""
    by_row = found.group_by("row", maintain_order=True).agg("holds")
    rows = pl.DataFrame({"row": range(count)}, schema={"row": pl.Int64})
    return rows.join(by_row, on="row", how="left", maintain_order="left")["holds"]
