"""The data sets of a published version, read as they lie on the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.types import CONTENT, MESSAGES, RowType
from tunec.runtime.rows.messages import sparse
from tunec.runtime.store.published import VersionDamaged, manifest_of

#: Rows that are held in memory at once.
BATCH = 2048

Row = dict[str, Any]


class ExchangeError(Exception):
    """What was asked for cannot be given out; the message says why."""


class WrongChoice(ExchangeError):
    """What was asked for is none of what the version has, or has to be asked for otherwise."""


@dataclass(frozen=True, slots=True)
class Split:
    """One split of a data set: its name, its files in order, and how many rows they hold."""

    name: str
    files: tuple[Path, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Data:
    """A data set of a version. `systems` says whether its instruction rows have a system text, `tools` whether its rows
    offer tools."""

    name: str
    row_type: RowType
    folder: Path
    splits: tuple[Split, ...]
    systems: bool
    tools: bool = False


#: What tunec calls a target or a version: no separator of paths, and no name that is only dots.
FULL_NAME = re.compile(r"\w[\w.@+ =,%-]*")


def data_of(version: Path, dataset: str | None = None) -> list[Data]:
    """The data sets of a version by name, or the one that is asked for. Raises ExchangeError."""
    manifest = read_manifest(version)
    names = sorted(name for name, target in manifest["targets"].items() if "splits" in target)
    if not names:
        raise WrongChoice(f"{manifest['version']} has no data set")
    if dataset in manifest["targets"] and dataset not in names:
        kind = manifest["targets"][dataset]["kind"]
        raise WrongChoice(f"`{dataset}` is a {kind}, not a data set; {manifest['version']} has {listed(names)}")
    if dataset is not None and dataset not in names:
        raise WrongChoice(f"{manifest['version']} has no data set `{dataset}`; it has {listed(names)}")
    chosen = [dataset] if dataset is not None else names
    return [_data(version, name, RowType(manifest["row_types"][name])) for name in chosen]


def read_manifest(version: Path) -> dict[str, Any]:
    """The manifest of a version, checked. Raises ExchangeError."""
    try:
        manifest = manifest_of(version)
    except (OSError, VersionDamaged) as error:
        raise ExchangeError(f"cannot read the manifest of {version}: {error}") from error
    forged = [n for n in (*manifest["targets"], manifest["version"]) if not FULL_NAME.fullmatch(str(n))]
    if forged:
        raise ExchangeError(f"the manifest of {version} is not one that tunec wrote: {forged[0]!r} is not a name")
    return manifest


def rows(data: Data, split: Split) -> Iterator[Row]:
    """The content of the rows of a split, in order, without ever holding more than `BATCH` of them."""
    import pyarrow.parquet as parquet

    for path in split.files:
        with parquet.ParquetFile(path) as file:
            columns = [name for name in CONTENT[data.row_type] if name in file.schema_arrow.names]
            for batch in file.iter_batches(batch_size=BATCH, columns=columns):
                yield from (_told(row, data.row_type) for row in batch.to_pylist())


def _told(row: Row, row_type: RowType) -> Row:
    """A row of which no message has what it does not have."""
    return {**row, **{name: sparse(row[name]) for name in MESSAGES.get(row_type, ())}}


def listed(names: list[str]) -> str:
    """Names for a message."""
    return ", ".join(f"`{name}`" for name in names)


def _data(version: Path, name: str, row_type: RowType) -> Data:
    import pyarrow.parquet as parquet

    folder = version / "datasets" / name
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.parquet")):
        # `train-00000.parquet`: the name of a split may hold dashes, the number does not.
        files.setdefault(path.stem.rpartition("-")[0], []).append(path)
    if not files:
        raise ExchangeError(f"the version has lost the files of `{name}`: run `tunec verify`")
    splits = []
    systems = tools = False
    for split, paths in sorted(files.items(), key=lambda item: (item[0] != "train", item[0])):
        count = 0
        for path in paths:
            with parquet.ParquetFile(path) as file:
                count += file.metadata.num_rows
                systems = systems or "system" in file.schema_arrow.names
                tools = tools or "tools" in file.schema_arrow.names
        splits.append(Split(split, tuple(paths), count))
    return Data(name, row_type, folder, tuple(splits), systems and row_type is RowType.INSTRUCTION, tools)
