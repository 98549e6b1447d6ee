"""Columns of texts that need not be in memory: computed anew, portion by portion, whenever they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tunec.runtime.base.workers import Settings, Work, Worked, Workers, each, name_of, named
from tunec.runtime.rows.portions import Held, Numbers, Rows, Wanted


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts that is computed anew, portion by portion, whenever it is read."""

    height: int
    read: Callable[[], Iterator[pl.Series]]
    find: Callable[[Numbers], pl.Series]
    scratch: Path | None = None
    held: pl.Series | None = None  # all of it, where it is in memory
    workers: Workers | None = None

    def __len__(self) -> int:
        return self.height

    def parts(self) -> Iterator[pl.Series]:
        """The texts in portions, one at least."""
        return self.read()

    def gather(self, numbers: Numbers) -> pl.Series:
        """The texts of some rows."""
        return self.find(numbers)

    def keys(self, form: Callable[[pl.Series], pl.Series]) -> pl.Series:
        """For every row what is equal exactly where a form of its text is: the form itself where texts are in memory,
        and otherwise a hash of 128 bits, 16 bytes a row. Missing where the form is. Workers know a form by its name."""
        if self.held is not None:
            return form(self.held)
        if self.workers is None:
            return pl.concat([key_of(form(part)) for part in self.parts()])
        found = each(self.workers, hashing, {"form": name_of(form)}, (part.to_frame("text") for part in self.parts()))
        return pl.concat([_key(one.frames[0]) for one in found])


def texts_of(column: pl.Series | Texts) -> Texts:
    """One thing of a column in memory and of one that is not."""
    if isinstance(column, Texts):
        return column
    return Texts(len(column), lambda: iter((column,)), column.gather, held=column)


def computed(rows: Rows, make: Callable[[pl.DataFrame], pl.Series], *wanted: Wanted) -> Texts:
    """The texts that a function makes of rows, of which it reads these columns."""
    if isinstance(rows, Held):
        return texts_of(make(rows.frame))
    return Texts(
        rows.height,
        lambda: (make(part) for part in rows.parts(*wanted)),
        lambda numbers: make(rows.at(numbers, *wanted)),
        rows.scratch,
        workers=rows.workers,
    )


def same(texts: pl.Series) -> pl.Series:
    """The form of texts that are equal where they are the same."""
    return texts


def hashing(settings: Settings) -> Work:
    """The task that hashes a form of texts."""
    form = named(settings["form"])
    return lambda part: Worked((_hashes(form(part["text"])),))


def key_of(texts: pl.Series) -> pl.Series:
    """A hash of 128 bits of each text, missing where the text is."""
    return _key(_hashes(texts))


def _hashes(texts: pl.Series) -> pl.DataFrame:
    """Both halves of a hash, missing where the text is."""
    halves = pl.DataFrame({"high": texts.hash(1), "low": texts.hash(2), "there": texts.is_not_null()})
    return halves.select(pl.when("there").then(pl.col(name)).alias(name) for name in ("high", "low"))


def _key(halves: pl.DataFrame) -> pl.Series:
    high, low = pl.col("high").cast(pl.UInt128), pl.col("low").cast(pl.UInt128)
    return halves.select((high * pl.lit(1 << 64, dtype=pl.UInt128) + low).alias("key")).to_series()
