"""Which rows people should look at, how they are shown, and how edits are applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.reading import content_schema
from tunec.runtime.review import BadDecisions
from tunec.runtime.rows import derived, row_type_of
from tunec.runtime.text.fractions import share
from tunec.runtime.text.jaccard import similar

#: Of each row the number of the nearest other one, and how much they share.
Partners = dict[int, tuple[int, float]]


def suspects(rows: pl.DataFrame, when: pl.Series | None, pairs: float | None) -> tuple[NDArray[np.bool_], Partners]:
    """The rows that are asked about: where the condition is true, or there is a near row, or all without either."""
    if when is None and pairs is None:
        return np.ones(rows.height, dtype=np.bool_), {}
    asked = np.zeros(rows.height, dtype=np.bool_) if when is None else when.fill_null(False).to_numpy().copy()
    partners: Partners = {}
    if pairs is not None:
        text = rows.select(derived(row_type_of(rows), "text").alias("text")).to_series()
        for left, right, value in zip(*(part.tolist() for part in similar(text, share(pairs), 5, 128)), strict=True):
            for row, other in ((left, right), (right, left)):
                if row not in partners or (-value, other) < (-partners[row][1], partners[row][0]):
                    partners[row] = (other, value)
        asked[list(partners)] = True
    return asked, partners


def exported(rows: pl.DataFrame, places: Iterable[int], partners: Partners) -> Iterator[dict[str, Any]]:
    """The lines for these rows."""
    content = CONTENT[row_type_of(rows)]
    for place in places:
        row = rows.row(place, named=True)
        line: dict[str, Any] = {"id": row["id"], "decision": "", **{name: row[name] for name in content}}
        if place in partners:
            other, value = partners[place]
            near = rows.row(other, named=True)
            line["beside"] = {"id": near["id"], "shared": round(value, 6), **{name: near[name] for name in content}}
        yield line


def edited(rows: pl.DataFrame, lines: Mapping[int, Mapping[str, Any]]) -> pl.DataFrame:
    """The rows with the content that edits give them; what an edit does not name stays. Raises BadDecisions."""
    if not lines:
        return rows
    row_type = row_type_of(rows)
    columns = []
    for name, kind in content_schema(row_type).items():
        values = rows[name].to_list()
        for place, line in lines.items():
            if name in line:
                _check(row_type, name, line)
                values[place] = line[name]
        columns.append(pl.Series(name, values, kind))
    return rows.with_columns(columns)


def _check(row_type: RowType, name: str, line: Mapping[str, Any]) -> None:
    value = line[name]
    if name == "messages":
        turns = value if isinstance(value, list) else [None]
        fine = all(
            isinstance(t, dict) and isinstance(t.get("role"), str) and isinstance(t.get("content"), str) for t in turns
        )
    elif name == "choices":
        fine = value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))
    else:
        fine = isinstance(value, str)
    if not fine:
        raise BadDecisions(f"the edit of row {line['id']} has no {row_type} content in `{name}`")
