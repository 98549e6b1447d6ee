"""Rows of several sources, one after another. A row that comes in several ways, as the rows of `a` in
`[sample(a, 5), a]`, is there once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Graph, Node
from tunec.compiler.types import CONTENT, TRAIN, RowType
from tunec.runtime.engine.mixed import mixed_columns
from tunec.runtime.engine.step import NodeKind, PortionsMade, RowsMade, StepContext
from tunec.runtime.rows.dropped import nothing_dropped
from tunec.runtime.rows.frame import IDENTITY, widened
from tunec.runtime.sources.joining import Part, joined
from tunec.runtime.text.readable import as_text

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows


def concat(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    """The rows of the inputs of a node, one after another, each once."""
    graph, parts = context.results.plan.graph, []
    for source in node.inputs:
        frame = context.results.rows(source)
        if node.rows is RowType.CHAT and "instruction" in frame.columns:
            frame = widened(frame)
        parts.append(Part(_named(graph, source), frame, mixed_columns(context.results, source, context.mixed)))
    found = joined(parts)
    context.mixed[node.id] = found.mixed
    first = [*IDENTITY, *CONTENT[node.rows or RowType.TEXT]]
    rows = found.rows.select(*first, *sorted(c for c in found.rows.columns if c not in first))
    facts = {"mixed": dict(found.mixed)} if found.mixed else {}
    once = _once(rows, [part.rows.height for part in parts], CONTENT[node.rows or RowType.TEXT])
    notes = found.notes
    unsplit = [part.name for part in parts if "split" not in part.rows.columns]
    if "split" in once.columns and unsplit:
        notes = (*notes, _in_train(unsplit))
        once = once.with_columns(_completed_split())
    if once.height < rows.height:
        notes = (*notes, f"{rows.height - once.height:,} rows come in several ways, and are there once")
    return RowsMade(once, nothing_dropped(), given=once.height, notes=notes, facts=facts)


def _portions(context: StepContext, node: Node, given: Rows | None) -> PortionsMade | None:
    """Rows of several sources that are too many for the memory; None where they are few, where a column is of several
    types, and where a row may come in several ways, which is seen by looking at all."""
    from tunec.runtime.rows.portions import Joined, Made, Rows, portioned

    results = context.results
    parts = [results.portions(source) for source in node.inputs]
    size = sum(int(part.estimated_size()) for part in parts if not isinstance(part, Rows))
    few = results.memory is None or size <= results.memory.whole
    if (few and not any(isinstance(part, Rows) for part in parts)) or any(
        mixed_columns(results, source, context.mixed) for source in node.inputs
    ):
        return None
    pieces: list[Rows] = []
    for part in map(portioned, parts):
        wide = node.rows is RowType.CHAT and "instruction" in part.schema
        pieces.append(Made(part, widened) if wide else part)
    kinds: dict[str, Any] = {}
    for schema in (piece.schema for piece in pieces):
        if any(kinds.setdefault(name, kind) != kind for name, kind in schema.items()):
            return None
    origins = [set(piece.column("origin").unique()) for piece in pieces]
    if len(set[str]().union(*origins)) < sum(map(len, origins)):
        return None
    first = [*IDENTITY, *CONTENT[node.rows or RowType.TEXT]]
    order = [*first, *sorted(name for name in kinds if name not in first)]
    rows = Joined(tuple(Made(piece, _completed(kinds, order)) for piece in pieces), results.store.at("tmp"))
    unsplit = [n for n, piece in zip(node.inputs, pieces, strict=True) if "split" not in piece.schema]
    notes = (_in_train(_named(results.plan.graph, n) for n in unsplit),) if "split" in kinds and unsplit else ()
    return PortionsMade(rows, lambda: iter((nothing_dropped(),)), given=rows.height, notes=notes)


def _completed(kinds: Mapping[str, Any], order: Sequence[str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Gives rows the columns that they lack, and puts all in an order."""
    import polars as pl

    def completed(part: pl.DataFrame) -> pl.DataFrame:
        missing = (pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in part.columns)
        whole = part.with_columns(missing).select(order)
        return whole.with_columns(_completed_split()) if "split" in order else whole

    return completed


def _named(graph: Graph, source: str) -> str:
    return graph.origins.get(source, (graph.owners.get(source, source),))[0]


def _in_train(names: Iterable[str]) -> str:
    return f"rows of {', '.join(f'`{name}`' for name in names)} are in no split; here they are in `{TRAIN}`"


def _completed_split() -> pl.Expr:
    import polars as pl

    return pl.col("split").fill_null(TRAIN)


def _once(rows: pl.DataFrame, heights: Sequence[int], content: Iterable[str]) -> pl.DataFrame:
    """The rows without those that an earlier part has: the same record of the same source, with the same text. A row
    that one part holds several times, because it was repeated there, stays as often. Of equal rows one that is
    in a split stays, so that what is held out is not trained on because it came without its split as well."""
    import polars as pl

    identity = ["id", "origin", "position"]
    parts = pl.concat([pl.repeat(n, height, dtype=pl.UInt32, eager=True) for n, height in enumerate(heights)])
    marked = rows.select(*identity, part=parts).with_row_index("row")
    several = marked.filter(pl.col("part").n_unique().over(identity) > 1)
    if not several.height:
        return rows
    texts = rows.select(as_text(rows[name]) for name in content)[several["row"]]
    keys = [*identity, *texts.columns]
    numbered = several.hstack(texts).with_columns(time=pl.int_range(pl.len()).over("part", *keys))
    if "split" in rows.columns:
        splits = rows.select(pl.col("split").is_null().alias("unsplit"))[several["row"]]
        numbered = numbered.hstack(splits).sort("unsplit", "row")
    kept = numbered.unique([*keys, "time"], keep="first", maintain_order=True)["row"]
    gone = several.filter(~pl.col("row").is_in(kept.implode()))["row"]
    return rows.filter(~pl.int_range(rows.height, eager=True).is_in(gone.implode()))


KIND = NodeKind("concat", rows=concat, portions=_portions, gathers=True)
