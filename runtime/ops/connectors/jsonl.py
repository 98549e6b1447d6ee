"""JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Files, Path
    from tunec.runtime.base.values import RowFormat as Format
    from tunec.runtime.sources.reading import Item


@operator(version=5, cost="scan", neutral=("license", "on_error"), source="files")
def jsonl(
    path: Path,
    *,
    format: Format,
    license: str = "",
    limit: Annotated[int, "1.."] | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Item]:
    """Reads one JSON object per line; `.gz` and `.zst` are unpacked.

    A line that is not valid UTF-8, not valid JSON, not an object, or has a key twice, is quarantined with its location;
    more than one such line in a hundred stops the build, unless `on_error: skip`. Blank lines are skipped.

    Args:
        path: the file, or a glob, relative to the spec; or a URL such as `s3://bucket/a.jsonl`.
        format: how a record becomes a row: `alpaca`, `messages`, …, or a record that maps fields to columns.
        license: the licence of the data, as an SPDX identifier.
        limit: read at most this many records.
        on_error: `stop` if too many records are bad, or `skip` however many there are.

    Example:
        source tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "Apache-2.0")
    """
    from tunec.runtime.base.digits import loads
    from tunec.runtime.sources.reading import (
        DEEPEST,
        HALF,
        Record,
        Unreadable,
        called,
        is_deep,
        is_whole,
        lines_of,
        twice_in,
    )

    for number, line in lines_of(files):
        if not isinstance(line, str):
            yield line
            continue
        if line.count("[") + line.count("{") > DEEPEST and is_deep(line):
            yield Unreadable(number, f"nested more than {DEEPEST} deep", line)
            continue
        try:
            value: Any = loads(line)
        except ValueError as error:
            yield Unreadable(number, f"not valid JSON: {error}", line)
            continue
        if HALF.search(line) and not is_whole(value):
            yield Unreadable(number, "half a character, as if a text was cut in two", line)
        elif isinstance(value, dict) and (key := twice_in(line, value)) is not None:
            yield Unreadable(number, f"has the key `{key}` twice", line)
        elif isinstance(value, dict):
            yield Record(number, value)
        elif isinstance(value, list):
            yield Unreadable(number, "not an object but a list; a file that is one array is read by `json`", line)
        else:
            yield Unreadable(number, f"not an object but {called(value)}", line)
