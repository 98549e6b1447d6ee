"""Rows that are written portion by portion, into the very bytes that they would have if they were written at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import polars as pl
from polars.io.plugins import register_io_source

from tunec.runtime.rows.frame import write_parquet
from tunec.runtime.rows.portions import GROUP, Portions, Rows
from tunec.runtime.store.files import naming


class OtherTypes(Exception):
    """A portion has columns of other types than the first."""


def write_rows(rows: Portions, path: Path, *, level: int | None = None) -> None:
    """Write rows as `write_parquet` does, whether they are in memory or not."""
    if isinstance(rows, Rows):
        write_parts(rows.parts(), path, level=level)
    else:
        write_parquet(rows, path, level=level)


def write_parts(
    parts: Iterable[pl.DataFrame], path: Path, *, quick: bool = False, level: int | None = None, group: int = GROUP
) -> int:
    """Write the portions of rows, one at least; gives how many rows they are. Raises OtherTypes, and OSError.

    Portions are made in this thread while another one packs the last. Groups of a file have so many rows, however
    large the portions are.
    """
    ahead = iter(parts)
    first = next(ahead)
    schema = first.schema
    height = 0
    waiting: Queue[pl.DataFrame | None] = Queue(1)
    failed: list[BaseException] = []
    ended = Event()

    def given(*_: object) -> Iterator[pl.DataFrame]:
        while (part := waiting.get()) is not None:
            yield part
        ended.set()

    def pack() -> None:
        try:
            register_io_source(given, schema=schema).sink_parquet(
                path,
                compression="lz4" if quick else "zstd",
                compression_level=None if quick else level,
                statistics=not quick,
                row_group_size=group,
            )
        except BaseException as error:  # raised where the portions are made
            failed.append(error)
            while not ended.is_set() and waiting.get() is not None:
                pass

    packer = Thread(target=pack, name="packer")
    packer.start()
    try:
        for part in chain((first,), ahead):
            if part.schema != schema:
                raise OtherTypes(f"{schema} and {part.schema}")
            height += part.height
            waiting.put(part)
            del part
    finally:
        waiting.put(None)
        packer.join()
    with naming(path):
        if failed:
            raise failed[0]
    return height
