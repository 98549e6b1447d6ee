"""Data sets on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Files, Secret
    from tunec.runtime.base.values import RowFormat as Format
    from tunec.runtime.sources.reading import Item


@operator(version=5, cost="scan", neutral=("revision", "license", "on_error", "token"), source="hub")
def hub(
    repository: str,
    *,
    format: Format,
    split: str = "train",
    revision: str = "",
    config: str = "",
    license: str = "",
    limit: Annotated[int, "1.."] | None = None,
    token: Secret | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Item]:
    """Reads a split of a data set on the Hugging Face Hub.

    The files of the split are those that the card of the data set names under `configs`, or else those with the usual
    names (`train-00000-of-00002.parquet`, `data/train.jsonl`, `train/…`): parquet, jsonl, json, csv and tsv, plain,
    `.gz` or `.zst`. If a split exists in several of these formats, the first of them is read. Data sets that need a
    program of their own are refused.

    A build looks up the commit that the revision refers to, pins it in the lock file, and reads the data at that commit
    through the local cache of the Hub (`HF_HOME`). With `--locked` it reads the commit in the lock file, wherever the
    branch has moved. The same holds with `--offline` or `HF_HUB_OFFLINE=1`, and then the data must be in the cache.
    Private and gated data sets are read with the token in `HF_TOKEN`, or in the variable that `token` names;
    `HF_ENDPOINT` selects another hub.

    Args:
        repository: the data set, `ORG/NAME`.
        format: how a record becomes a row.
        split: the split to read.
        revision: a branch, a tag or a commit; by default the newest commit on `main`.
        config: the configuration, or the folder, if the data set has several and none of them is the default.
        license: the licence of the data, as an SPDX identifier.
        limit: read at most this many records. All files of the split are downloaded nevertheless.
        token: the environment variable that holds the token, as `env("NAME")`.
        on_error: `stop` if too many records are bad, or `skip` however many there are.

    Example:
        source robots = hub("HuggingFaceH4/no_robots", format: messages, license: "CC-BY-NC-4.0", limit: 5k)
    """
    from dataclasses import replace
    from itertools import groupby

    from tunec.runtime.base.values import Files
    from tunec.runtime.sources.hub_files import kind_of
    from tunec.runtime.sources.reading import Begin, Table

    number = 0
    for kind, paths in groupby(files.paths, kind_of):
        start = number
        for item in _records(kind, Files(tuple(paths), files.columns), format):
            number = start + item.number
            yield replace(item, number=number)
            if not isinstance(item, Begin):
                number += item.batch.num_rows if isinstance(item, Table) else 1


def _records(kind: str | None, files: Files, format: Format) -> Iterator[Item]:
    """The records of files of one kind, by the connector that reads such files."""
    from tunec.runtime.ops.connectors.csv import csv
    from tunec.runtime.ops.connectors.json import json
    from tunec.runtime.ops.connectors.jsonl import jsonl
    from tunec.runtime.ops.connectors.parquet import parquet

    if kind == "parquet":
        return parquet("", format=format, files=files)
    if kind in ("csv", "tsv"):
        return csv("", format=format, separator="\t" if kind == "tsv" else ",", files=files)
    # On the hub `.json` is as often one object a line as it is an array.
    return (
        json("", format=format, files=files)
        if kind == "json" and _is_array(files)
        else jsonl("", format=format, files=files)
    )


def _is_array(files: Files) -> bool:
    from tunec.runtime.sources.reading import Begin, lines_of

    first = next((line for _, line in lines_of(files) if not isinstance(line, Begin)), "")
    return isinstance(first, str) and first.lstrip().startswith("[")
