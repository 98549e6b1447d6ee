"""The ledger: one row for every row that entered a data set, kept or dropped, with the reason and the number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.lowered import Call
from tunec.compiler.planning.plan import Plan
from tunec.compiler.types import RowType
from tunec.runtime.catalogue import function_of
from tunec.runtime.rows.dropped import dropped_schema, headline, nothing_dropped
from tunec.runtime.rows.frame import row_type_of
from tunec.runtime.store.results import Results

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.text.masking import Search

COLUMNS = (
    "id", "origin", "position", "parents", "verdict", "split", "node", "rule", "value", "threshold", "partner",
    "partner_text", "prompt", "response",
)  # fmt: skip

#: How tightly a ledger is packed: a seventh larger than at zstd's usual 3, in half the time.
LEVEL = 1

#: What tells rows apart, whatever was made of their text.
_IDENTITY = ("id", "origin", "position")


class LedgerBroken(Exception):
    """Rows in and rows made do not equal rows out and rows dropped: a defect, never a spec's fault."""


def rows_steps(plan: Plan, node_id: str) -> list[str]:
    """The nodes at or above a node whose steps made or dropped rows that reach it, in plan order."""
    wanted = ways_to(plan, node_id)
    steps = [s.step.id for s in plan.steps if s.step.id in wanted]
    # Two declarations of the same source are one: their rows are the same rows.
    return list({plan.prints[node]: node for node in reversed(steps)}.values())[::-1]


def ways_to(plan: Plan, node_id: str) -> dict[str, int]:
    """The nodes that rows came through on their way to a node, and in how many ways: in `[sample(a, 5), a]` the rows
    of `a` come in two, and are one row each.

    References inside arguments (benchmarks, the rows that a generation starts from) are other data, not these rows.
    """
    ways = {node_id: 1}
    for node in reversed(plan.graph.nodes):  # inputs stand before what reads them
        if node.id not in ways:
            continue
        if node.op == "concat":
            sources = list(node.inputs)
        elif node.inputs and (node.op.startswith("stages.") or node.op == "part"):
            sources = [node.inputs[0]]
        else:
            sources = []
        for source in sources:
            ways[source] = ways.get(source, 0) + ways[node.id]
    return ways


def kept_lines(rows: RowType, split: bool) -> list[Any]:
    """What a ledger says of a row that was kept, which has a split or not."""
    import polars as pl

    nothing = ("node", "rule", "value", "threshold", "partner", "partner_text")
    return [
        *("id", "origin", "position", "parents"),
        pl.lit("kept").alias("verdict"),
        (pl.col("split") if split else pl.lit(None, pl.String)).alias("split"),
        *(pl.lit(None, pl.String).alias(name) for name in nothing),
        *headline(rows),
    ]


def make_ledger(results: Results, node_id: str, catalogue: Catalogue) -> pl.DataFrame:
    """The ledger of a data set, sorted by origin and position; what the data set masks is masked in dropped rows too.

    Raises LedgerBroken where rows are unaccounted for.
    """
    import polars as pl

    from tunec.runtime.text.masking import masked_drops

    plan = results.plan
    node = plan.graph.node(node_id)
    rows = node.rows or RowType.TEXT
    kept = results.rows(node_id)
    here = kept.select(kept_lines(rows, "split" in kept.columns))
    gone = [nothing_dropped().with_columns(pl.lit(None, pl.String).alias("split")).select(COLUMNS)]
    entered = 0
    ways = ways_to(plan, node_id)
    gone += [other_splits(results, n).select(COLUMNS) for n in sorted(ways) if is_part(plan, n)]
    steps = rows_steps(plan, node_id)
    for step in steps:
        drops = pl.read_parquet(results.folder(step) / "drops.parquet", glob=False, schema=dropped_schema())
        gone.append(drops.with_columns(pl.lit(None, pl.String).alias("split")).select(COLUMNS))
        entered += int(results.info(step)["made"])
    dropped = pl.concat(gone)
    if max(ways.values()) > 1:
        dropped, entered = _once(here, dropped), here.height + _gone(results, steps, here)
    for search in masks(plan, ways, catalogue):
        dropped = masked_drops(dropped, search)
    ledger = pl.concat([here, dropped]).sort(["origin", "position", "id"], maintain_order=True)
    if ledger.height != entered:
        raise LedgerBroken(f"{entered:,} rows entered and {ledger.height:,} are accounted for")
    return ledger


def _once(kept: pl.DataFrame, dropped: pl.DataFrame) -> pl.DataFrame:
    """The dropped rows where rows come in several ways: none that was kept in another, each by the rule that
    stopped it last: in that way it came farthest."""
    return dropped.join(kept, on=_IDENTITY, how="anti", maintain_order="left").unique(
        _IDENTITY, keep="last", maintain_order=True
    )


def _gone(results: Results, steps: Iterable[str], kept: pl.DataFrame) -> int:
    """How many of the rows that sources and generations made are not among those kept."""
    import polars as pl

    made = []
    for step in steps:
        if results.plan.graph.node(step).op.startswith("connectors.") or results.plan.graph.node(step).op == "generate":
            drops = pl.read_parquet(results.folder(step) / "drops.parquet", glob=False, schema=dropped_schema())
            made += [results.rows(step).select(_IDENTITY), drops.select(_IDENTITY)]
    return pl.concat(made).unique().join(kept, on=_IDENTITY, how="anti").height if made else 0


def masks(plan: Plan, nodes: Iterable[str], catalogue: Catalogue) -> Iterator[Search]:
    """What the stages among some nodes mask."""
    for node in map(plan.graph.node, nodes):
        if node.op == "stages.mask":
            finder = node.params["what"]
            assert isinstance(finder, Call)
            given = {name: list(value) if isinstance(value, tuple) else value for name, value in finder.args.items()}
            search: Search = function_of(catalogue.at(finder.operator))(**given)
            yield search


def training_ledger(results: Results, node_id: str) -> pl.DataFrame:
    """The rows that a training was given and left out, because the trainer would have dropped or cut them."""
    import polars as pl

    node = results.plan.graph.node(node_id)
    rows = results.rows(node.inputs[1])
    # A row that is repeated is given several times, and left out as often.
    given = rows.unique(["id", "origin"], keep="first", maintain_order=True)
    given = given.select("id", "origin", "position", "parents", *headline(row_type_of(rows)))
    left = results.info(node_id)["left_out"]
    told = ("id", "origin", "rule", "value", "threshold")
    reasons = pl.DataFrame([{k: item[k] for k in told} for item in left], schema=dict.fromkeys(told, pl.String))
    nothing = (pl.lit(None, pl.String).alias(c) for c in ("split", "partner", "partner_text"))
    return (
        reasons.join(given, on=["id", "origin"], how="left", maintain_order="left")
        .with_columns(pl.lit("dropped").alias("verdict"), pl.lit(results.origin(node_id)).alias("node"), *nothing)
        .select(COLUMNS)
    )


def is_part(plan: Plan, node_id: str) -> bool:
    return plan.graph.node(node_id).op == "part"


def other_splits(results: Results, node_id: str) -> pl.DataFrame:
    """The rows that a data set read from one split leaves behind in the others."""
    import polars as pl

    node = results.plan.graph.node(node_id)
    rows = results.rows(node.inputs[0]).filter(pl.col("split") != node.params["split"])
    return rows.select(left_behind(results, node_id))


def left_behind(results: Results, node_id: str) -> list[Any]:
    """What a ledger says of such a row."""
    import polars as pl

    node = results.plan.graph.node(node_id)
    split = node.params["split"]
    nothing = (pl.lit(None, pl.String).alias(c) for c in ("partner", "partner_text"))
    return [
        "id", "origin", "position", "parents", "split", *nothing, *headline(node.rows or RowType.TEXT),
        pl.lit("dropped").alias("verdict"), pl.lit(results.origin(node_id)).alias("node"),
        pl.lit(f"split == {split}").alias("rule"), pl.col("split").alias("value"), pl.lit(split).alias("threshold"),
    ]  # fmt: skip
