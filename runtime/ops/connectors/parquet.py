"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Files, Path
    from tunec.runtime.base.values import RowFormat as Format
    from tunec.runtime.sources.reading import Item


BATCH = 32_768  # rows that are in memory twice at most


@operator(version=5, cost="scan", neutral=("license", "on_error"), source="files")
def parquet(
    path: Path,
    *,
    format: Format,
    license: str = "",
    limit: Annotated[int, "1.."] | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Item]:
    """Reads Parquet files, one batch at a time.

    Args:
        path: the file, or a glob, relative to the spec; or a URL such as `s3://bucket/a.parquet`.
        format: how a record becomes a row.
        license: the licence of the data, as an SPDX identifier.
        limit: read at most this many records.
        on_error: `stop` if too many records are bad, or `skip` however many there are.

    Example:
        source alpaca = parquet("alpaca_52k.parquet", format: alpaca, license: "CC-BY-NC-4.0")
    """
    import pyarrow.parquet

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.sources.bounds import batches
    from tunec.runtime.sources.reading import Begin, sound

    number = 0
    for name in files.paths:
        yield Begin(number)
        try:
            with pyarrow.parquet.ParquetFile(name, page_checksum_verification=True) as file:
                names = file.schema_arrow.names
                twice = next((column for column in names if names.count(column) > 1), None)
                if twice is not None:
                    raise OperatorError(f"{name}: has the column `{twice}` more than once")
                for batch in batches(file, name, BATCH):
                    yield from sound(number, batch)
                    number += batch.num_rows
        except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
            raise OperatorError(f"{name}: {error}") from error
