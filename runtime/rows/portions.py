"""Rows that need not be in memory: read in portions, by the columns that are asked for.

A stage that looks at all rows states `rows: Portions`. It is given a frame where that is small, and otherwise rows as
they lie in the store; `portioned` makes one thing of both. It reads facts of every row (`select`), a few rows (`at`),
and says which rows go on, by their numbers (`taken`). Expressions are such as look at one row alone.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.workers import Workers

Numbers: TypeAlias = NDArray[np.integer]
#: The name of a column, or an expression over the columns of one row.
Wanted: TypeAlias = str | pl.Expr

#: Rows of a group in a file of rows; published files have just these.
GROUP = 100_000


class Rows(ABC):
    """Rows in their order, `height` of them. What does not fit into memory while they are worked on is put into the
    folder `scratch` for a while. What is computed of each portion may be computed by `workers`."""

    height: int
    scratch: Path | None = None
    workers: Workers | None = None
    portion: int = GROUP  # rows that are read at once, about

    @property
    @abstractmethod
    def schema(self) -> Mapping[str, Any]:
        """The types of the columns."""

    @abstractmethod
    def parts(self, *wanted: Wanted) -> Iterator[pl.DataFrame]:
        """The rows in portions, one at least, with all columns or those that are wanted."""

    def at(self, numbers: Numbers, *wanted: Wanted) -> pl.DataFrame:
        """The rows of these numbers, in their order."""
        order = np.argsort(numbers, kind="stable")
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        found = list(filtered(self.parts(*wanted), np.asarray(numbers)[order]))
        return pl.concat(found, how="vertical_relaxed")[back]

    def select(self, *wanted: Wanted) -> pl.DataFrame:
        """Columns of all rows, in memory."""
        parts = list(self.parts(*wanted))
        return pl.concat(parts, how="vertical_relaxed")

    def whole(self) -> pl.DataFrame:
        """All of it, in memory."""
        return self.select()

    def column(self, name: str) -> pl.Series:
        """A column of all rows, in memory."""
        return self.select(name).to_series()

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.schema)

    @abstractmethod
    def taken(self, numbers: Numbers | None = None, more: Sequence[pl.Series] = ()) -> Any:
        """The rows of these numbers (all, without any), in their order, with more columns: a frame of a frame."""

    def kept(self, stays: NDArray[np.bool_]) -> Any:
        """The rows that stay."""
        return self.taken(np.flatnonzero(stays))


@dataclass(frozen=True, slots=True)
class Held(Rows):
    """Rows in memory."""

    frame: pl.DataFrame

    @property
    def height(self) -> int:  # type: ignore[override]
        """How many rows."""
        return self.frame.height

    @property
    def schema(self) -> Mapping[str, Any]:
        """The types of the columns."""
        return self.frame.schema

    def parts(self, *wanted: Wanted) -> Iterator[pl.DataFrame]:
        """All rows at once."""
        yield _seen(self.frame, wanted)

    def at(self, numbers: Numbers, *wanted: Wanted) -> pl.DataFrame:
        """The rows of these numbers, in their order."""
        return _seen(self.frame[numbers], wanted)

    def taken(self, numbers: Numbers | None = None, more: Sequence[pl.Series] = ()) -> pl.DataFrame:
        """The rows of these numbers, as a frame."""
        found = self.frame if numbers is None else self.frame[numbers]
        return found.with_columns(more) if more else found


class InParts(Rows):
    """Rows that are not in memory."""

    def taken(self, numbers: Numbers | None = None, more: Sequence[pl.Series] = ()) -> Chosen:
        """The rows of these numbers, which still lie where they are."""
        return Chosen(self, None if numbers is None else np.asarray(numbers, dtype=np.int64), tuple(more))


class OfOthers(InParts):
    """Rows that are made of others, `base`, and are read and put aside as those are."""

    base: Rows

    @property
    def scratch(self) -> Path | None:  # type: ignore[override]
        """Where the base puts what does not fit into memory."""
        return self.base.scratch

    @property
    def workers(self) -> Workers | None:  # type: ignore[override]
        """Who may compute what is wanted of portions."""
        return self.base.workers

    @property
    def portion(self) -> int:  # type: ignore[override]
        """How many rows are read at once, about."""
        return self.base.portion


@dataclass(frozen=True, slots=True)
class Stored(InParts):
    """Rows in a Parquet file. `portion` is how many of them are read at once."""

    path: Path
    height: int
    schema: Mapping[str, Any]
    portion: int
    scratch: Path | None = None
    workers: Workers | None = None

    @staticmethod
    def of(path: Path, size: int, scratch: Path | None = None, workers: Workers | None = None) -> Stored:
        """The rows of a file. A portion ends where a group of the file does, if it is that large."""
        scan = pl.scan_parquet(path, glob=False)
        height = int(scan.select(pl.len()).collect().item())
        return Stored(path, height, scan.collect_schema(), size // GROUP * GROUP or size, scratch, workers)

    def parts(self, *wanted: Wanted) -> Iterator[pl.DataFrame]:
        """The rows in portions."""
        for start in range(0, max(self.height, 1), self.portion):
            yield self._slice(start, self.portion, wanted)

    def at(self, numbers: Numbers, *wanted: Wanted) -> pl.DataFrame:
        """The rows of these numbers. Of every portion with some of them, the columns are read once."""
        order = np.argsort(numbers, kind="stable")
        ordered = np.asarray(numbers)[order]
        ends = np.searchsorted(ordered, np.arange(self.portion, self.height + self.portion, self.portion)).tolist()
        found, first = [self._slice(0, 0, wanted)], 0
        for portion, after in enumerate(ends):
            if after > first:
                start = portion * self.portion
                found.append(self._slice(start, self.portion, wanted)[ordered[first:after] - start])
            first = after
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pl.concat(found, how="vertical_relaxed")[back]

    def _slice(self, start: int, many: int, wanted: Sequence[Wanted]) -> pl.DataFrame:
        rows = pl.scan_parquet(self.path, glob=False).slice(start, many)
        return (rows.select(wanted) if wanted else rows).collect()


@dataclass(frozen=True, slots=True)
class Chosen(OfOthers):
    """Some rows of others, in any order, each as often as it is numbered; with more columns, and without some."""

    base: Rows
    numbers: NDArray[np.int64] | None = None  # all, where there are none
    more: tuple[pl.Series, ...] = ()
    without: frozenset[str] = frozenset()

    @property
    def height(self) -> int:  # type: ignore[override]
        """How many rows."""
        return self.base.height if self.numbers is None else len(self.numbers)

    @property
    def schema(self) -> Mapping[str, Any]:
        """The types of the columns."""
        more = {column.name: column.dtype for column in self.more}
        return {name: kind for name, kind in self.base.schema.items() if name not in self.without} | more

    def parts(self, *wanted: Wanted) -> Iterator[pl.DataFrame]:
        """The rows in portions; columns that were added are not looked for in the base."""
        added = {column.name for column in self.more}
        own = [name for name in wanted if isinstance(name, str) and name in added]
        if wanted and len(own) == len(wanted):
            yield pl.DataFrame(self.more).select(own)
            return
        start = 0
        for part in self._of_base():
            more = [column.slice(start, part.height) for column in self.more]
            start += part.height
            yield _seen(part.drop(self.without).with_columns(more), wanted)

    def at(self, numbers: Numbers, *wanted: Wanted) -> pl.DataFrame:
        """The rows of these numbers, in their order."""
        found = self.base.at(numbers if self.numbers is None else self.numbers[numbers])
        return _seen(found.drop(self.without).with_columns(column.gather(numbers) for column in self.more), wanted)

    def _of_base(self) -> Iterator[pl.DataFrame]:
        if self.numbers is None:
            yield from self.base.parts()
            return
        ascending = len(self.numbers) < 2 or bool((np.diff(self.numbers) > 0).all())
        parts = self.base.parts()
        yield from filtered(parts, self.numbers) if ascending else arranged(parts, self.numbers, self.base.scratch)


@dataclass(frozen=True, slots=True)
class Made(OfOthers):
    """What a function makes of other rows, portion by portion, one row of each."""

    base: Rows
    make: Callable[[pl.DataFrame], pl.DataFrame]

    @property
    def height(self) -> int:  # type: ignore[override]
        """How many rows."""
        return self.base.height

    @property
    def schema(self) -> Mapping[str, Any]:
        """The types of the columns."""
        return next(self.parts()).schema

    def parts(self, *wanted: Wanted) -> Iterator[pl.DataFrame]:
        """What is made of each portion."""
        for part in self.base.parts():
            yield _seen(self.make(part), wanted)


@dataclass(frozen=True, slots=True)
class Joined(InParts):
    """Rows of the same columns, one after another."""

    pieces: tuple[Rows, ...]
    scratch: Path | None = None

    @property
    def height(self) -> int:  # type: ignore[override]
        """How many rows."""
        return sum(piece.height for piece in self.pieces)

    @property
    def portion(self) -> int:  # type: ignore[override]
        """How many rows are read at once, about."""
        return max(piece.portion for piece in self.pieces)

    @property
    def workers(self) -> Workers | None:  # type: ignore[override]
        """Who may compute what is wanted of portions."""
        return self.pieces[0].workers

    @property
    def schema(self) -> Mapping[str, Any]:
        """The types of the columns."""
        return self.pieces[0].schema

    def parts(self, *wanted: Wanted) -> Iterator[pl.DataFrame]:
        """The portions of each piece."""
        for piece in self.pieces:
            yield from piece.parts(*wanted)


#: What an operator is given that states `rows: Portions`.
Portions: TypeAlias = pl.DataFrame | Rows


def portioned(rows: Portions) -> Rows:
    """One thing of a frame and of rows that lie in the store."""
    return Held(rows) if isinstance(rows, pl.DataFrame) else rows


def _seen(frame: pl.DataFrame, wanted: Sequence[Wanted]) -> pl.DataFrame:
    return frame.select(wanted) if wanted else frame


def without_split(rows: Rows, split: str) -> Chosen:
    """The rows of a split, which need not tell of it any more."""
    return Chosen(rows, np.flatnonzero((rows.column("split") == split).to_numpy()), (), frozenset({"split"}))


def filtered(parts: Iterable[pl.DataFrame], numbers: Numbers) -> Iterator[pl.DataFrame]:
    """The rows of these ascending numbers."""
    start = first = 0
    for part in parts:
        after = int(np.searchsorted(numbers, start + part.height))
        yield part[numbers[first:after] - start]
        start, first = start + part.height, after


def arranged(parts: Iterable[pl.DataFrame], numbers: Numbers, scratch: Path | None) -> Iterator[pl.DataFrame]:
    """The rows of these numbers in the order of the numbers, which may repeat: written to the portions of the result
    that they belong to, in the folder `scratch`, and each of these is put in order where it is read."""
    order = np.argsort(numbers, kind="stable")
    ordered = np.asarray(numbers)[order]
    start = first = size = 0
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        count = 0
        for count, part in enumerate(parts, 1):
            size = size or max(part.height, 1)
            after = int(np.searchsorted(ordered, start + part.height))
            place = order[first:after]
            rows = part[ordered[first:after] - start].with_columns(pl.Series(_PLACE, place, dtype=pl.Int64))
            for bucket in np.unique(place // size).tolist():
                here = rows.filter(pl.col(_PLACE) // size == bucket)
                here.write_ipc(f"{folder}/{bucket}-{count}.arrow", compression="lz4")
            start, first = start + part.height, after
        for bucket in range(-(-len(numbers) // size) if size else 0):
            files = (f"{folder}/{bucket}-{number}.arrow" for number in range(1, count + 1))
            found = [pl.read_ipc(file) for file in files if Path(file).exists()]
            yield pl.concat(found).sort(_PLACE).drop(_PLACE)


_PLACE = "__place"
