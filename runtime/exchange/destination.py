"""Where an export is written: whole files only, and a count of whatever was left out."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import Unfit
from tunec.runtime.exchange.data import Data, ExchangeError, Row, Split, rows
from tunec.runtime.store.files import by_default, json_line, naming, within

Record = dict[str, Any]


def usual_folder(version: str, form: str) -> Path:
    """Where a version is exported to if nobody names a folder: `exports/NAME-VERSION/FORM`. Raises OutsideRoot where a
    link leads out of the working folder."""
    return by_default(f"exports/{version.partition('+')[0].replace('@', '-')}/{form}", "--out")


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export. `dataset` and `split` are empty, and `rows` none, where it holds no rows."""

    path: str
    dataset: str
    split: str
    rows: int | None
    bytes: int


@dataclass(slots=True)
class Destination:
    """A folder that an export is written to, and what was written and left out so far."""

    root: Path
    files: list[File] = field(default_factory=list)
    left_out: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def lines(
        self,
        name: str,
        data: Data,
        split: Split,
        convert: Callable[[Row, RowType], Record],
        remarks: Callable[[Row, RowType], Iterable[str]] | None = None,
    ) -> int:
        """Write a split as JSON Lines and give the number of rows in it. Rows that are `Unfit` are counted, and so are
        the `remarks` on those that are written, which become warnings."""
        written = 0
        told: Counter[str] = Counter()
        with self._whole(name) as file:
            for row in rows(data, split):
                try:
                    record = convert(row, data.row_type)
                except Unfit as reason:
                    self.left_out[data.name, split.name, str(reason)] += 1
                    continue
                file.write(json_line(record))
                written += 1
                told.update(remarks(row, data.row_type) if remarks else ())
            if split.rows and not written:
                raise ExchangeError(f"none of the rows of {data.name}/{split.name} fits: {self._reasons(data, split)}")
        self._note(name, data.name, split.name, written)
        self.warnings += [f"{name}: {remark} ({count:,} rows)" for remark, count in sorted(told.items())]
        return written

    def text(self, name: str, text: str) -> None:
        """Write a file that describes others."""
        with self._whole(name) as file:
            file.write(text.encode())
        self._note(name, "", "", None)

    def copy(self, name: str, source: Path, data: Data, split: Split | None, count: int | None) -> None:
        """Copy a file as it is."""
        with self._whole(name) as file, source.open("rb") as given:
            shutil.copyfileobj(given, file)
        self._note(name, data.name, split.name if split else "", count)

    def _reasons(self, data: Data, split: Split) -> str:
        counts = {why: n for (name, part, why), n in self.left_out.items() if (name, part) == (data.name, split.name)}
        return ", ".join(f"{why} ({count:,} rows)" for why, count in counts.items())

    def _note(self, name: str, dataset: str, split: str, count: int | None) -> None:
        self.files.append(File(name, dataset, split, count, (self.root / name).stat().st_size))

    @contextmanager
    def _whole(self, name: str) -> Iterator[BinaryIO]:
        path = within(self.root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with naming(path), part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
