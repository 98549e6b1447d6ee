"""More rows for a stage that has too few: private rounds of the generation above it.

A round goes on with the units after the last one that was committed, within the bounds of the generation. What it makes
comes through the stages in between, beside the rows that were kept before, which all stay; other readers of the
generation never see it. Answers are recorded, so that the rows do not depend on which answer came first, and a build
that was interrupted asks for nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import expect_entries, expect_optional
from tunec.compiler.planning.refill import Way, way_of
from tunec.compiler.planning.steps import row_wise
from tunec.compiler.types import RowType
from tunec.runtime.base.operator import Short
from tunec.runtime.base.values import Outcome
from tunec.runtime.engine.step import StepContext
from tunec.runtime.rows.dropped import dropped_rows
from tunec.runtime.rows.frame import widened

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.engine.steps.generate import Generation
    from tunec.runtime.engine.units import Done

#: A round asks for at most so many times the rows that are missing, however few of the last round's came through.
_AT_MOST = 8


@dataclass
class Refilled:
    """What a stage made of its rows and of those of the rounds. `made` counts these as they left the generation's
    method, `drops` holds what fell on the way to the stage; `rounds` tells what became of each."""

    rows: pl.DataFrame
    outcome: Outcome
    made: int = 0
    drops: list[pl.DataFrame] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    asked: list[pl.DataFrame] = field(default_factory=list)
    totals: dict[str, float] = field(default_factory=dict)


def refilled(context: StepContext, node: Node, rows: pl.DataFrame, run: Callable[[pl.DataFrame], Outcome]) -> Refilled:
    """Run a stage, and where it wants more rows, rounds of the generation above. Raises Short where it needs more rows
    than there are."""
    import polars as pl

    goal, source, found, pool = rows.height, None, Refilled(rows, _NOTHING), rows
    outcome: Outcome | None
    try:
        while True:
            short = None
            try:
                outcome = run(pool)
                missing, most = (goal - outcome.rows.height, outcome.refill) if outcome.refill else (0, 0)
            except Short as error:
                short, missing, most, outcome = error, error.missing, error.rounds, None
            if found.rounds:
                found.rounds[-1]["kept"] = 0 if outcome is None else outcome.rows.height
            if missing <= 0 or len(found.rounds) >= most or (source is not None and source.ended):
                break
            source = source or _source(context, node)
            if source is None:
                break
            more = source.round(found, missing, pool)
            context.reporter.progress(len(found.rounds), most, f"rounds of `{source.name}`, for {missing:,} rows")
            pool = pl.concat([pool, more.select(pool.columns)]) if more.height else pool
    finally:
        if source is not None:
            source.close(found)
    if outcome is None:
        assert short is not None
        raise short
    found.rows, found.outcome = pool, outcome
    return found


@dataclass
class _Source:
    """The generation above a stage, where its build ended."""

    context: StepContext
    way: Way
    name: str
    run: Generation
    groups: Iterator[list[Done]]
    ended: bool = False
    before: dict[str, float] = field(default_factory=dict)

    def round(self, found: Refilled, missing: int, pool: pl.DataFrame) -> pl.DataFrame:
        """The rows of a round that come to the stage, of as many as make up for those missing if as large a share
        comes through as in the last round."""
        import polars as pl

        run, last = self.run, found.rounds[-1] if found.rounds else None
        through = last["arrived"] / last["made"] if last and last["made"] else 1.0
        run.goal = run.count + min(ceil(missing / max(through, 1e-9)), _AT_MOST * missing)
        first, groups, drops = run.tally.position, len(run.kept), (len(run.rejected), len(run.dropped))
        while run.count < run.goal:
            group = next(self.groups, None)
            if group is None:
                self.ended = True
                break
            run.commit(group)
        new = pl.concat(run.kept[groups:]) if len(run.kept) > groups else run.accepted(0)
        told: dict[str, Any] = {"round": len(found.rounds) + 1, "missing": missing, "origin": run.origin}
        told |= {"from": first, "to": run.tally.position, "made": new.height, "stages": []}
        found.rounds.append(told)
        found.made += run.tally.position - first
        found.drops += [*run.rejected[drops[0] :], *run.dropped[drops[1] :]]
        found.asked += run.asked[groups:]
        for node in self.way.nodes:
            given = new.height
            new = self._through(found, node, new, pool)
            if node.op != "concat":
                told["stages"].append([node.op.split(".")[-1], given, new.height])
        told["arrived"] = new.height
        return new

    def _through(self, found: Refilled, node: Node, new: pl.DataFrame, pool: pl.DataFrame) -> pl.DataFrame:
        """New rows through a node, beside the rows that were kept."""
        import polars as pl

        if node.op == "concat":
            return _beside(widened(new) if _is_chat(node, new) else new, pool)
        make = self.context.kind(node).rows
        assert make is not None, node.op
        if row_wise(node, self.context.catalogue) or node.op == "stages.decontaminate" or not new.height:
            made = make(self.context, node, new)
            found.drops.append(made.drops)
            return made.rows
        kept = pool.select(c for c in new.columns if c in pool.columns)
        made = make(self.context, node, pl.concat([kept, new.select(kept.columns)]))
        ids = new.select(_KEYS)
        drops = made.drops.join(ids, on=_KEYS, how="semi", maintain_order="left")
        # A row that was kept stays, so what would have taken its place goes instead.
        lost = made.drops.join(ids, on=_KEYS, how="anti", maintain_order="left")
        lost = lost.unique("partner", keep="first", maintain_order=True)
        standing = made.rows.join(ids, on=_KEYS, how="semi", maintain_order="left")
        won = lost.select("rule", "value", "threshold", id="partner", partner="id", partner_text="prompt")
        instead = standing.select("id").with_row_index("row").join(won, on="id", maintain_order="left").drop("id")
        origin = self.context.results.origin(node.id)
        found.drops += [drops, dropped_rows(standing, instead, origin, node.rows or RowType.TEXT)]
        return standing.filter(~pl.int_range(standing.height).is_in(instead["row"].implode()))

    def close(self, found: Refilled) -> None:
        """Let the units go that are on their way, and count what was asked."""
        close = getattr(self.groups, "close", None)
        if close is not None:
            close()
        tally = self.run.tally
        found.totals = {name: getattr(tally, name) - self.before[name] for name in _COUNTED}
        found.totals["cost"] = round(found.totals["cost"], 6)
        if not found.totals["cost"]:
            del found.totals["cost"]


#: What tells rows apart.
_KEYS = ("id", "origin", "position")
#: What is counted of a generation.
_COUNTED = ("requests", "prompt_tokens", "completion_tokens", "cost")


def _source(context: StepContext, node: Node) -> _Source | None:
    """The generation above a node, gone through up to where its build ended; None where there is none."""
    from tunec.runtime.engine.steps.generate import last_unit, started

    graph = context.results.plan.graph
    way = way_of({n.id: n for n in graph.nodes}, node, context.catalogue)
    if isinstance(way, str):
        return None
    until = expect_entries(way.generation.params["until"])
    wanted, most = expect_optional(int, until["rows"]), expect_optional(int, until["requests"])
    run = started(context, way.generation, wanted, most, until["cost"])
    groups = run.units.groups(last_unit(run), run.ahead, run.accepted)
    ended = False
    while wanted is None or run.count < wanted:
        group = next(groups, None)
        if group is None:
            ended = True
            break
        run.commit(group)
    run.wanted = None
    name = graph.owners.get(way.generation.id, "generate")
    return _Source(context, way, name, run, groups, ended, {n: getattr(run.tally, n) for n in _COUNTED})


def _is_chat(node: Node, rows: pl.DataFrame) -> bool:
    return node.rows is RowType.CHAT and "instruction" in rows.columns


def _beside(new: pl.DataFrame, pool: pl.DataFrame) -> pl.DataFrame:
    """New rows with the other columns of rows of several sources, which they do not have."""
    import polars as pl

    missing = [pl.lit(None, pool.schema[c]).alias(c) for c in pool.columns if c.startswith("meta.") and c not in new]
    return new.with_columns(missing)


_NOTHING: Any = None
