"""Rows that are the same and stand in two splits, which no version may hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tunec.compiler.lowered import Json
from tunec.compiler.types import RowType
from tunec.runtime.versions.findings import nodes_above

if TYPE_CHECKING:
    import polars as pl

_NAMED = 3


def group_of(graph: Mapping[str, Any], name: str) -> Json:
    """What the spec says that keeps rows of a data set in one split, or None. `graph` is a document."""
    above = nodes_above(graph, name)
    splits = [n for n in graph["nodes"] if n["id"] in above and n["op"] == "stages.split"]
    return next((n["params"]["group"] for n in splits if n["params"].get("group") is not None), None)


def crossings(parts: Iterable[pl.DataFrame], kind: RowType, group: Json) -> list[str]:
    """What rows in two splits have in common, with their number and some of them: the row itself, what is asked, how a
    chat begins; under a `group` of the spec's own, all that a row says."""
    import polars as pl

    keys = pl.concat([_keys(part, kind, group) for part in parts])
    found = []
    for what in (name for name in keys.columns if name not in ("row", "split")):
        marked = keys.select("row", "split", key=what).drop_nulls("key")
        crossing = marked.group_by("key").agg(pl.col("split").n_unique().alias("n"), pl.col("row").first())
        ids = crossing.filter(pl.col("n") > 1)["row"].sort()
        if len(ids):
            found.append(f"{len(ids):,} with the same {what} in two splits, such as {', '.join(ids.head(_NAMED))}")
    return found


def _keys(rows: pl.DataFrame, kind: RowType, group: Json) -> pl.DataFrame:
    """Of each row its id and split, and hashes of what no two splits may share."""
    import polars as pl

    from tunec.runtime.rows.frame import contents, derived
    from tunec.runtime.text.beginnings import asked, beginnings
    from tunec.runtime.text.normal import collapsed

    keys = {"id": rows.select(pl.concat_str("id", "origin")).to_series()}
    if group is None:
        keys |= {"prompt": collapsed(asked(rows, kind)), "beginning": beginnings(rows, kind)}
    else:
        keys["content"] = contents(rows, kind)
    if group == {"field": "prompt"}:
        # The last turn of the user alone. Under another group of the spec's own, prompts may be shared.
        keys["prompt"] = collapsed(rows.select(derived(kind, "prompt").alias("prompt")).to_series())
    hashed = {what: key.hash().set(key.is_null(), None) for what, key in keys.items()}
    return pl.DataFrame({"row": rows["id"], "split": rows["split"], **hashed})
