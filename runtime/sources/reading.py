"""Reads sources: files to records, records to rows. What cannot be read is set aside with its place, never lost."""

from __future__ import annotations

import glob
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from tunec.compiler.names import closest
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.operator import OperatorError
from tunec.runtime.rows import identify
from tunec.runtime.values import Files, FormatError, RowFormat

if TYPE_CHECKING:
    import polars as pl

#: More bad records than this share stop the build.
MOST_BAD = 0.01
_SHOWN = 200  # characters of a bad record that are kept
_BROKEN = (OSError, EOFError, zlib.error)  # what readers of packed files raise


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its number in the source, counted from zero (for line formats: the line)."""

    number: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Records as a table, the first with this number (a `pyarrow.RecordBatch`)."""

    number: int
    batch: Any

    def records(self) -> Iterator[Record]:
        """The records one by one."""
        for offset, value in enumerate(self.batch.to_pylist()):
            yield Record(self.number + offset, value)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A piece of a source that is no record."""

    number: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a source, and what had to be set aside."""

    rows: pl.DataFrame
    bad: tuple[Unreadable, ...]


def paths_of(path: str, folder: Path) -> list[Path]:
    """The files that a path of a spec names, sorted; a glob may name several."""
    full = folder / path
    if glob.has_magic(path):
        # Not Path.glob: the pattern may climb (`../data/*.jsonl`) or be absolute.
        return sorted(Path(p) for p in glob.glob(str(full), recursive=True) if Path(p).is_file())  # noqa: PTH207
    return [full]


def _open(name: str) -> BinaryIO:
    try:
        if name.endswith(".gz"):
            return gzip.open(name, "rb")  # type: ignore[return-value]
        file = Path(name).open("rb")  # noqa: SIM115 - closed by who reads it
        if not name.endswith(".zst"):
            return file
        import pyarrow as pa

        # Unlike zstandard's own reader it tells where a file was cut short; it has no lines, a buffer over it has.
        return cast(BinaryIO, io.BufferedReader(pa.input_stream(file, compression="zstd")))
    except OSError as error:
        raise OperatorError(f"{name}: {error.strerror}") from error


def bytes_of(files: Files) -> Iterator[tuple[str, bytes]]:
    """The unpacked content of each file."""
    for name in files.paths:
        with _open(name) as file:
            try:
                yield name, file.read()
            except _BROKEN as error:
                raise OperatorError(f"{name}: cannot be unpacked: {error}") from error


def decoded(data: bytes) -> tuple[str, bool]:
    """The text of a file, and whether some bytes of it are no UTF-8. Those stand in it as halves of characters, so that
    a `�` of the file is told from them; `shown` makes them one."""
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return data.decode("utf-8-sig", errors="surrogateescape"), True


def shown(text: str) -> str:
    """A decoded text, with `�` for bytes that are no UTF-8."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


#: Half of a character beyond U+FFFF as JSON escapes it; whole ones have two of these.
HALF = re.compile(r"\\u[dD][89a-fA-F]")


def is_whole(value: Any) -> bool:
    """Whether all texts in a JSON value can be written: JSON may hold half a character, UTF-8 cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def lines_of(files: Files) -> Iterator[tuple[int, str | Unreadable]]:
    """The lines of all files that are not blank, with numbers that run on from file to file."""
    number = 0
    for name in files.paths:
        with _open(name) as file:
            try:
                for raw in file:
                    line = raw.removeprefix(b"\xef\xbb\xbf") if number == 0 or raw[:3] == b"\xef\xbb\xbf" else raw
                    if line.strip():
                        yield number, _text(number, line)
                    number += 1
            except _BROKEN as error:
                raise OperatorError(f"{name}: cannot be unpacked: {error}") from error


def _text(number: int, line: bytes) -> str | Unreadable:
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        reason = f"no UTF-8: byte 0x{line[error.start]:02x} at column {error.start + 1}"
        return Unreadable(number, reason, line.decode("utf-8", errors="replace").rstrip())


def read(
    records: Iterable[Record | Unreadable | Table],
    row_format: RowFormat,
    origin: str,
    columns: tuple[str, ...],
    limit: int | None,
    tolerant: bool,
    name: str,
) -> Reading:
    """Turn records into the rows of a source.

    `origin` is the fingerprint that the rows carry, `columns` the other columns to keep as `meta.NAME`. Raises
    OperatorError where a column is missing altogether, or where more than one record in a hundred is bad and the source
    is not `tolerant`.
    """
    content: list[dict[str, Any]] = []
    meta: list[dict[str, Any]] = []
    numbers: list[int] = []
    frames: list[pl.DataFrame] = []
    bad: list[Unreadable] = []
    missing: dict[str, int] = {}
    seen: dict[str, None] = {}

    def flush() -> None:
        if content or not frames:
            frames.append(_frame(content, meta, numbers, row_format, columns))
        content.clear()
        meta.clear()
        numbers.clear()

    for record in _singly(records, row_format, columns, limit):
        if isinstance(record, Unreadable):
            bad.append(record)
            continue
        if not isinstance(record, Record):
            if content:
                flush()
            frames.append(record)
            continue
        try:
            row = row_format.content(record.value)
        except FormatError as error:
            if error.column is not None:
                missing[error.column] = missing.get(error.column, 0) + 1
                seen |= dict.fromkeys(record.value)
            bad.append(Unreadable(record.number, str(error), repr(record.value)))
            continue
        made = row if isinstance(row, list) else [row]
        content += made
        meta += [{c: record.value.get(c) for c in columns}] * len(made)
        numbers += [record.number] * len(made)
    flush()
    found = sum(frame.height for frame in frames)
    total = found + len(bad)
    if total == 0:
        raise OperatorError(f"{name}: is empty")
    if not found and missing:
        column = max(missing, key=lambda c: missing[c])
        near = closest(column, seen)
        hint = f"; did you mean `{near}`?" if near else ""
        raise OperatorError(
            f"{name}: has no column `{column}` for the format {row_format.name}; it has {', '.join(seen)}{hint}"
        )
    if len(bad) > MOST_BAD * total and not tolerant:
        places = "\n".join(f"  {place(name, b.number)}: {b.reason}" for b in bad[:5])
        more = f"\n  and {len(bad) - 5:,} more" if len(bad) > 5 else ""
        raise OperatorError(
            f"{name}: {len(bad):,} of {total:,} records are bad, more than 1 in 100:\n{places}{more}\n"
            "  mend them, or write `on_error: skip` in the source"
        )
    return Reading(_identified(frames, RowType(row_format.rows), origin), tuple(bad))


def place(name: str, number: int) -> str:
    """`FILE:LINE` of a record, counted from one."""
    return f"{name}:{number + 1}"


def _singly(
    records: Iterable[Record | Unreadable | Table], row_format: RowFormat, columns: tuple[str, ...], limit: int | None
) -> Iterator[Record | Unreadable | pl.DataFrame]:
    """At most `limit` records: tables that the format takes as they are become frames, others are taken apart."""
    left = limit
    for item in records:
        if left is not None and left <= 0:
            return
        if not isinstance(item, Table):
            yield item
            left = left - 1 if left is not None else None
            continue
        part = item if left is None else Table(item.number, item.batch.slice(0, left))
        frame = _taken(part, row_format, columns)
        if frame is not None:
            yield frame
        else:
            yield from part.records()
        left = left - part.batch.num_rows if left is not None else None


def _taken(table: Table, row_format: RowFormat, columns: tuple[str, ...]) -> pl.DataFrame | None:
    """The rows of a table as they stand, or None where a record of it has to be looked at."""
    import polars as pl

    if row_format.plain is None:
        return None
    whole = pl.from_arrow(table.batch)
    assert isinstance(whole, pl.DataFrame)
    taken: dict[str, pl.Series] = {}
    types = content_schema(RowType(row_format.rows))
    for name, column in row_format.plain.items():
        # Choices and answers may be numbers.
        numbers = row_format.rows == "choice" and name != "question"
        values = _column(whole, column, name in row_format.optional, numbers)
        if values is None or values.dtype != types[name]:
            return None
        taken[name] = values
    for column in columns:
        taken[f"meta.{column}"] = (
            whole[column] if column in whole.columns else pl.repeat(None, whole.height, dtype=pl.Null, eager=True)
        )
    positions = pl.int_range(table.number, table.number + whole.height, dtype=pl.Int64, eager=True)
    return pl.DataFrame({"position": positions, **taken})


def _column(whole: pl.DataFrame, column: str | list[str] | None, optional: bool, numbers: bool) -> pl.Series | None:
    """A content column, or None where a value of it has to be looked at."""
    import polars as pl

    if isinstance(column, list):
        parts = [_column(whole, name, optional, numbers) for name in column]
        if not parts:
            return pl.Series([[]] * whole.height, dtype=pl.List(pl.String))
        if any(part is None or part.dtype != pl.String for part in parts):
            return None
        return pl.select(pl.concat_list(parts)).to_series()
    if column is None or (optional and column not in whole.columns):
        return pl.repeat("", whole.height, dtype=pl.String, eager=True)
    if column not in whole.columns:
        return None
    values = whole[column]
    if optional and values.dtype == pl.String:
        values = values.fill_null("")
    whole_items = values.explode(empty_as_null=False) if values.dtype == pl.List(pl.String) else values
    if whole_items.has_nulls():
        return None
    return values.cast(pl.String) if numbers and values.dtype.is_integer() else values


def _frame(
    content: list[dict[str, Any]],
    meta: list[dict[str, Any]],
    numbers: list[int],
    row_format: RowFormat,
    columns: tuple[str, ...],
) -> pl.DataFrame:
    import polars as pl

    rows = RowType(row_format.rows)
    types = content_schema(rows)
    data: dict[str, pl.Series] = {"position": pl.Series("position", numbers, pl.Int64)}
    for column in CONTENT[rows]:
        data[column] = pl.Series(column, [row.get(column) for row in content], types[column])
    for column in columns:
        data[f"meta.{column}"] = pl.Series(f"meta.{column}", [row[column] for row in meta], strict=False)
    return pl.DataFrame(data)


def _identified(frames: list[pl.DataFrame], rows: RowType, origin: str) -> pl.DataFrame:
    import polars as pl

    whole = pl.concat(frames, how="vertical_relaxed")
    nobody = pl.lit([], dtype=pl.List(pl.String)).alias("parents")
    identity = (identify(whole, rows), pl.lit(origin).alias("origin"), pl.col("position"), nobody)
    return whole.select(*identity, pl.exclude("position"))


def content_schema(rows: RowType) -> dict[str, pl.DataType]:
    """The Polars types of the content columns of a row type."""
    import polars as pl

    message = pl.Struct({"role": pl.String, "content": pl.String})
    special: dict[str, Any] = {"messages": pl.List(message), "choices": pl.List(pl.String)}
    return {c: special.get(c, pl.String()) for c in CONTENT[rows]}
