"""The frames that rules of `dedup` and `decontaminate` return."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.integer] | NDArray[np.floating]


def pairs(left: Numbers, right: Numbers, value: Numbers, threshold: str) -> pl.DataFrame:
    """Rows that are the same to a rule of `dedup`: numbers `left` < `right`, what was measured, and against what.

    A pair of value 1 says that the two are the very same to the rule. So a class of n such rows needs n - 1 pairs, the
    first with each other one, and what is near to one of them is near to all and needs one pair.
    """
    return pl.DataFrame(
        {
            "left": np.asarray(left, dtype=np.uint32),
            "right": np.asarray(right, dtype=np.uint32),
            "value": np.asarray(value, dtype=np.float64),
            "threshold": pl.repeat(threshold, len(left), dtype=pl.String, eager=True),
        }
    )


def matches(found: pl.DataFrame, threshold: str) -> pl.DataFrame:
    """Texts that match a benchmark item, for a rule of `decontaminate`: numbers `text` and `item`, what was measured
    (`value`), and against what. Where `found` has them, `convicts` says which pairs reach the threshold (all,
    otherwise), and `spans` which words of the item the text covers, as `first` and `after`."""
    return found.sort("text", "item").select(
        pl.col("text", "item").cast(pl.UInt32),
        pl.col("value").cast(pl.Float64),
        *(name for name in ("convicts", "spans") if name in found.columns),
        threshold=pl.lit(threshold),
    )


def stars(keys: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First–other pairs of the rows with equal keys; a missing key equals nothing."""
    frame = pl.DataFrame({"key": keys, "row": np.arange(len(keys))}).drop_nulls()
    frame = frame.with_columns(first=pl.col("row").min().over("key")).filter(pl.col("row") > pl.col("first"))
    return frame["first"].to_numpy().astype(np.int64), frame["row"].to_numpy().astype(np.int64)


def joined(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """One array of several, none included."""
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def ratio(part: pl.Series, whole: pl.Series) -> pl.Series:
    """`part` divided by `whole`; Polars divides a constant column by its reciprocal, and then 3 / 5 is not 0.6."""
    return pl.Series(part.to_numpy() / whole.to_numpy())
