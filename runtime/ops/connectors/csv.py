"""Comma-separated values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.sources.reading import Record, Unreadable
    from tunec.runtime.values import Files, Path
    from tunec.runtime.values import RowFormat as Format


@operator(version=2, cost="scan", neutral=("license", "on_error"))
def csv(
    path: Path,
    *,
    format: Format,
    separator: str = ",",
    license: str = "",
    limit: int | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Record | Unreadable]:
    """A table with a header line; quoted fields may hold separators and line breaks. Every value is a text.

    Args:
        path: the file, or a glob; relative to the spec, or a URL such as `s3://bucket/a.csv`.
        format: how a record becomes a row.
        separator: what stands between two fields.
        license: the licence of the data, as an SPDX identifier.
        limit: read no more than this many records.
        on_error: `stop`, or `skip` however many records are bad.

    Example:
        benchmark truth = csv("TruthfulQA.csv", format: {question: "Question", answer: "Best Answer"})
    """
    import csv as reader
    import io

    from tunec.runtime.sources.reading import Record, Unreadable, bytes_of, decoded, shown

    reader.field_size_limit(2**31 - 1)  # Python's own limit is 131,072 characters
    number = 0
    for _, data in bytes_of(files):
        text, bad = decoded(data)
        table = reader.DictReader(io.StringIO(text, newline=""), delimiter=separator)
        if bad:
            table.fieldnames = [shown(name) for name in table.fieldnames or ()]
        for row in table:
            values = [v for k, v in row.items() if k is not None]
            if None in row or None in values:
                yield Unreadable(number, "another number of fields than the header", str(list(row.values())))
            elif bad and any(v != shown(v) for v in values):
                yield Unreadable(number, "no UTF-8", shown(separator.join(values)))
            else:
                yield Record(number, dict(row))
            number += 1
