"""Reads files: what connectors give, and how they get at the bytes and lines of a file."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from tunec.compiler.contents import BZIP2, GZIP, ZSTD
from tunec.compiler.files import regular
from tunec.compiler.patterns import is_pattern, named_by
from tunec.dsl.record import record
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Budget, Files
from tunec.runtime.sources.bounds import Watched, lines_within, whole

_BROKEN = (OSError, EOFError, zlib.error)  # what readers of packed files raise
#: How deep lists and objects may be nested. A fixed bound: what the interpreter can take depends on who asks.
DEEPEST = 200


@record
class Record:
    """A record with its number in the source, counted from zero (for line formats: the line)."""

    number: int
    value: dict[str, Any]


@record
class Table:
    """Records as a table, the first with this number (a `pyarrow.RecordBatch`)."""

    number: int
    batch: Any

    def records(self) -> Iterator[Record | Unreadable]:
        """The records one by one. Objects in them have no keys without a value: a table gives each of them the keys of
        all. Maps are objects; a record with one that has a key twice cannot be read."""
        from tunec.runtime.sources.tables import DoubledKey, listed, shaper

        names = self.batch.schema.names
        columns = [listed(column) for column in self.batch.columns]
        shapes = {n: s for n, column in enumerate(self.batch.columns) if (s := shaper(column.type)) is not None}
        for offset, row in enumerate(zip(*columns, strict=True)):
            values = list(row)
            try:
                for index, shape in shapes.items():
                    values[index] = None if row[index] is None else shape(row[index])
            except DoubledKey as error:
                told = json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str)
                yield Unreadable(self.number + offset, f"has the key `{error}` twice", told)
                continue
            yield Record(self.number + offset, dict(zip(names, values, strict=True)))


@record
class Unreadable:
    """A piece of a source that is no record."""

    number: int
    reason: str
    text: str


@record
class Begin:
    """The next of the files begins here: what follows is of it, and its first line or record has this number.

    `texts`: its records hold texts alone, which may stand for numbers.
    """

    number: int
    texts: bool = False


def sound(number: int, batch: Any) -> Iterator[Table | Unreadable]:
    """The rows of a batch, the first of which has this number, without those whose texts are not UTF-8."""
    import pyarrow as pa

    start = 0
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        for row in range(batch.num_rows):
            try:
                batch.slice(row, 1).validate(full=True)
            except pa.ArrowInvalid as error:
                if row > start:
                    yield Table(number + start, batch.slice(start, row - start))
                reason = "not UTF-8" if "UTF8" in str(error) else str(error)
                yield Unreadable(number + row, reason, _bytes_of(batch.slice(row, 1)))
                start = row + 1
    if start < batch.num_rows:
        yield Table(number + start, batch.slice(start))


def _bytes_of(row: Any) -> str:
    """The texts of a row, with `�` for what is not UTF-8."""
    import pyarrow as pa

    texts = [
        column for column in row.columns if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    ]
    values = [column.cast(pa.large_binary()).to_pylist()[0] for column in texts]
    return " ".join(value.decode(errors="replace") for value in values if value is not None)


#: What connectors give.
Item = Record | Table | Unreadable | Begin


def all_of(paths: Iterable[str], folder: Path) -> list[Path]:
    """The files that several paths name, in their order, each once."""
    found: dict[str, Path] = {}
    for path in paths:
        for file in paths_of(path, folder):
            found.setdefault(os.path.realpath(file), file)
    return list(found.values())


def paths_of(path: str, folder: Path) -> list[Path]:
    """The files that a path of a spec names, sorted; a glob may name several.

    What is there under that very name is meant as it stands, whatever marks are in it.
    """
    full = folder / path
    if full.exists() or not is_pattern(path):
        return [full]
    return named_by(path, folder)


@contextmanager
def opened(name: str, budget: Budget | None = None) -> Iterator[BinaryIO]:
    """A file, unpacked. What goes wrong is an OperatorError with its name."""
    try:
        with _open(name, budget) as file:
            try:
                yield file
            except _BROKEN as error:
                raise OperatorError(f"{name}: cannot be unpacked: {error}") from error
    except OSError as error:
        raise OperatorError(f"{name}: {error.strerror}") from error


def _open(name: str, budget: Budget | None) -> BinaryIO:
    if budget is not None:
        return cast(BinaryIO, io.BufferedReader(_Bounded(_packed(name, light=True), budget)))
    return _packed(name, light=False)


def _packed(name: str, light: bool) -> BinaryIO:
    file = regular(name)
    begin = file.peek(4)[:4]  # the name may say otherwise: downloads are unpacked on the way, and files renamed
    if begin.startswith(GZIP):
        import gzip

        unpacked: Any = gzip.GzipFile(fileobj=file)
    elif begin.startswith(BZIP2):
        import bz2

        unpacked = bz2.BZ2File(file)
    elif not begin.startswith(ZSTD):
        return file
    elif light:
        import zstandard

        unpacked = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    else:
        import pyarrow as pa

        # Unlike zstandard's own reader it tells where a file was cut short.
        unpacked = pa.input_stream(file, compression="zstd")
    # It has no lines, or slow ones; a buffer over it has.
    return cast(BinaryIO, io.BufferedReader(Watched(unpacked, name), 1 << 17))


class _Bounded(io.RawIOBase):
    """A file that ends where a budget does."""

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file, self._budget = file, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), max(self._budget.left, 1)))
        if data and self._budget.left <= 0:
            self._budget.spent = True
            return 0
        self._budget.left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def bytes_of(files: Files) -> Iterator[tuple[str, bytes]]:
    """The unpacked content of each file."""
    for name in files.paths:
        with opened(name, files.budget) as file:
            data = whole(file, name)
        yield name, data


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
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


#: A colon apart from its key, as JSON allows.
_APART = re.compile(r'"[ \t\r]+:')


def twice_in(line: str, record: dict[str, Any] | list[Any]) -> str | None:
    """A key that an object of a text of JSON has twice, at any depth, of which only the last value was read."""
    # As many colons after quotes as keys, none apart from its key: none was lost. Otherwise some text says the same.
    if line.count('":') == _keys(record) and not _APART.search(line):
        return None
    return twice_of(json.loads(line, object_pairs_hook=pairs_of))


def _keys(value: dict[str, Any] | list[Any]) -> int:
    """How many keys a value of JSON has in all its objects."""
    count, values = (len(value), value.values()) if type(value) is dict else (0, value)
    for within in values:
        if type(within) is dict or type(within) is list:
            count += _keys(within)
    return count


class _Twice(dict[str, Any]):
    """An object that has a key twice, or an object within that has."""

    key = ""


def pairs_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON that remembers whether a key stands twice in it; for `object_pairs_hook`."""
    found = dict(pairs)
    key: str | None
    if len(found) < len(pairs):
        key = next(key for n, (key, _) in enumerate(pairs) if any(key == other for other, _ in pairs[:n]))
    else:
        inner = (value for value in found.values() if type(value) in (list, _Twice))
        key = next((key for value in inner if (key := twice_of(value)) is not None), None)
    if key is None:
        return found
    twice = _Twice(found)
    twice.key = key
    return twice


def twice_of(value: Any) -> str | None:
    """The key that stands twice in an object that was read with `pairs_of`, or in one of a list."""
    if isinstance(value, _Twice):
        return value.key
    if isinstance(value, list):
        return next((key for within in value if (key := twice_of(within)) is not None), None)
    return None


#: What people call the values of JSON.
_CALLED = {
    dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false",
    type(None): "null",
}  # fmt: skip


def called(value: Any) -> str:
    """What kind of value this is, in words."""
    return _CALLED.get(type(value), type(value).__name__)


def within(value: Any) -> str:
    """Where the records of a JSON file are that is an object and no array of them, as the end of a message."""
    lists = [key for key, item in value.items() if isinstance(item, list)] if isinstance(value, dict) else []
    if not lists:
        return ""
    return f"; if its records are in `{lists[0]}`, write that array into a file of its own"


def is_deep(text: str) -> bool:
    """Whether lists and objects of a JSON text stand in one another deeper than `DEEPEST`."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for mark in _MARKS.findall(text):
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif mark in "]}":
            depth -= 1
    return False


#: A byte order mark. Files that were put together have one in their middle.
_BOM = codecs.BOM_UTF8
#: What a depth is counted by; a bracket within a text is none.
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"?|[][{}]', re.S)


def lines_of(files: Files) -> Iterator[tuple[int, str | Unreadable | Begin]]:
    """The lines of all files that are not blank, with numbers that run on from file to file, and where each begins."""
    number = 0
    for name in files.paths:
        yield number, Begin(number)
        with opened(name, files.budget) as file:
            for raw in lines_within(file, name):
                line = raw.removeprefix(_BOM)
                if line.strip():
                    yield number, _text(number, line)
                number += 1


def _text(number: int, line: bytes) -> str | Unreadable:
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Unreadable(number, "UTF-16 text; expected UTF-8", line.decode("utf-8", errors="replace").rstrip())
        reason = f"not UTF-8: byte 0x{line[error.start]:02x} at column {error.start + 1}"
        return Unreadable(number, reason, line.decode("utf-8", errors="replace").rstrip())
