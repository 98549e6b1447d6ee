"""Records to the rows of a source. What cannot be read is set aside with its location, never lost."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.names import closest
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.base.memory import Memory
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.rows.frame import identify
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.rows.nested import typed
from tunec.runtime.sources.aside import Aside
from tunec.runtime.sources.columns import Column, column_of
from tunec.runtime.sources.reading import Begin, Item, Record, Table, Unreadable
from tunec.runtime.sources.reasons import told_reasons
from tunec.runtime.sources.sessions import by_file
from tunec.runtime.sources.tables import beyond_calendar, series_of

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Portions

#: Records of which a frame is made at once.
_FLUSHED = 20_000
#: More bad records than this share stop the build.
MOST_BAD = 0.01


@dataclass(frozen=True, slots=True)
class Origin:
    """What the rows of a source come from: its `name` as the spec has it, the fingerprint that its rows carry, and the
    names of its files."""

    name: str
    print: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a source, and what had to be set aside.

    `starts` are the numbers at which its files begin, `notes` what a person should know of its columns, `mixed` the
    columns that are JSON text because their values were of several types.
    """

    rows: Portions
    bad: tuple[Unreadable, ...]
    starts: tuple[int, ...]
    notes: tuple[str, ...]
    mixed: Mapping[str, str]


def read(
    items: Iterable[Item],
    row_format: RowFormat,
    origin: Origin,
    columns: tuple[str, ...],
    limit: int | None,
    tolerant: bool,
    bound: Memory | None = None,
    scratch: Path | None = None,
) -> Reading:
    """Turn records into the rows of a source, with the other columns to keep as `meta.NAME`. Contents that are too
    large for the bound on memory lie in the folder `scratch`; the other columns are in memory.

    Raises OperatorError where a column is missing altogether, or where more than one record in a hundred is bad and the
    source is not `tolerant`.
    """
    gathered = _Gathered(row_format, origin, {c: [] for c in columns}, {c: [] for c in columns})
    aside = None if bound is None else Aside(RowType(row_format.rows), bound, scratch)
    for item in _limited(by_file(items) if row_format.by_file else items, limit):
        if isinstance(item, Record | Unreadable):
            gathered.add(item)
            if len(gathered.content) >= _FLUSHED:
                gathered.flush()
        elif isinstance(item, Table):
            gathered.add_table(item)
        else:
            gathered.starts.append(item.number)
            gathered.texts |= item.texts
        if aside is not None:
            gathered.frames = aside.take(gathered.frames)
    if aside is not None and aside.height:
        gathered.flush()
        gathered.frames = aside.take(gathered.frames, everything=True)
        gathered.aside = aside
    gathered.check(tolerant)
    return gathered.reading()


def _limited(items: Iterable[Item], limit: int | None) -> Iterator[Item]:
    """At most `limit` records."""
    if limit is None:
        yield from items
        return
    left = limit
    for item in items:
        if isinstance(item, Begin):
            yield item
            continue
        if left <= 0:
            return
        part = Table(item.number, item.batch.slice(0, left)) if isinstance(item, Table) else item
        yield part
        left -= part.batch.num_rows if isinstance(part, Table) else 1


def _told(record: dict[str, Any]) -> str:
    """A record as people know it, whatever values a table has put into it."""
    return json.dumps(record, ensure_ascii=False, default=str).encode(errors="replace").decode()


@dataclass(slots=True)
class _Gathered:
    """What has come so far."""

    row_format: RowFormat
    origin: Origin
    meta: dict[str, list[list[Any] | pl.Series]]  # the other columns, in parts
    others: dict[str, list[Any]]  # values of theirs that are no part yet, one for each row of `content`
    content: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    bad: list[Unreadable] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    texts: bool = False
    notes: dict[str, None] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)  # how many records lack a column that the format needs
    seen: dict[str, None] = field(default_factory=dict)  # the columns that bad records have
    aside: Aside | None = None  # what lies aside; then all of it does

    def add(self, record: Record | Unreadable) -> int:
        """Take in a record; gives how many rows it made."""
        if isinstance(record, Unreadable):
            self.bad.append(record)
            return 0
        try:
            row = self.row_format.content(record.value)
        except FormatError as error:
            if error.column is not None:
                self.missing[error.column] = self.missing.get(error.column, 0) + 1
            self.seen |= dict.fromkeys(record.value)
            self.bad.append(Unreadable(record.number, str(error), _told(record.value)))
            return 0
        if not isinstance(row, list):
            self.content.append(row)
            self.numbers.append(record.number)
            for name, values in self.others.items():
                values.append(record.value.get(name))
            return 1
        self.content += row
        self.numbers += [record.number] * len(row)
        for name, values in self.others.items():
            values += [record.value.get(name)] * len(row)
        return len(row)

    def add_table(self, table: Table) -> None:
        """Take in a table, as it stands where the format allows it."""
        self.flush()
        frame = taken(table, self.row_format)
        if frame is not None:
            self.frames.append(frame)
            self._add_meta(table, None)
            return
        made = [self.add(record) for record in table.records()]
        self.others = {}  # they are taken from the table, which knows their types
        self.flush()
        self._add_meta(table, [row for row, count in enumerate(made) for _ in range(count)])

    def _add_meta(self, table: Table, rows: list[int] | None) -> None:
        import polars as pl

        for name, parts in self.meta.items():
            count = table.batch.num_rows if rows is None else len(rows)
            if name not in table.batch.schema.names:
                parts.append(pl.Series(name, [None] * count, pl.Null))
                continue
            array = table.batch.column(name)
            column = series_of(array, name)
            if beyond_calendar(array.type, column):
                self.notes[
                    f"`meta.{name}`: some times lie beyond the years 1 to 9999, so all are kept as numbers since 1970"
                ] = None
            if rows is None:
                parts.append(column)
            else:
                parts.append(column.gather(rows) if isinstance(column, pl.Series) else [column[row] for row in rows])

    def flush(self) -> None:
        """Make a frame of the records that have come since the last."""
        if self.content:
            self.frames.append(_frame(self.content, self.numbers, RowType(self.row_format.rows)))
        for name, values in self.others.items():
            if values:
                self.meta[name].append(values)
        self.content, self.numbers, self.others = [], [], {name: [] for name in self.meta}

    def check(self, tolerant: bool) -> None:
        """Raise OperatorError where this is no source of rows."""
        self.flush()
        found = sum(frame.height for frame in self.frames) if self.aside is None else self.aside.height
        total, name = found + len(self.bad), self.origin.name
        if total == 0:
            raise OperatorError(f"{name}: is empty")
        absent = [column for column in self.missing if column not in self.seen]
        if not found and absent:
            column = max(absent, key=lambda c: self.missing[c])
            near = closest(column, self.seen)
            hint = f"; did you mean `{near}`?" if near else ""
            raise OperatorError(
                f"{name}: has no column `{column}` for the format {self.row_format.name}; "
                f"it has {', '.join(self.seen)}{hint}"
            )
        if len(self.bad) > MOST_BAD * total and not tolerant:
            shown = "\n".join(f"  {line}" for line in told_reasons(self.bad, self.locate))
            raise OperatorError(
                f"{name}: {len(self.bad):,} of {total:,} records are invalid, more than 1 in 100:\n{shown}\n"
                "  fix them, or write `on_error: skip` in the source"
            )

    def locate(self, number: int) -> str:
        """`FILE:LINE` of a record."""
        return located(number, self.starts, self.origin.files, self.origin.name)

    def reading(self) -> Reading:
        """All of it."""
        import polars as pl

        rows = RowType(self.row_format.rows)
        if self.aside is not None:
            return self._reading(self.aside)
        whole = pl.concat(self.frames) if self.frames else _frame([], [], rows)
        made = self._columns(whole["position"])
        nobody = pl.lit([], dtype=pl.List(pl.String)).alias("parents")
        identity = (identify(whole, rows), pl.lit(self.origin.print).alias("origin"), pl.col("position"), nobody)
        others = [column.values.alias(f"meta.{name}") for name, column in made.items()]
        return self._with(whole.select(*identity, pl.exclude("position"), *others), made)

    def _reading(self, aside: Aside) -> Reading:
        """The same, where the contents lie aside."""
        made = self._columns(aside.numbers())
        others = [column.values.alias(f"meta.{name}") for name, column in made.items()]
        return self._with(aside.rows(self.origin.print, others), made)

    def _columns(self, numbers: pl.Series) -> dict[str, Column]:
        """The other columns; the rows have these numbers."""
        return {
            name: column_of(name, parts, self.texts, lambda row: self.locate(numbers[row]))
            for name, parts in self.meta.items()
        }

    def _with(self, rows: Portions, made: Mapping[str, Column]) -> Reading:
        return Reading(
            rows,
            tuple(self.bad),
            tuple(self.starts),
            (*self.notes, *(note for column in made.values() for note in column.notes)),
            {name: column.mixed for name, column in made.items() if column.mixed},
        )


def located(number: int, starts: Sequence[int], files: Sequence[str], name: str) -> str:
    """`FILE:LINE` of a record, counted from one: the file of a source that it stands in, and its line there.

    `starts` are the numbers at which the files begin; of a source without files its `name` is given.
    """
    index = bisect_right(starts, number) - 1
    if not 0 <= index < len(files):
        return f"{name}:{number + 1}"
    return f"{files[index]}:{number - starts[index] + 1}"


def start_of(number: int, starts: Sequence[int]) -> int:
    """The number at which the file of a record begins."""
    return max((start for start in starts if start <= number), default=0)


def taken(table: Table, row_format: RowFormat) -> pl.DataFrame | None:
    """The content of a table's rows as it stands, or None where a record of it has to be looked at."""
    import polars as pl

    if row_format.plain is None or not row_format.watched.isdisjoint(table.batch.schema.names):
        return None
    found: dict[str, pl.Series] = {}
    types = content_schema(RowType(row_format.rows))
    for name, column in row_format.plain.items():
        values = _column(table.batch, column, name in row_format.optional)
        if values is None or values.dtype != types[name]:
            return None
        found[name] = values
    positions = pl.int_range(table.number, table.number + table.batch.num_rows, dtype=pl.Int64, eager=True)
    return pl.DataFrame({"position": positions, **found})


def _column(batch: Any, column: str | None, optional: bool) -> pl.Series | None:
    """A content column, or None where a value of it has to be looked at."""
    import polars as pl

    names = batch.schema.names
    if column is None or (optional and column not in names):
        return pl.repeat(None, batch.num_rows, dtype=pl.String, eager=True)
    if names.count(column) != 1:
        return None
    values = series_of(batch.column(column), column)
    if isinstance(values, list) or (values.has_nulls() and not optional):
        return None
    return values


def _frame(content: list[dict[str, Any]], numbers: list[int], rows: RowType) -> pl.DataFrame:
    import polars as pl

    types = content_schema(rows)
    data: dict[str, pl.Series] = {"position": pl.Series("position", numbers, pl.Int64)}
    for column in CONTENT[rows]:
        data[column] = typed(column, [row.get(column) for row in content], types[column])
    return pl.DataFrame(data)
