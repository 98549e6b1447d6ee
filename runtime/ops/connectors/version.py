"""Versions that were published before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Files
    from tunec.runtime.sources.reading import Item


@operator(version=2, cost="scan", neutral=("version", "dataset", "split", "license"), source="version")
def version(
    version: str,
    *,
    dataset: str = "",
    split: str = "train",
    rows: Literal["instruction", "chat", "text", "preference", "rated", "choice", "task"] = "instruction",
    license: str = "",
    limit: Annotated[int, "1.."] | None = None,
    files: Files,
) -> Iterator[Item]:
    """Reads a data set of a version published earlier, by this spec or another.

    The version is looked up in the store of the build, and in the stores of the versions shown in `build/`. The lock
    file pins which version was read, and the content of its file. The rows are new ones: their origin is this source,
    and their ids are computed from their content; the ids they were published with can be read as `meta.id`.

    Args:
        version: `NAME@NUMBER`, or `NAME@NUMBER+HASH`; `NAME` alone is the newest, and moves with each build of it.
        dataset: the data set; by default the one with the name of its spec, or the only one.
        split: the split to read.
        rows: the row type of the data set. Its actual type is known only during the build, which checks it.
        license: the licence of the data, as an SPDX identifier; by default the strictest of those of the version.
        limit: read at most this many rows.

    Example:
        source before = version("chat@1.0.0", dataset: "chat", rows: chat, license: "Apache-2.0")
    """
    import pyarrow.parquet

    from tunec.runtime.ops.connectors.parquet import BATCH
    from tunec.runtime.sources.reading import Begin, Table

    number = 0
    for name in files.paths:
        yield Begin(number)
        for batch in pyarrow.parquet.ParquetFile(name).iter_batches(batch_size=BATCH):
            # Published as `meta.NAME`, read as `meta.NAME` again.
            known = set(batch.schema.names)
            plain = {n: n.removeprefix("meta.") for n in known}
            names = [n if plain[n] in known else plain[n] for n in batch.schema.names]
            yield Table(number, batch.rename_columns(names))
            number += batch.num_rows
