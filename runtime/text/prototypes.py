"""Naming texts after the written examples that are nearest to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tunec.runtime.text.vectors import embedded

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec


def nearest_name(
    ctx: Context, using: EmbedderSpec, texts: pl.Series, prototypes: Mapping[str, Sequence[str]], closest: int
) -> pl.Series:
    """The name with the highest mean cosine of its `closest` nearest examples, of equals the first; missing for a blank
    text."""
    names = sorted(prototypes)
    ours = embedded(ctx, using, texts)
    if not len(ours.vectors):
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.String)
    scores = np.empty((len(ours.vectors), len(names)))
    for column, name in enumerate(names):
        theirs = embedded(ctx, using, pl.Series(prototypes[name])).vectors.astype(np.float64)
        # Sums of products of float16 numbers are exact in float64: every machine finds the same.
        product = ours.vectors.astype(np.float64) @ theirs.T
        cosine = np.sort(product / np.sqrt(np.einsum("ij,ij->i", theirs, theirs)), axis=1)
        scores[:, column] = cosine[:, -closest:].mean(axis=1)
    best = [names[place] for place in np.argmax(scores, axis=1)]
    return pl.Series(texts.name, [best[v] if v >= 0 else None for v in ours.vector_of], dtype=pl.String)
