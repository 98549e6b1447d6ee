"""A short look into a local file: which columns it has, and a few of its records.

It never takes long, needs nothing but the standard library (Parquet apart), and answers None where it cannot tell.
"""

from __future__ import annotations

import glob
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from tunec.compiler.graph import Node

#: Seconds, records and bytes that a look may take at most.
SECONDS, RECORDS, BYTES = 0.1, 2000, 1 << 22


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen. `path` is the file as the spec writes it; `rows` is the number of its records, where all were
    read; `columns` are the names that occur, in the order of their first appearance."""

    path: str
    columns: tuple[str, ...]
    records: tuple[dict[str, object], ...]
    rows: int | None

    @property
    def saw(self) -> str:
        """The columns in words, for a message."""
        shown = ", ".join(f"`{name}`" for name in self.columns[:12])
        return f"`{self.path}` has {shown}" + (", …" if len(self.columns) > 12 else "")


def sample_of(node: Node, folder: Path) -> Sample | None:
    """A look into the file that a connector reads; of several files into the first."""
    path = node.params.get("path")
    if not node.op.startswith("connectors.") or not isinstance(path, str) or "://" in path:
        return None
    try:
        full = folder / path
        files = sorted(glob.glob(str(full), recursive=True)) if glob.has_magic(path) else [str(full)]  # noqa: PTH207
        if not files:
            return None
        stat = Path(files[0]).stat()
        separator = str(node.params.get("separator", ","))
        seen = _look(node.op.split(".")[1], files[0], separator, stat.st_mtime_ns, stat.st_size)
    except Exception:  # whatever is wrong with the file, a build will say; a look only fails to see
        return None
    if seen is None:
        return None
    records, whole = seen
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    rows = whole if len(files) == 1 else None
    return Sample(path, columns, records, rows) if records else None


@lru_cache(maxsize=256)  # an editor asks after every key
def _look(
    connector: str, file: str, separator: str, changed: int, size: int
) -> tuple[tuple[dict[str, object], ...], int | None] | None:
    """The first records, and the number of all where it is known."""
    if connector == "parquet":
        return _parquet(file)
    reader = {"jsonl": _lines, "csv": _table, "json": _array}.get(connector)
    if reader is None or file.endswith(".zst") or (connector == "json" and size > BYTES):
        return None
    end = time.monotonic() + SECONDS
    records: list[dict[str, object]] = []
    if file.endswith(".gz"):
        import gzip

        with gzip.open(file, "rt", encoding="utf-8-sig", errors="replace", newline="") as stream:
            whole = _read(reader(stream, separator), records, end)
    else:
        with Path(file).open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            whole = _read(reader(stream, separator), records, end)
    return tuple(records), len(records) if whole else None


def _read(found: Iterator[dict[str, object]], records: list[dict[str, object]], end: float) -> bool:
    """Take records until there are enough or the time is over; whether these were all."""
    for record in found:
        records.append(record)
        if len(records) >= RECORDS or time.monotonic() > end:
            return False
    return True


def _lines(stream: io.TextIOBase, separator: str) -> Iterator[dict[str, object]]:
    taken = 0
    # A line may be the whole of a large file, so it is read in bounded pieces; a cut one is no JSON and ends the look.
    while line := stream.readline(BYTES):
        taken += len(line)
        if line.strip():
            try:
                value = json.loads(line)
            except ValueError:
                if taken > BYTES:
                    return
                continue
            if isinstance(value, dict):
                yield value


def _table(stream: io.TextIOBase, separator: str) -> Iterator[dict[str, object]]:
    import csv

    for row in csv.DictReader(stream, delimiter=separator):
        yield {name: value for name, value in row.items() if name is not None}


def _array(stream: io.TextIOBase, separator: str) -> Iterator[dict[str, object]]:
    values = json.loads(stream.read(BYTES))
    yield from (v for v in values if isinstance(v, dict)) if isinstance(values, list) else ()


def _parquet(file: str) -> tuple[tuple[dict[str, object], ...], int | None]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(file) as opened:
        batch = next(opened.iter_batches(batch_size=200), None)
        records = batch.to_pylist() if batch is not None else []
        return tuple(islice(records, 200)), int(opened.metadata.num_rows)
