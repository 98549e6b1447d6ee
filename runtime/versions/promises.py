"""What a published data set promises: that no row holds an item of a benchmark that it was compared with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.lowered import references
from tunec.runtime.rows import write_parquet
from tunec.runtime.store.results import Results
from tunec.runtime.values import Bound
from tunec.runtime.versions.ledger import rows_steps

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.text.screening import Screen

#: The benchmarks that the data sets of a version promise not to hold, with their words hashed.
BENCHMARKS = "benchmarks.parquet"


class PromiseBroken(Exception):
    """Published rows break a promise; nothing was published."""


def compared_with(results: Results, node_id: str) -> list[str]:
    """The nodes of the benchmarks that the rows of a node promise not to hold."""
    plan = results.plan
    steps = set(rows_steps(plan, node_id))
    nodes: dict[str, None] = {}
    for part in (n for s in plan.steps if s.step.id in steps for n in s.step.nodes):
        if part.op == "stages.decontaminate" and part.params.get("action") == "drop":
            nodes |= dict.fromkeys(references(part.params["against"]))
    return list(nodes)


def check_benchmarks(name: str, rows: pl.DataFrame, benchmarks: Sequence[pl.DataFrame], screen: Screen) -> None:
    """Check on the final text of a data set that no benchmark item is in it. Raises PromiseBroken."""
    if not benchmarks:
        return
    from tunec.runtime.text.convictions import convictions, items_of
    from tunec.runtime.text.headline import LIMIT
    from tunec.runtime.text.screening import equal_or_contained
    from tunec.runtime.text.turns import turns

    def exact(rows: pl.DataFrame, texts: pl.Series, items: pl.Series) -> pl.DataFrame:
        return equal_or_contained(texts, items, screen.suspects(texts, items))

    items = items_of(benchmarks, "question")
    guilty = convictions(rows, turns(rows, ["prompt", "response"]), items, [Bound("exact", "exact()", exact)]).rows
    if guilty.height:
        first = guilty.row(0, named=True)
        row = rows.row(first["row"], named=True)["id"]
        text = items["text"].str.slice(0, LIMIT)[first["item"]]
        raise PromiseBroken(
            f"`{name}`: {guilty.height:,} rows still hold a benchmark item, the first is row {row}: "
            f"{text!r}; add `exact()` to `decontaminate`"
        )


def write_benchmarks(results: Results, nodes: Sequence[str], folder: Path) -> None:
    """Write the items of the benchmarks that the rows of these nodes promise not to hold, for anyone to check later."""
    benchmarks = {b for node in nodes for b in compared_with(results, node)}
    if not benchmarks:
        return
    from tunec.runtime.text.convictions import items_of
    from tunec.runtime.versions.hidden_items import hidden_items

    items = items_of([results.rows(b) for b in sorted(benchmarks, key=lambda b: results.plan.prints[b])], "question")
    write_parquet(hidden_items(items), folder / BENCHMARKS)
