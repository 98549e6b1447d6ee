"""What a build will take: rows as a range, requests, tokens, time and memory, before anything runs.

Ranges of rows are bounds: they follow from what files hold and what stages may do. What is likely comes from the last
build or sample of the spec, in proportion to the rows; nothing is invented where there was none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, Ref, expect, expect_entries
from tunec.compiler.lowered import Range as Sizes
from tunec.compiler.planning.plan import TRIALS, Plan, Planned
from tunec.runtime.building.asking import Amount, Asking
from tunec.runtime.store.store import Store

#: Stages after which every row is still there.
_KEEPING = ("let", "set", "shuffle", "split", "mask", "check")
#: What is measured of a step when it runs and kept for the next plan.
MEASURED = (
    "rows_in", "rows_out", "requests", "prompt_tokens", "completion_tokens", "tokens", "cost", "seconds", "memory",
)  # fmt: skip

#: Counts the records of a source, where that is quick; None where it is not.
Count = Callable[[Node], int | None]


@dataclass(frozen=True, slots=True)
class Range:
    """A number of rows: at least `low`, at most `high` (None where nobody knows), and what is `likely`."""

    low: int
    high: int | None
    likely: int | None

    @property
    def known(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a step will take. `basis` tells what the likely numbers rest on: `stored`, `last build` or nothing. `asking`
    is what models behind servers are still to be asked."""

    rows_in: Range
    rows_out: Range
    requests: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    memory: int | None = None
    basis: str = ""
    asking: Asking | None = None


_NOBODY = Range(0, 0, 0)


def estimates(
    plan: Plan,
    store: Store,
    before: Mapping[str, Mapping[str, Any]],
    count: Count,
    asking: Mapping[str, Asking],
) -> dict[str, Estimate]:
    """An estimate for each step of a plan, by its label. `before` is what the last build of the spec noted, `asking`
    what recorded answers tell, by label."""
    known: dict[str, Range] = {}
    found = {}
    for step in plan.steps:
        stored = step.cached or (step.reason == "forced" and store.has(step.fingerprint))
        measured = before.get(step.label, {}).get("measured")
        found[step.label] = _stored(step, store) if stored else _pending(plan, step, known, measured, count)
        if stored and not step.cached:
            # It makes the same again.
            spent = measured or {}
            found[step.label] = replace(found[step.label], seconds=spent.get("seconds"), memory=spent.get("memory"))
        elif not stored and step.label in asking:
            found[step.label] = _by_answers(found[step.label], asking[step.label])
        known[step.step.id] = found[step.label].rows_out
    return found


def _by_answers(estimate: Estimate, asking: Asking) -> Estimate:
    tokens = asking.prompt_tokens + asking.completion_tokens
    basis = estimate.basis or "recordings"
    return replace(estimate, requests=asking.requests.likely, tokens=tokens.likely, basis=basis, asking=asking)


def _stored(step: Planned, store: Store) -> Estimate:
    info = store.info(step.fingerprint)
    rows_in, rows_out = (Range(n, n, n) for n in (info.get("rows_in", 0), info.get("rows_out", 0)))
    return Estimate(rows_in, rows_out, seconds=0.0, basis="stored")


def _pending(
    plan: Plan, step: Planned, known: dict[str, Range], measured: Mapping[str, Any] | None, count: Count
) -> Estimate:
    rows_in: Range | None = None
    for node in step.step.nodes:
        arriving = [_rows_of(plan, source, known) for source in _rows_into(plan, node)]
        given = _sum(arriving) if node.op != "concat" else _together(plan, node, arriving)
        rows_in = given if rows_in is None else rows_in
        known[node.id] = _after(node, given, count)
    first, last = rows_in or _NOBODY, known[step.step.id]
    asked = _most_requests(step.step.nodes[-1])
    if measured is None:
        return Estimate(first, last, requests=asked)
    share = _share(first.likely or last.likely, measured.get("rows_in") or measured.get("rows_out"))
    if not last.known and measured.get("rows_out") is not None and share is not None:
        last = Range(last.low, last.high, _between(last, round(measured["rows_out"] * share)))
    used = {name: None if share is None or measured.get(name) is None else measured[name] * share for name in MEASURED}
    tokens = [float(used[n] or 0) for n in ("prompt_tokens", "completion_tokens", "tokens")]
    requests = round(used["requests"]) if used["requests"] else asked
    return Estimate(
        first, last, requests, round(sum(tokens)) or None, used["seconds"], measured.get("memory"),
        "last build", _as_before(used),
    )  # fmt: skip


def _as_before(used: Mapping[str, float | None]) -> Asking | None:
    """What would be asked if it were as in the last build, at most: some of the answers may be recorded."""
    if not used["cost"]:
        return None
    asked, prompts, completions, cost = (
        Amount(0, used[name] or 0) for name in ("requests", "prompt_tokens", "completion_tokens", "cost")
    )
    return Asking(asked, prompts, completions, cost, 0, "the last build")


def _rows_into(plan: Plan, node: Node) -> tuple[str, ...]:
    """The nodes whose rows come into a node, not those that are only compared with."""
    if node.op == "concat":
        return node.inputs
    if node.op in ("train", "tokenizer"):
        return node.inputs[1:2]
    if node.op == "evaluate":
        return tuple(i for i in node.inputs if plan.graph.node(i).rows)
    if node.op == "beside":
        return (expect(Ref, node.params["of"]).node,)
    return node.inputs[:1] if node.op.startswith("stages.") or node.op in TRIALS else ()


def _rows_of(plan: Plan, node_id: str, known: Mapping[str, Range]) -> Range:
    node = plan.graph.node(node_id)
    if node.op != "part":
        return known.get(node_id, Range(0, None, None))
    whole = _rows_of(plan, node.inputs[0], known)
    share = _split_share(plan, node)
    return Range(0, whole.high, None if whole.likely is None or share is None else round(whole.likely * share))


def _split_share(plan: Plan, part: Node) -> float | None:
    from tunec.compiler.lowered import shares_of

    node = plan.graph.node(part.inputs[0])
    while node.op.startswith("stages."):
        if node.op == "stages.split":
            return next((share for name, share in shares_of(node.params) if name == part.params["split"]), None)
        node = plan.graph.node(node.inputs[0])
    return None


def _sum(parts: list[Range]) -> Range:
    highs, likely = [p.high for p in parts if p.high is not None], [p.likely for p in parts if p.likely is not None]
    return Range(
        sum(p.low for p in parts),
        sum(highs) if len(highs) == len(parts) else None,
        sum(likely) if len(likely) == len(parts) else None,
    )


def _together(plan: Plan, node: Node, parts: list[Range]) -> Range:
    """Of rows that come in several ways each is there once, as far as they say the same."""
    whole, sources = _sum(parts), [plan.graph.node(source) for source in node.inputs]
    read = [_read_by(plan, source.id) for source in sources]
    splits = all(source.op == "part" and source.inputs == sources[0].inputs for source in sources)
    if splits or len(set[str]().union(*read)) == sum(map(len, read)):
        return whole
    return Range(max(part.low for part in parts), whole.high, None)


def _read_by(plan: Plan, node_id: str) -> set[str]:
    """What reads or makes the rows of a node."""
    node = plan.graph.node(node_id)
    into = node.inputs[:1] if node.op == "part" else _rows_into(plan, node)
    return set[str]().union(*(_read_by(plan, source) for source in into)) if into else {node_id}


def _after(node: Node, given: Range, count: Count) -> Range:
    """What a node makes of the rows that it is given, by what it is."""
    name = node.op.split(".")[-1]
    if node.op.startswith("connectors."):
        return _read(node, count)
    if node.op == "generate":
        return Range(0, _until(node, "rows"), None)
    if node.op in ("concat", "beside") or name in _KEEPING:
        return given
    if node.op == "trial":
        each = expect(int, expect(Call, node.params["subset"]).args["rows"])
        return Range(each, each, each)
    searched = expect(Call, node.params["search"]).args if node.op == "sized" else node.params
    if isinstance(size := searched.get("size"), Sizes):
        highs = [int(end) for end in (size.high, given.high) if end is not None]
        return Range(min(int(size.low or 0), *highs), min(highs, default=None), None)
    bound = node.params.get({"limit": "count", "select": "size", "sample": "size"}.get(name, ""))
    if isinstance(bound, int):
        likely = None if given.likely is None else min(bound, given.likely)
        return Range(min(bound, given.low), bound if given.high is None else min(bound, given.high), likely)
    if name == "repeat" and isinstance(times := node.params["times"], int):
        return Range(given.low, None if given.high is None else given.high * times, None)
    if name in ("repeat", "mix"):
        return Range(0, _mixed(node, given) if name == "mix" else None, None)
    if name == "balance":
        return Range(0, given.high, None)
    return Range(0, given.high, None if given.high != 0 else 0)


def _mixed(node: Node, given: Range) -> int | None:
    """How many rows a mixture has at most."""
    total, epochs = node.params.get("total"), node.params.get("epochs")
    if isinstance(total, int) and node.params.get("by") != "tokens":
        return total
    plain = node.params.get("temperature") is None and node.params.get("unimax") is None
    if not plain or given.high is None or not isinstance(epochs, int | float):
        return None
    return math.ceil(given.high * epochs)


def _read(node: Node, count: Count) -> Range:
    limit, rows = node.params.get("limit"), node.params.get("rows")
    if isinstance(rows, tuple):
        return Range(len(rows), len(rows), len(rows))
    counted = count(node)
    numbers = [n for n in (limit, counted) if isinstance(n, int)]
    likely = min(numbers) if counted is not None else None
    # A record that cannot be read is no row, and a tree of messages is several.
    layout = node.params.get("format")
    several = isinstance(layout, Call) and layout.operator == "formats.oasst"
    return Range(0, None if several and limit is None else min(numbers, default=None), None if several else likely)


def _until(node: Node, name: str) -> int | None:
    bound = expect_entries(node.params["until"]).get(name)
    return bound if isinstance(bound, int) else None


def _most_requests(node: Node) -> int | None:
    return _until(node, "requests") if node.op == "generate" else None


def _share(now: int | None, then: int | None) -> float | None:
    if now is None or then is None:
        return None
    return now / then if then else (1.0 if not now else None)


def _between(bounds: Range, likely: int) -> int:
    return max(bounds.low, likely if bounds.high is None else min(likely, bounds.high))


def records(paths: tuple[Path, ...]) -> int | None:
    """How many records some local files hold, where a glance tells: lines of JSON Lines, the footer of Parquet."""
    total = 0
    for path in paths:
        if path.suffix == ".parquet":
            import pyarrow.parquet

            total += int(pyarrow.parquet.read_metadata(path).num_rows)
        elif path.suffix == ".jsonl":
            with path.open("rb") as file:
                total += sum(1 for line in file if line.strip())
        else:
            return None
    return total
