"""JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

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
    """Reads one JSON object per line; `.gz`, `.zst` and `.bz2` are unpacked.

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
    from tunec.runtime.sources.json_lines import records_of
    from tunec.runtime.sources.reading import lines_of

    yield from records_of(lines_of(files))
