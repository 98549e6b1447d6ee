"""A JSON array of objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.sources.reading import Record, Unreadable
    from tunec.runtime.values import Files, Path
    from tunec.runtime.values import RowFormat as Format


@operator(version=1, cost="scan", neutral=("license", "on_error"))
def json(
    path: Path,
    *,
    format: Format,
    license: str = "",
    limit: int | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Record | Unreadable]:
    """One JSON array of objects a file; `.gz` and `.zst` are unpacked.

    Args:
        path: the file, or a glob; relative to the spec, or a URL such as `s3://bucket/a.json`.
        format: how a record becomes a row.
        license: the licence of the data, as an SPDX identifier.
        limit: read no more than this many records.
        on_error: `stop`, or `skip` however many records are bad.

    Example:
        source code = json("data/code.json.gz", format: alpaca)
    """
    from json import dumps, loads

    from tunec.runtime.operator import OperatorError
    from tunec.runtime.sources.reading import HALF, Record, Unreadable, bytes_of, is_whole

    number = 0
    for name, data in bytes_of(files):
        try:
            text = data.decode("utf-8-sig")
            records = loads(text)
        except (ValueError, RecursionError) as error:
            raise OperatorError(f"{name}: no JSON: {error}") from error
        if not isinstance(records, list):
            raise OperatorError(f"{name}: holds no array of objects; one object a line is `jsonl`")
        doubtful = HALF.search(text) is not None
        for record in records:
            if doubtful and not is_whole(record):
                yield Unreadable(number, "half a character, as of a text that was cut in two", dumps(record))
            elif isinstance(record, dict):
                yield Record(number, record)
            else:
                yield Unreadable(number, "no object", str(record))
            number += 1
