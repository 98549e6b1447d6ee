"""A generation: rows that models write. What comes back is filtered at once, and what is accepted decides the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node, digest
from tunec.compiler.lowered import Call, Lowered, Stage, expect, expect_all, expect_entries, expect_optional
from tunec.compiler.planning.fingerprint import seed_of
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.base.method import Draft, Method, Rejection
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Outcome
from tunec.runtime.engine.binding import Binder
from tunec.runtime.engine.personas import Personas
from tunec.runtime.engine.step import NodeKind, RowsMade, StepContext
from tunec.runtime.engine.talks import talks_of
from tunec.runtime.engine.units import GROUP, Done, Units
from tunec.runtime.models.money import Budget, price_of
from tunec.runtime.rows.dropped import dropped_rows, dropped_schema
from tunec.runtime.rows.frame import identify
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.rows.nested import typed

if TYPE_CHECKING:
    import polars as pl


#: How many units are committed together where nothing depends on what was accepted before.
_TOGETHER = 16 * GROUP


@dataclass
class _Tally:
    units: int = 0
    requests: int = 0
    asked: int = 0
    repeated: int = 0  # asked for before by a run that was killed before it could record the answers
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    position: int = 0


@dataclass
class Generation:
    """A generation on its way: what it makes rows with, and what it has so far. `count` counts the rows in `kept`."""

    context: StepContext
    node: Node
    units: Units
    seeds_type: RowType
    binder: Binder
    origin: str
    wanted: int | None
    tally: _Tally = field(default_factory=_Tally)
    seen: Counter[bytes] = field(default_factory=Counter)
    kept: list[pl.DataFrame] = field(default_factory=list)
    dropped: list[pl.DataFrame] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    asked: list[pl.DataFrame] = field(default_factory=list)
    shares: dict[str, tuple[int, int]] = field(default_factory=dict)  # what the method counted
    count: int = 0
    goal: int | None = None  # rows that are wanted beyond the end of a generation

    @property
    def rows_type(self) -> RowType:
        """The type of the rows that are made."""
        return self.node.rows or RowType.INSTRUCTION

    @property
    def plain(self) -> bool:
        """Whether nothing depends on what was accepted so far, so that groups may be committed several at a time."""
        return self.wanted is None and not self.node.params["stages"] and not self.units.method.reads_accepted

    def ahead(self) -> int:
        """How many units are worth working on before the next are given back: with as many rows a unit as so far."""
        most = 2 * GROUP + 2 * max((self.units.servers.of(m).pace.most for m in self.units.method.models), default=0)
        wanted = self.wanted if self.goal is None else self.goal
        if wanted is None:
            return most
        a_unit = (self.count + 1) / (self.tally.units + 1)
        least = 1 if self.goal is None else GROUP  # there are few rounds of a refill, so each asks a whole group
        return min(most, max(least, ceil((wanted - self.count) / a_unit)))

    def accepted(self, groups: int) -> pl.DataFrame:
        """The rows that were accepted of so many groups of units."""
        import polars as pl

        return pl.concat(self.kept[:groups]) if groups else pl.DataFrame(schema=self._columns)

    def commit(self, group: Sequence[Done]) -> None:
        """Take what finished units made, in the order of their numbers."""
        tally = self.tally
        for unit in group:
            tally.units += 1
            for name in ("requests", "asked", "repeated", "prompt_tokens", "completion_tokens", "cost"):
                setattr(tally, name, getattr(tally, name) + getattr(unit, name))
        self.asked.append(talks_of(group, tally.position))
        rows, rejected = self._drafts(group)
        self.rejected.append(rejected)
        fallen = [rejected]
        for stage in expect_all(Stage, self.node.params["stages"]):
            outcome = self._stage(stage, rows, fallen)
            fallen.append(dropped_rows(rows, outcome.drops, self.origin, self.rows_type))
            rows = outcome.rows
        self.dropped += fallen[1:]
        if (wanted := self.wanted) is not None and self.count + rows.height > wanted:
            surplus = rows.slice(wanted - self.count)
            self.dropped.append(dropped_rows(surplus, _surplus(surplus, wanted), self.origin, self.rows_type))
            rows = rows.head(wanted - self.count)
        self.kept.append(rows)
        self.count += rows.height

    def _drafts(self, group: Sequence[Done]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that units made, and what was rejected."""
        import polars as pl

        content: list[dict[str, object]] = []
        identity: list[tuple[int, list[str]]] = []
        rejected: list[dict[str, object]] = []
        more: list[dict[str, object]] = []
        for unit, part in ((done, made) for done in group for made in done.parts):
            position, parents = self.tally.position, list(part.parents)
            self.tally.position += 1
            for what, (some, of) in part.shares.items():
                before = self.shares.get(what, (0, 0))
                self.shares[what] = (before[0] + some, before[1] + of)
            if isinstance(part, Draft):
                content.append(dict(part.fields))
                identity.append((position, parents))
                more.append({**part.more, "persona": unit.person.text if unit.person is not None else None})
            else:
                rejected.append(_rejected(part, self.origin, position, parents))
        names = CONTENT[self.rows_type]
        types = content_schema(self.rows_type)
        texts = pl.DataFrame([typed(n, [row.get(n) for row in content], types[n]) for n in names])
        rows = pl.DataFrame(
            {
                "id": identify(texts, self.rows_type, self.seen),
                "origin": pl.Series("origin", [self.origin] * len(content), pl.String),
                "position": pl.Series("position", [p for p, _ in identity], pl.Int64),
                "parents": pl.Series("parents", [p for _, p in identity], pl.List(pl.String)),
                **{n: texts[n] for n in names},
                **self._of_seeds([parents for _, parents in identity]),
                **{f"meta.{n}": pl.Series([row.get(n) for row in more], dtype=kind) for n, kind in self._own.items()},
            }
        )
        return rows, pl.DataFrame(rejected, schema=dropped_schema())

    def _of_seeds(self, parents: Sequence[Sequence[str]]) -> dict[str, pl.Series]:
        """The other columns of the seed row that each row was made from; missing where that is not one row. A person
        that it was written for is a parent too, and no seed."""
        import polars as pl

        seeds = self.units.seeds
        known = {id: number for number, id in enumerate(seeds["id"])} if self._others else {}
        of_seeds = [[known[id] for id in ids if id in known] for ids in parents]
        numbers = [found[0] if len(found) == 1 else None for found in of_seeds]
        return {name: seeds[name].gather(pl.Series(numbers, dtype=pl.UInt32)) for name in self._others}

    @property
    def _own(self) -> dict[str, Any]:
        """The other columns that do not come from seeds, and their types."""
        import polars as pl

        types = {"text": pl.String(), "float": pl.Float64(), "int": pl.Int64()}
        adds = self.binder.catalogue.at(expect(Call, self.node.params["method"]).operator).adds
        return {name: types[kind.name] for name, kind in adds} | (
            {} if self.units.personas is None else {"persona": types["text"]}
        )

    @property
    def _others(self) -> list[str]:
        return [name for name in self.units.seeds.columns if name.startswith("meta.")]

    @property
    def _columns(self) -> dict[str, Any]:
        """The columns of the rows, and their types."""
        import polars as pl

        others: dict[str, Any] = {name: self.units.seeds.schema[name] for name in self._others}
        others |= {f"meta.{name}": kind for name, kind in self._own.items()}
        identity = {"id": pl.String, "origin": pl.String, "position": pl.Int64, "parents": pl.List(pl.String)}
        return {**identity, **content_schema(self.rows_type), **others}

    def _stage(self, stage: Stage, rows: pl.DataFrame, fallen: Sequence[pl.DataFrame]) -> Outcome:
        import polars as pl

        outcome: Outcome
        operator = self.binder.catalogue.at(stage.op)
        pools = [name for name, annotation in operator.supplied if annotation == "Pool"]
        before = [name for name, annotation in operator.supplied if annotation == "Fallen"]
        if before:
            outcome = self.binder.run(operator, stage.params, rows, dict.fromkeys(before, pl.concat(fallen)))
            return outcome
        if not pools:
            outcome = self.binder.stage(stage.op, stage.params, rows)
            return outcome
        # It compares rows with the seeds and with what was accepted before.
        text = stage.params["text"]
        accepted = [pl.Series([], dtype=pl.String)]
        accepted += [self.binder.evaluator.column(earlier, text) for earlier in self.kept]
        of_seeds = replace(self.binder, rows=self.seeds_type).evaluator.column(self.units.seeds, text)
        against = pl.concat([of_seeds, *accepted]).drop_nulls().to_list()
        outcome = self.binder.run(operator, stage.params, rows, dict.fromkeys(pools, against))
        return outcome


def _generate(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    """Run a generation.

    Units of work are committed in the order of their numbers, in groups of a fixed size, so that rows, their ids and
    the end depend on the answers alone, and not on which came first.
    """
    import polars as pl

    until = expect_entries(node.params["until"])
    wanted, most = expect_optional(int, until["rows"]), expect_optional(int, until["requests"])
    servers = context.services.servers
    asked, recorded = servers.asked, servers.recorded
    run = started(context, node, wanted, most, until["cost"])
    tally, end = run.tally, last_unit(run)
    waiting: list[Done] = []
    for group in run.units.groups(end, run.ahead, run.accepted):
        waiting += group
        if not run.plain or len(waiting) >= _TOGETHER:
            run.commit(waiting)
            waiting = []
        if wanted is not None:
            told = f", {run.count / tally.position:.0%} of the drafts" if tally.position else ""
            told = f"rows accepted{told}{servers.running_cost()}"
            context.reporter.progress(min(run.count, wanted), wanted, told)
        elif most is not None and (end is None or end > most // run.units.method.most):
            made = tally.requests + sum(unit.requests for unit in waiting)
            context.reporter.progress(made, most, f"requests made{servers.running_cost()}")
        else:
            units = tally.units + len(waiting)
            context.reporter.progress(units, end or units, f"units of work done{servers.running_cost()}")
        if wanted is not None and run.count >= wanted:
            break
    if waiting:
        run.commit(waiting)
    notes: tuple[str, ...] = ()
    if wanted is not None and run.count < wanted:
        notes = (f"{run.count:,} of {wanted:,} rows after {tally.requests:,} requests",)
        if until["exactly"]:
            raise OperatorError(notes[0])
    if run.units.served:  # more than what was committed: what was asked beyond the end is recorded all the same
        tally.asked = servers.asked - asked
        context.services.requests["recorded"] += servers.recorded - recorded - (tally.requests - tally.asked)
    _tell(context, tally, notes)
    rows = run.accepted(len(run.kept))
    drops = pl.concat([*run.rejected, *run.dropped]) if run.rejected else pl.DataFrame(schema=dropped_schema())
    totals: dict[str, Any] = {n: getattr(tally, n) for n in ("requests", "prompt_tokens", "completion_tokens")}
    if tally.cost:
        totals["cost"] = round(tally.cost, 6)
    talks = pl.concat(run.asked) if run.asked else None
    findings = {"shares": run.shares} if run.shares else None
    return RowsMade(rows, drops, made=rows.height + drops.height, findings=findings, totals=totals, asked=talks)


def started(context: StepContext, node: Node, wanted: int | None, most: int | None, dollars: Lowered) -> Generation:
    """A generation that has not begun, of so many rows, requests and dollars at most."""
    binder = context.binder(node)
    seeds = context.results.plan.graph.node(node.inputs[0])
    method: Method = binder.bound(expect(Call, node.params["method"])).call()
    unpriced = [model.id for model in method.models if price_of(model) is None]
    if wanted is None and most is None and dollars is not None and unpriced:
        raise OperatorError(
            f"`{unpriced[0]}` has no price, so `until(cost:)` would never end it: bound `rows` or `requests`, or state "
            "`price_input` and `price_output` of the model, in dollars per million tokens"
        )
    budget = None if dollars is None else Budget(float(str(dollars)))
    # Neither its stages nor its bounds: what was answered is not asked again where only they change.
    seed = seed_of("generate", {name: node.params[name] for name in ("method", "seed")})
    rows = context.results.rows(seeds.id)
    personas = node.params.get("personas")
    people: Personas | None = None if personas is None else binder.bound(expect(Call, personas)).call()
    units = Units(method, rows, seed, context.services.servers, budget, people, most)
    return Generation(
        context, node, units, seeds.rows or RowType.INSTRUCTION, binder, context.results.origin(node.id), wanted
    )


def last_unit(run: Generation) -> int | None:
    """The number of units after which the work ends in any case; None where it has no end of its own."""
    method, most = run.units.method, run.units.bound
    units = method.units(run.units.seeds.height)
    if most is not None and most < method.most:
        raise OperatorError(f"`until(requests: {most})`: a unit of this method takes up to {method.most} requests")
    return units


def _tell(context: StepContext, tally: _Tally, notes: tuple[str, ...]) -> None:
    requests = context.services.requests
    requests["asked"] += tally.asked
    requests["recorded"] += tally.requests - tally.asked
    requests["repeated"] += tally.repeated
    for note in notes:
        context.reporter.warn(note)


def _rejected(part: Rejection, origin: str, position: int, parents: list[str]) -> dict[str, object]:
    return {
        "id": digest([position, part.text], 16),
        "origin": origin,
        "position": position,
        "parents": parents,
        "verdict": "dropped",
        "node": origin,
        "rule": part.rule,
        "value": part.value,
        "threshold": None,
        "partner": None,
        "partner_text": None,
        "prompt": part.text,
        "response": None,
    }


def _surplus(rows: pl.DataFrame, wanted: int) -> pl.DataFrame:
    import polars as pl

    from tunec.runtime.base.values import drops_of

    numbers = pl.Series(range(rows.height), dtype=pl.UInt32)
    more = pl.Series([str(wanted + i + 1) for i in range(rows.height)], dtype=pl.String)
    return drops_of(numbers, f"until(rows: {wanted})", more, f"<= {wanted}")


KIND = NodeKind("generate", rows=_generate)
