"""How much a file may turn out to hold: what is packed can be a thousand times what lies on the disk, or endless."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from tunec.runtime.base.operator import OperatorError

#: The longest line, the largest file that is read as a whole, and how much may be unpacked of a file at any ratio.
LINE, WHOLE, UNPACKED = 1 << 26, 1 << 31, 1 << 28
#: How often a packed file may hold its own size. Texts are packed to a tenth or so; zeros to a thousandth.
RATIO = 250
#: Likewise of tables, whose columns are coded too; and how many rows may come of a byte.
TABLE_RATIO, ROWS_OF_BYTE = 1000, 100
#: Bytes of a table that are in memory twice at most.
BATCH_BYTES = 1 << 26

Text = TypeVar("Text", str, bytes)
_Line = TypeVar("_Line", str, bytes, covariant=True)


class _Lines(Protocol[_Line]):
    def readline(self, size: int, /) -> _Line: ...


class Watched(io.RawIOBase):
    """An unpacked file. Raises OperatorError where far more comes of it than lies on the disk."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name, self._packed, self._came = file, name, Path(name).stat().st_size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._came += len(data)
        if self._came > UNPACKED and self._came > RATIO * self._packed:
            raise OperatorError(
                f"{self._name}: more than {self._came >> 20:,} MB come out of {self._packed:,} bytes: not real data"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def lines_within(file: _Lines[Text], name: str) -> Iterator[Text]:
    """The lines of a file. Raises OperatorError where one has no end in sight."""
    number = 0
    while line := file.readline(LINE + 1):
        number += 1
        if len(line) > LINE:
            raise OperatorError(f"{name}:{number}: a line of more than {LINE >> 20} MB")
        yield line


def whole(file: BinaryIO, name: str) -> bytes:
    """All of a file. Raises OperatorError where it is too large to be read as a whole."""
    data = file.read(WHOLE + 1)
    if len(data) > WHOLE:
        raise OperatorError(f"{name}: more than {WHOLE >> 30} GB in one piece; write one object a line and use `jsonl`")
    return data


def batches(file: Any, name: str, most: int) -> Iterator[Any]:
    """The batches of a Parquet file, of at most `most` rows, and fewer where rows are large.

    Raises OperatorError where it claims, or gives, far more than it can hold.
    """
    size, rows = Path(name).stat().st_size, file.metadata.num_rows
    if rows > max(1_000_000, ROWS_OF_BYTE * size):
        raise OperatorError(f"{name}: claims {rows:,} rows in {size:,} bytes: not real data")
    first = next(file.iter_batches(batch_size=256), None)
    a_row = _bytes(first) // max(first.num_rows, 1) if first is not None else 0
    came = 0
    for batch in file.iter_batches(batch_size=max(16, min(most, BATCH_BYTES // max(a_row, 1)))):
        came += _bytes(batch)
        if came > max(4 * UNPACKED, TABLE_RATIO * size):
            raise OperatorError(f"{name}: more than {came >> 20:,} MB come out of {size:,} bytes: not real data")
        yield batch


def _bytes(batch: Any) -> int:
    """What a batch comes to once every value stands in its row: a dictionary holds each only once."""
    import pyarrow as pa

    total = 0
    for column in batch.columns:
        total += column.nbytes
        if isinstance(column, pa.DictionaryArray) and len(column.dictionary):
            kind = column.dictionary.type
            if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
                total += _spelt_out(column)
            else:
                total += column.dictionary.nbytes // len(column.dictionary) * len(column)
    return total


def _spelt_out(column: Any) -> int:
    """The bytes of the texts of all rows of a dictionary column. By hand: Arrow's functions take 30 ms to load."""
    import numpy as np
    import pyarrow as pa

    texts = column.dictionary
    wide = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    ends = np.frombuffer(texts.buffers()[1], dtype=wide)[texts.offset : texts.offset + len(texts) + 1]
    numbers = column.indices.to_numpy(zero_copy_only=False)  # floats where rows have none
    present = numbers[numbers == numbers].astype(np.int64)
    return int(np.diff(ends)[present].sum(dtype=np.int64))
