"""The rows of a source whose contents lie in files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from tunec.runtime.rows.portions import InParts, Wanted


@dataclass(frozen=True, slots=True)
class Contents(InParts):
    """Contents in files, each with so many rows, and what stands beside them. The folder goes when this goes."""

    folder: TemporaryDirectory[str]
    files: tuple[tuple[str, int], ...]
    ids: pl.Series
    origin: str
    others: tuple[pl.Series, ...]

    @property
    def height(self) -> int:  # type: ignore[override]
        """How many rows."""
        return len(self.ids)

    @property
    def portion(self) -> int:  # type: ignore[override]
        """The rows of the largest file."""
        return max(many for _, many in self.files)

    @property
    def schema(self) -> Mapping[str, Any]:
        """The types of the columns."""
        return next(self.parts()).schema

    def parts(self, *wanted: Wanted) -> Iterator[pl.DataFrame]:
        """The rows, file by file."""
        nobody = pl.lit([], dtype=pl.List(pl.String)).alias("parents")
        start = 0
        for path, many in self.files:
            ids, others = (self.ids.slice(start, many), [column.slice(start, many) for column in self.others])
            identity = (ids, pl.lit(self.origin).alias("origin"), pl.col("position"), nobody)
            rows = pl.read_ipc(path).select(*identity, pl.exclude("position"), *others)
            yield rows.select(wanted) if wanted else rows
            start += many
