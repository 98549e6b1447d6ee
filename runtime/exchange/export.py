"""Writes the data sets of a version in the layout of another tool."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tunec.runtime.exchange.data import Data, WrongChoice, data_of, listed, read_manifest
from tunec.runtime.exchange.destination import Destination, File, usual_folder
from tunec.runtime.exchange.layout import Layout, layouts, layouts_for
from tunec.runtime.exchange.proof import Proved, prove_export


class CannotHold(WrongChoice):
    """The layout has no form for rows of this type; the message names those that have."""


@dataclass(frozen=True, slots=True)
class Omission:
    """Rows of a split that the layout cannot hold, and why."""

    dataset: str
    split: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote and what it left out."""

    version: str
    layout: str
    folder: Path
    files: tuple[File, ...]
    left_out: tuple[Omission, ...]
    warnings: tuple[str, ...]
    proofs: tuple[Proved, ...] = ()


@dataclass(frozen=True, slots=True)
class For:
    """The model that an export is to train: its id or folder, the longest row, and the checks that rows may fail."""

    model: str
    longest: int | None = None
    allowed: tuple[str, ...] = ()


def export(
    version: Path, to: str, out: Path | None = None, dataset: str | None = None, meant: For | None = None
) -> Exported:
    """Write the data sets of a version, or one of them, to a folder in the layout `to`.

    The same version gives the same bytes. Every file appears under its name when it is whole. Where a model is
    `meant`, its rows are checked first, as it will be trained on them.

    Raises:
        CannotHold: the layout has no form for these rows.
        ExchangeError: there is no such data set, none of the rows of a split fits, or rows cannot be trained on.
        OSError: the folder cannot be written.
    """
    chosen = layouts()[to]
    given = data_of(version, dataset)
    for data in given:
        _check(data, chosen, len(given) > 1)
    manifest = read_manifest(version)
    name = manifest["version"]
    proofs: list[Proved] = []
    if meant is not None:
        proofs = prove_export(given, meant.model, meant.longest, meant.allowed, manifest["origins"])
    folder = out or usual_folder(name, to)
    destination = Destination(folder)
    for data in given:
        for left in _unfinished(folder / data.name):
            left.unlink(missing_ok=True)
        before = _files(folder / data.name)
        chosen.write(data, destination)
        # A split that is no more would be read as one that is.
        for stale in sorted(before - {folder / file.path for file in destination.files}):
            destination.warnings.append(f"{stale.relative_to(folder)} was there before and is not of this export")
    return Exported(
        name,
        to,
        folder,
        tuple(destination.files),
        tuple(Omission(*key, count) for key, count in sorted(destination.left_out.items())),
        tuple(destination.warnings),
        tuple(proofs),
    )


def _check(data: Data, chosen: Layout, several: bool) -> None:
    if data.row_type in chosen.holds:
        return
    others = [name for name in layouts_for(data.row_type) if name != chosen.name]
    hint = "; or choose a data set with --dataset" if several else ""
    raise CannotHold(
        f"{chosen.name} has no form for {data.row_type} rows, which `{data.name}` holds: use {listed(others)}{hint}"
    )


def _unfinished(folder: Path) -> list[Path]:
    """What an export that was killed left there."""
    return [path for path in folder.glob(".*.part") if re.fullmatch(r"\..+\.\d+\.part", path.name) and path.is_file()]


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.glob("*") if path.is_file() and path.suffix in (".jsonl", ".parquet")}
