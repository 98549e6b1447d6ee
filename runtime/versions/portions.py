"""Publishes rows that are not all in memory: the same files as of rows that are, byte for byte.

Of each row that entered, what the ledger is sorted by is in memory: 28 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.compiler.graph import Node
from tunec.compiler.types import RowType
from tunec.runtime.base.memory import give_back
from tunec.runtime.rows.messages import fields_there, hideable, narrowed_to
from tunec.runtime.rows.portions import Joined, Made, Rows, Stored, portioned, without_split
from tunec.runtime.rows.writing import write_parts, write_rows
from tunec.runtime.text.masking import masked_drops
from tunec.runtime.versions.ledger import (
    COLUMNS,
    LEVEL,
    LedgerBroken,
    is_part,
    kept_lines,
    left_behind,
    make_ledger,
    masks,
    rows_steps,
    ways_to,
)
from tunec.runtime.versions.origins import ledger_with_origins, lines_with_origins, published_origins, with_origins
from tunec.runtime.versions.publication import Publication


def write_portions(
    publication: Publication, node: Node, rows: Rows, files: Mapping[str, Path], ledger: Path
) -> tuple[dict[str, int], int]:
    """Write the splits of a data set and its ledger; gives how many rows they have."""
    give_back()
    origins, kind = published_origins(publication.plan), node.rows or RowType.TEXT
    shown = _shown(rows, kind, origins)
    heights = {}
    for split, path in files.items():
        some = without_split(rows, split) if "split" in rows.columns else rows
        heights[split] = write_parts((shown(part) for part in some.parts()), path)
    made = _ledger(publication, node, rows, origins)
    write_rows(made, ledger, level=LEVEL)
    return heights, made.height


def _shown(rows: Rows, kind: RowType, origins: Mapping[str, str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """What users get of some of the rows (`kinds/dataset.py`), which depends on what any of them has."""
    there: dict[str, set[str]] = {}
    hidden = {"position", *hideable(kind)}
    for part in rows.parts():
        hidden -= {name for name in hidden - {"position"} if (part[name].fill_null("") != "").any()}
        for name, fields in fields_there(part, kind).items():
            there[name] = there.get(name, set()) | fields

    def shown(part: pl.DataFrame) -> pl.DataFrame:
        return with_origins(narrowed_to(part.select(c for c in part.columns if c not in hidden), there), origins)

    return shown


def _ledger(publication: Publication, node: Node, rows: Rows, origins: Mapping[str, str]) -> pl.DataFrame | Rows:
    """The ledger, as it is published."""
    results, plan = publication.results, publication.plan
    ways = ways_to(plan, node.id)
    if max(ways.values()) > 1:  # rows that come in several ways are told apart by looking at all
        return ledger_with_origins(make_ledger(results, node.id, publication.catalogue), origins)
    searches = list(masks(plan, ways, publication.catalogue))

    def gone(part: pl.DataFrame) -> pl.DataFrame:
        for search in searches:
            part = masked_drops(part, search)
        return part

    lines = kept_lines(node.rows or RowType.TEXT, "split" in rows.columns)
    pieces: list[Rows] = [Made(rows, lambda part: part.select(lines))]
    entered = 0
    for step in rows_steps(plan, node.id):
        path = results.folder(step) / "drops.parquet"
        dropped = Stored.of(path, rows.portion, rows.scratch)
        if dropped.height:
            pieces.append(Made(dropped, lambda part: gone(_unsplit(part))))
        entered += int(results.info(step)["made"])
    for part_of in (n for n in sorted(ways) if is_part(plan, n)):
        source = plan.graph.node(part_of)
        whole = Joined((portioned(results.portions(source.inputs[0])),), rows.scratch)
        others = np.flatnonzero((whole.column("split") != source.params["split"]).to_numpy())
        pieces.append(Made(whole.taken(others), _told(left_behind(results, part_of), gone)))
    joined = Joined(tuple(pieces), rows.scratch)
    if joined.height != entered:
        raise LedgerBroken(f"{entered:,} rows entered and {joined.height:,} are accounted for")
    ordered = joined.taken(_order(joined, origins))
    return Made(ordered, lambda part: lines_with_origins(part, origins))


def _told(lines: Sequence[Any], then: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda part: then(part.select(lines).select(COLUMNS))


def _unsplit(part: pl.DataFrame) -> pl.DataFrame:
    return part.with_columns(pl.lit(None, pl.String).alias("split")).select(COLUMNS)


def _order(lines: Rows, origins: Mapping[str, str]) -> NDArray[np.int64]:
    """The order of a ledger: by origin as it is published, position, and id; of equal ones by their origin in the build
    and by their place."""
    keys, numbers = list[pl.DataFrame](), dict[str, int]()
    for part in lines.parts("origin", "position", "id"):
        for name in part["origin"].unique(maintain_order=True):
            numbers.setdefault(name, len(numbers))
        origin = pl.col("origin").replace_strict(numbers, return_dtype=pl.UInt32)
        keys.append(part.select(origin, "position", pl.col("id").str.to_integer(base=16, dtype=pl.UInt64)))
    names = [(origins.get(name, name), name) for name in numbers]
    found = pl.concat(keys).with_row_index("row")
    for rank, side in (("published", 0), ("built", 1)):
        ordered = sorted({name[side] for name in names})
        ranks = {number: ordered.index(name[side]) for number, name in enumerate(names)}
        found = found.with_columns(pl.col("origin").replace_strict(ranks, return_dtype=pl.UInt32).alias(rank))
    return found.sort("published", "position", "id", "built", "row")["row"].to_numpy().astype(np.int64)
