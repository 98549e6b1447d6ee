"""A generation: rows that a model writes. It is asked in fixed batches, every batch is recorded whole, and what comes
back is filtered at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node, digest
from tunec.compiler.lowered import Call, Stage, expect, expect_all, expect_entries, expect_optional
from tunec.compiler.planning.fingerprint import seed_of
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.engine.binding import Binder
from tunec.runtime.engine.step import NodeKind, RowsMade, StepContext
from tunec.runtime.method import Answer, Draft, Method, Rejection, Request
from tunec.runtime.models.answers import ask_batch, batch_size
from tunec.runtime.operator import OperatorError
from tunec.runtime.rows.dropped import dropped_rows, dropped_schema
from tunec.runtime.rows.frame import identify
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.values import Outcome

if TYPE_CHECKING:
    import polars as pl


@dataclass
class _Tally:
    requests: int = 0
    asked: int = 0
    repeated: int = 0  # asked for before by a run that was killed before it could record the answers
    prompt_tokens: int = 0
    completion_tokens: int = 0
    position: int = 0


@dataclass
class _Generation:
    """A generation on its way: what it makes rows with, and what it has so far. `count` counts the rows in `kept`."""

    context: StepContext
    node: Node
    method: Method
    seeds: pl.DataFrame
    seeds_type: RowType
    binder: Binder
    origin: str
    seed: int
    wanted: int | None
    tally: _Tally = field(default_factory=_Tally)
    seen: Counter[bytes] = field(default_factory=Counter)
    kept: list[pl.DataFrame] = field(default_factory=list)
    dropped: list[pl.DataFrame] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    count: int = 0

    @property
    def rows_type(self) -> RowType:
        return self.node.rows or RowType.INSTRUCTION

    def batch(self, number: int, first: int, end: int) -> None:
        """Ask one batch: the requests `first` to `end`."""
        method, tally = self.method, self.tally
        requests = [method.request(i, self.seeds, self.seed) for i in range(first, end)]
        seed = digest([self.seed, number])
        asked = ask_batch(self.context.results.store, method.model, requests, method.sampling, seed)
        tally.requests += len(asked.answers)
        tally.asked += asked.asked
        tally.repeated += asked.repeated
        tally.prompt_tokens += sum(a.prompt_tokens for a in asked.answers)
        tally.completion_tokens += sum(a.completion_tokens for a in asked.answers)
        rows, rejected = self._drafts(requests, asked.answers)
        self.rejected.append(rejected)
        for stage in expect_all(Stage, self.node.params["stages"]):
            outcome = self._stage(stage, rows)
            self.dropped.append(dropped_rows(rows, outcome.drops, self.origin, self.rows_type))
            rows = outcome.rows
        if (wanted := self.wanted) is not None and self.count + rows.height > wanted:
            surplus = rows.slice(wanted - self.count)
            self.dropped.append(dropped_rows(surplus, _surplus(surplus, wanted), self.origin, self.rows_type))
            rows = rows.head(wanted - self.count)
        self.kept.append(rows)
        self.count += rows.height

    def _drafts(self, requests: Sequence[Request], answers: Sequence[Answer]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows in the answers of a batch, and what was rejected while reading them."""
        import polars as pl

        content: list[dict[str, object]] = []
        identity: list[tuple[int, list[str]]] = []
        rejected: list[dict[str, object]] = []
        for request, answer in zip(requests, answers, strict=True):
            for part in self.method.parse(answer):
                position, parents = self.tally.position, list(request.parents)
                self.tally.position += 1
                if isinstance(part, Draft):
                    content.append(dict(part.fields))
                    identity.append((position, parents))
                else:
                    rejected.append(_rejected(part, self.origin, position, parents))
        names = CONTENT[self.rows_type]
        types = content_schema(self.rows_type)
        texts = pl.DataFrame({n: pl.Series(n, [row.get(n) for row in content], types[n]) for n in names})
        rows = pl.DataFrame(
            {
                "id": identify(texts, self.rows_type, self.seen),
                "origin": pl.Series("origin", [self.origin] * len(content), pl.String),
                "position": pl.Series("position", [p for p, _ in identity], pl.Int64),
                "parents": pl.Series("parents", [p for _, p in identity], pl.List(pl.String)),
                **{n: texts[n] for n in names},
            }
        )
        return rows, pl.DataFrame(rejected, schema=dropped_schema())

    def _stage(self, stage: Stage, rows: pl.DataFrame) -> Outcome:
        import polars as pl

        outcome: Outcome
        if stage.op != "stages.novel":
            outcome = self.binder.stage(stage.op, stage.params, rows)
            return outcome
        text = stage.params["text"]
        accepted = [pl.Series([], dtype=pl.String)]
        accepted += [self.binder.evaluator.column(earlier, text) for earlier in self.kept]
        of_seeds = replace(self.binder, rows=self.seeds_type).evaluator.column(self.seeds, text)
        against = pl.concat([of_seeds, *accepted]).drop_nulls().to_list()
        operator = self.binder.catalogue.at("stages.novel")
        outcome = self.binder.run(operator, stage.params, rows, {"against": against})
        return outcome


def _generate(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    """Run a generation.

    Batch number b holds the requests from b·size on and has a seed of its own; its answers are recorded whole before
    they are read, and a recorded batch is never asked for again. Rows get their ids in the order of requests.
    """
    import polars as pl

    until = expect_entries(node.params["until"])
    wanted, most = expect_optional(int, until["rows"]), expect_optional(int, until["requests"])
    if wanted is None and most is None:
        raise OperatorError("this model has no price, so `until` needs `rows` or `requests`")
    run = _started(context, node, wanted)
    tally, size, number = run.tally, batch_size(run.method.model), 0
    while (wanted is None or run.count < wanted) and (most is None or tally.requests < most):
        reached = (
            (run.count, wanted, "rows accepted") if wanted is not None else (tally.requests, most or 0, "requests")
        )
        context.reporter.progress(*reached)
        end = (number + 1) * size
        run.batch(number, number * size, end if most is None else min(end, most))
        number += 1
    notes: tuple[str, ...] = ()
    if wanted is not None and run.count < wanted:
        notes = (f"{run.count:,} of {wanted:,} rows after {tally.requests:,} requests",)
        if until["exactly"]:
            raise OperatorError(notes[0])
    _tell(context, tally, notes)
    rows = pl.concat(run.kept) if run.kept else _empty(run.rows_type)
    drops = pl.concat([*run.rejected, *run.dropped])
    totals = {name: getattr(tally, name) for name in ("requests", "prompt_tokens", "completion_tokens")}
    return RowsMade(rows, drops, made=rows.height + drops.height, totals=totals)


def _started(context: StepContext, node: Node, wanted: int | None) -> _Generation:
    binder = context.binder(node)
    seeds = context.results.plan.graph.node(node.inputs[0])
    return _Generation(
        context,
        node,
        binder.bound(expect(Call, node.params["method"])).call(),
        context.results.rows(seeds.id),
        seeds.rows or RowType.INSTRUCTION,
        binder,
        context.results.origin(node.id),
        seed_of("generate", node.params),
        wanted,
    )


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

    from tunec.runtime.values import drops_of

    numbers = pl.Series(range(rows.height), dtype=pl.UInt32)
    more = pl.Series([str(wanted + i + 1) for i in range(rows.height)], dtype=pl.String)
    return drops_of(numbers, f"until(rows: {wanted})", more, f"<= {wanted}")


def _empty(rows_type: RowType) -> pl.DataFrame:
    import polars as pl

    types: dict[str, Any] = {
        "id": pl.String,
        "origin": pl.String,
        "position": pl.Int64,
        "parents": pl.List(pl.String),
    }
    return pl.DataFrame(schema={**types, **content_schema(rows_type)})


KIND = NodeKind("generate", rows=_generate)
