"""Makes rows with a model: asks in fixed batches, records every batch whole, and filters what comes back at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node, digest
from tunec.compiler.lowered import Stage, expect_all, expect_entries, expect_optional
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.engine.binding import Binder
from tunec.runtime.method import Answer, Draft, Method, Rejection, Request
from tunec.runtime.models.answers import Asked, ask_batch, batch_size
from tunec.runtime.operator import OperatorError
from tunec.runtime.rows import identify
from tunec.runtime.sources.framing import content_schema
from tunec.runtime.store.store import Store
from tunec.runtime.values import Outcome, Progress

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Generated:
    """The rows that a generation made, what it had to drop, and what it took."""

    rows: pl.DataFrame
    drops: pl.DataFrame
    totals: dict[str, int]
    asked: int
    recorded: int
    repeated: int  # asked for before by a run that was killed before it could record the answers
    notes: tuple[str, ...]


@dataclass
class _Tally:
    requests: int = 0
    asked: int = 0
    repeated: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    position: int = 0


def generate(
    node: Node,
    method: Method,
    seeds: pl.DataFrame,
    seeds_type: RowType,
    binder: Binder,
    store: Store,
    origin: str,
    seed: int,
    progress: Progress,
) -> Generated:
    """Run a generation step.

    Batch number b holds the requests from b·size on and has a seed of its own; its answers are recorded whole before
    they are read, and a recorded batch is never asked for again. Rows get their ids in the order of requests.
    """
    import polars as pl

    from tunec.runtime.engine.dropped import fallen_rows

    rows_type = node.rows or RowType.INSTRUCTION
    bounds = expect_entries(node.params["until"])
    wanted, most = expect_optional(int, bounds["rows"]), expect_optional(int, bounds["requests"])
    if wanted is None and most is None:
        raise OperatorError("this model has no price, so `until` needs `rows` or `requests`")
    size = batch_size(method.model)
    tally, seen = _Tally(), Counter[bytes]()
    kept: list[pl.DataFrame] = []
    fallen: list[pl.DataFrame] = []
    rejected: list[pl.DataFrame] = []
    batch = count = 0
    while (wanted is None or count < wanted) and (most is None or tally.requests < most):
        progress(*((count, wanted, "rows accepted") if wanted is not None else (tally.requests, most or 0, "requests")))
        end = (batch + 1) * size if most is None else min((batch + 1) * size, most)
        requests = [method.request(i, seeds, seed) for i in range(batch * size, end)]
        found = ask_batch(store, method.model, requests, method.sampling, digest([seed, batch]))
        answers = found.answers
        _count(tally, found)
        frame, refused = _drafts(method, requests, answers, rows_type, origin, seen, tally)
        rejected.append(refused)
        for stage in expect_all(Stage, node.params["stages"]):
            outcome = _stage(binder, stage, frame, kept, seeds, seeds_type)
            fallen.append(fallen_rows(frame, outcome.drops, origin, rows_type))
            frame = outcome.rows
        if wanted is not None and count + frame.height > wanted:
            surplus = frame.slice(wanted - count)
            fallen.append(fallen_rows(surplus, _surplus(surplus, wanted), origin, rows_type))
            frame = frame.head(wanted - count)
        kept.append(frame)
        count += frame.height
        batch += 1
    notes = []
    if wanted is not None and count < wanted:
        message = f"{count:,} of {wanted:,} rows after {tally.requests:,} requests"
        if bounds["exactly"]:
            raise OperatorError(message)
        notes.append(message)
    rows = pl.concat(kept) if kept else _empty(rows_type, origin)
    drops = pl.concat([*rejected, *fallen])
    totals = {
        "requests": tally.requests,
        "prompt_tokens": tally.prompt_tokens,
        "completion_tokens": tally.completion_tokens,
    }
    return Generated(rows, drops, totals, tally.asked, tally.requests - tally.asked, tally.repeated, tuple(notes))


def _count(tally: _Tally, found: Asked) -> None:
    tally.requests += len(found.answers)
    tally.asked += found.asked
    tally.repeated += found.repeated
    tally.prompt_tokens += sum(a.prompt_tokens for a in found.answers)
    tally.completion_tokens += sum(a.completion_tokens for a in found.answers)


def _drafts(
    method: Method,
    requests: Sequence[Request],
    answers: Sequence[Answer],
    rows_type: RowType,
    origin: str,
    seen: Counter[bytes],
    tally: _Tally,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows in the answers of a batch, and what was rejected while reading them."""
    import polars as pl

    from tunec.runtime.engine.dropped import fallen_schema

    content: list[dict[str, object]] = []
    places: list[tuple[int, list[str]]] = []
    refused: list[dict[str, object]] = []
    for request, answer in zip(requests, answers, strict=True):
        for part in method.parse(answer):
            position, parents = tally.position, list(request.parents)
            tally.position += 1
            if isinstance(part, Draft):
                content.append(dict(part.fields))
                places.append((position, parents))
            else:
                refused.append(_refused(part, origin, position, parents))
    names = CONTENT[rows_type]
    types = content_schema(rows_type)
    texts = pl.DataFrame({n: pl.Series(n, [row.get(n, "") for row in content], types[n]) for n in names})
    frame = pl.DataFrame(
        {
            "id": identify(texts, rows_type, seen),
            "origin": pl.Series("origin", [origin] * len(content), pl.String),
            "position": pl.Series("position", [p for p, _ in places], pl.Int64),
            "parents": pl.Series("parents", [p for _, p in places], pl.List(pl.String)),
            **{n: texts[n] for n in names},
        }
    )
    return frame, pl.DataFrame(refused, schema=fallen_schema())


def _refused(part: Rejection, origin: str, position: int, parents: list[str]) -> dict[str, object]:
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


def _stage(
    binder: Binder,
    stage: Stage,
    frame: pl.DataFrame,
    kept: list[pl.DataFrame],
    seeds: pl.DataFrame,
    seeds_type: RowType,
) -> Outcome:
    import polars as pl

    outcome: Outcome
    if stage.op != "stages.novel":
        outcome = binder.stage(stage.op, stage.params, frame)
        return outcome
    operator = binder.catalogue.at("stages.novel")
    text = stage.params["text"]
    pool = [pl.Series([], dtype=pl.String)]
    pool += [binder.evaluator.column(earlier, text) for earlier in kept]
    from dataclasses import replace

    of_seeds = replace(binder, rows=seeds_type).evaluator.column(seeds, text)
    against = pl.concat([of_seeds, *pool]).drop_nulls().to_list()
    outcome = binder.run(operator, stage.params, frame, {"against": against})
    return outcome


def _surplus(frame: pl.DataFrame, wanted: int) -> pl.DataFrame:
    import polars as pl

    from tunec.runtime.values import drops_of

    numbers = pl.Series(range(frame.height), dtype=pl.UInt32)
    more = pl.Series([str(wanted + i + 1) for i in range(frame.height)], dtype=pl.String)
    return drops_of(numbers, f"until(rows: {wanted})", more, f"<= {wanted}")


def _empty(rows_type: RowType, origin: str) -> pl.DataFrame:
    import polars as pl

    types: dict[str, Any] = {
        "id": pl.String,
        "origin": pl.String,
        "position": pl.Int64,
        "parents": pl.List(pl.String),
    }
    return pl.DataFrame(schema={**types, **content_schema(rows_type)})
