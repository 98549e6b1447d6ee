"""Spans of benchmark items that stand in texts, with a few words changed (Llama 2, appendix A.6)."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.contained import Found, Items

I64 = NDArray[np.int64]

SPANS = {"text": pl.Int64, "item": pl.Int64, "first": pl.Int64, "after": pl.Int64}


def spans(texts: pl.Series, items: Items, skips: int) -> pl.DataFrame:
    """Where texts and items run along each other for more than `items.n` words: numbers `text` and `item`, and the
    words of the item from `first` up to, not including, `after`.

    A span begins with `items.n` equal words, may then have up to `skips` unequal ones, and ends in an equal one.
    """
    places = pl.DataFrame({"item": items.item, "there": items.position, "gram": items.gram})
    parts = [_extended(found, items, places, skips) for found in items.search(texts)]
    return pl.concat([pl.DataFrame(schema=SPANS), *parts])


def covered(found: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """How many words of an item the spans cover together, for each group: columns of `by` and `covered`."""
    # Spans of one group in order: each adds what lies beyond all before it.
    reached = pl.col("after").cum_max().shift(1).over(by).fill_null(0)
    added = (pl.col("after") - pl.max_horizontal(pl.col("first"), reached)).clip(lower_bound=0)
    return found.sort(*by, "first").with_columns(added=added).group_by(by).agg(covered=pl.col("added").sum())


def _extended(found: Found, items: Items, places: pl.DataFrame, skips: int) -> pl.DataFrame:
    hits = pl.DataFrame({"text": found.text, "here": found.position, "gram": found.gram}).join(places, on="gram")
    # Of n-grams that follow each other in both, the first reaches as far as any.
    hits = hits.with_columns(shift=pl.col("here") - pl.col("there")).sort("text", "item", "shift", "here")
    hits = hits.filter(pl.col("here").diff().over("text", "item", "shift").fill_null(0) != 1)
    here, there = hits["here"].to_numpy().astype(np.int64), hits["there"].to_numpy().astype(np.int64)
    text, item = hits["text"].to_numpy().astype(np.int64), hits["item"].to_numpy().astype(np.int64)
    room = np.minimum(found.words.ends[text - found.first] - here, items.words.ends[item] - there)
    length = _reach(found.words.words, here, items.words.words, there, room, items.n, skips)
    first = there - items.words.starts[item]
    long = length > items.n
    columns = {"text": text[long], "item": item[long], "first": first[long], "after": (first + length)[long]}
    return pl.DataFrame(columns, schema=SPANS)


def _reach(
    left: NDArray[np.uint64], here: I64, right: NDArray[np.uint64], there: I64, room: I64, n: int, skips: int
) -> I64:
    """How long each span is that begins with n equal words."""
    length = np.full(len(here), n, dtype=np.int64)
    unequal = np.zeros(len(here), dtype=np.int64)
    going = np.flatnonzero(room > n)
    offset = n
    while len(going):
        same = left[here[going] + offset] == right[there[going] + offset]
        unequal[going] += ~same
        length[going[same]] = offset + 1
        offset += 1
        going = going[(unequal[going] <= skips) & (room[going] > offset)]
    return length
