"""JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.sources.reading import Record, Unreadable
    from tunec.runtime.values import Files, Path
    from tunec.runtime.values import RowFormat as Format


@operator(version=1, cost="scan", neutral=("license", "on_error"))
def jsonl(
    path: Path,
    *,
    format: Format,
    license: str = "",
    limit: int | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Record | Unreadable]:
    """One JSON object a line; `.gz` and `.zst` are unpacked.

    A line that is no UTF-8, no JSON, or no object is set aside with its number; more than one such line in a hundred
    stops the build, unless `on_error: skip`. Blank lines are passed over.

    Args:
        path: the file, or a glob; relative to the spec, or a URL such as `s3://bucket/a.jsonl`.
        format: how a record becomes a row: `alpaca`, `messages`, …, or a record that maps fields to columns.
        license: the licence of the data, as an SPDX identifier.
        limit: read no more than this many records.
        on_error: `stop`, or `skip` however many records are bad.

    Example:
        source tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "Apache-2.0")
    """
    import json

    from tunec.runtime.sources.reading import HALF, Record, Unreadable, is_whole, lines_of

    for number, line in lines_of(files):
        if isinstance(line, Unreadable):
            yield line
            continue
        try:
            value: Any = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "nested too deep"
            yield Unreadable(number, f"no JSON: {reason}", line)
            continue
        if HALF.search(line) and not is_whole(value):
            yield Unreadable(number, "half a character, as of a text that was cut in two", line)
        elif isinstance(value, dict):
            yield Record(number, value)
        else:
            yield Unreadable(number, f"no object but a {type(value).__name__}", line)
