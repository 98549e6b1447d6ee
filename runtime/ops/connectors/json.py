"""A JSON array of objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Files, Path
    from tunec.runtime.base.values import RowFormat as Format
    from tunec.runtime.sources.reading import Item


@operator(version=5, cost="scan", neutral=("license", "on_error"), source="files")
def json(
    path: Path,
    *,
    format: Format,
    license: str = "",
    limit: Annotated[int, "1.."] | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Item]:
    """Reads one JSON array of objects per file; `.gz`, `.zst` and `.bz2` are unpacked.

    A file that has one object a line instead is read as `jsonl` reads it.

    Args:
        path: the file, or a glob, relative to the spec; or a URL such as `s3://bucket/a.json`.
        format: how a record becomes a row.
        license: the licence of the data, as an SPDX identifier.
        limit: read at most this many records.
        on_error: `stop` if too many records are bad, or `skip` however many there are.

    Example:
        source code = json("data/code.json.gz", format: alpaca)
    """
    from json import JSONDecodeError, dumps

    from tunec.runtime.base.digits import loads
    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.sources.json_lines import are_objects, lines_in, records_of
    from tunec.runtime.sources.reading import (
        DEEPEST,
        HALF,
        Begin,
        Record,
        Unreadable,
        bytes_of,
        called,
        is_deep,
        is_whole,
        pairs_of,
        twice_of,
        within,
    )

    number = 0
    for name, data in bytes_of(files):
        yield Begin(number)
        try:
            text = data.decode("utf-8-sig")
            if not text.strip():
                raise OperatorError(f"{name}: is empty")
            if is_deep(text):
                raise OperatorError(f"{name}: nested more than {DEEPEST} deep")
            if are_objects(text):
                lines = lines_in(text, number)
                yield from records_of(lines)
                number = lines[-1][0] + 1
                continue
            records = loads(text, pairs_of)
        except ValueError as error:
            where = f"{name}:{error.lineno}" if isinstance(error, JSONDecodeError) else name
            raise OperatorError(f"{where}: not valid JSON: {error}") from error
        if not isinstance(records, list):
            raise OperatorError(f"{name}: not an array of objects but {called(records)}{within(records)}")
        doubtful = HALF.search(text) is not None
        for record in records:
            if doubtful and not is_whole(record):
                yield Unreadable(number, "half a character, as if a text was cut in two", dumps(record, default=str))
            elif (key := twice_of(record)) is not None:
                yield Unreadable(number, f"has the key `{key}` twice", dumps(record, ensure_ascii=False, default=str))
            elif isinstance(record, dict):
                yield Record(number, record)
            else:
                yield Unreadable(number, f"not an object but {called(record)}", str(record))
            number += 1
