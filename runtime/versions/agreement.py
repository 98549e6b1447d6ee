"""How far a column of a version agrees with what people said of the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.runtime.models.intervals import wilson
from tunec.runtime.text.agreement import Corrected, Level, Rating, cohen, krippendorff, rogan_gladen

if TYPE_CHECKING:
    import polars as pl


class Unanswerable(Exception):
    """A version, or its columns, with which nothing can be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was measured. `rows` have a value in the column and a label of people; `interval` is that of `accuracy`, the
    share of them that are equal (Wilson, 95 %)."""

    column: str
    people: tuple[str, ...]
    level: Level
    all_rows: int
    rows: int
    accuracy: float
    interval: tuple[float, float]
    kappa: float | None
    alpha: float | None
    alpha_of_people: float | None
    at_least: float | None
    corrected: Corrected | None


def agreement(
    folder: Path, dataset: str | None, column: str, people: Sequence[str], level: str | None, at_least: float | None
) -> Agreement:
    """Measure it on all splits of a data set. Raises Unanswerable."""
    rows = _rows(folder, dataset)
    missing = [name for name in (column, *people) if name not in rows.columns]
    if missing:
        raise Unanswerable(f"no column `{missing[0]}`; there are {', '.join(rows.columns)}")
    ratings = [_plain(rows[name]) for name in (column, *people)]
    numbers = all(isinstance(r, float) for values in ratings for r in values if r is not None)
    if not numbers and (level in ("ordinal", "interval") or at_least is not None):
        raise Unanswerable("an order, distances and `--at-least` need columns of numbers")
    chosen: Level = "nominal" if level == "nominal" or not numbers else "ordinal" if level == "ordinal" else "interval"
    units = list(zip(*ratings, strict=True))
    pairs = [(own, label) for own, *others in units if own is not None and (label := _most(others)) is not None]
    if not pairs:
        raise Unanswerable(f"no row has a value in `{column}` and a label of people")
    equal = sum(own == label for own, label in pairs)
    return Agreement(
        column, tuple(people), chosen, rows.height, len(pairs), equal / len(pairs), wilson(equal, len(pairs)),
        cohen(pairs, chosen), krippendorff(units, chosen), krippendorff([unit[1:] for unit in units], chosen),
        at_least, None if at_least is None else _corrected(ratings[0], pairs, at_least),
    )  # fmt: skip


def _rows(folder: Path, dataset: str | None) -> pl.DataFrame:
    import polars as pl

    names = sorted(path.name for path in (folder / "datasets").glob("*") if path.is_dir())
    if dataset is None and len(names) != 1:
        raise Unanswerable(f"name one of the data sets with --dataset: {', '.join(names) or 'there are none'}")
    if dataset is not None and dataset not in names:
        raise Unanswerable(f"no data set `{dataset}`; there are {', '.join(names)}")
    files = sorted((folder / "datasets" / (dataset or names[0])).glob("*.parquet"))
    return pl.concat([pl.read_parquet(file, glob=False) for file in files], how="diagonal_relaxed")


def _plain(column: pl.Series) -> list[Rating]:
    """Values that can be compared: numbers and truth as numbers, texts that are all numbers too."""
    import polars as pl

    if column.dtype == pl.String:
        numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
        column = numbers if numbers.null_count() == column.null_count() else column
    elif column.dtype.is_nested() or column.dtype.is_temporal():
        raise Unanswerable(f"`{column.name}` holds no labels, but {column.dtype}")
    else:
        column = column.cast(pl.Float64)
    return column.to_list()


def _most(labels: Sequence[Rating]) -> Rating:
    """The most frequent label; None where there is none, or several are as frequent."""
    counts = Counter(label for label in labels if label is not None).most_common(2)
    return None if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]) else counts[0][0]


def _corrected(own: Sequence[Rating], pairs: Sequence[tuple[Rating, Rating]], at_least: float) -> Corrected | None:
    known = [float(value) for value in own if value is not None]
    both = [(float(a or 0) >= at_least, float(b or 0) >= at_least) for a, b in pairs]
    positives, negatives = sum(b for _, b in both), sum(not b for _, b in both)
    found, rejected = sum(a and b for a, b in both), sum(not a and not b for a, b in both)
    return rogan_gladen(sum(v >= at_least for v in known), len(known), found, positives, rejected, negatives)
