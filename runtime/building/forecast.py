"""What generations that are not built yet will ask and cost, by the answers that are recorded.

The first units of work are gone through with recorded answers alone; those that have all of theirs tell what a unit
takes. A pilot has a few of them asked, and recorded as a build would: it finds the answers there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from statistics import fmean, variance
from typing import TYPE_CHECKING

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Stage, expect_all, expect_entries, expect_optional
from tunec.compiler.planning.order import COSTS, cost_of
from tunec.runtime.base.method import Draft
from tunec.runtime.building.asking import Amount, Asking
from tunec.runtime.engine.step import StepContext
from tunec.runtime.engine.steps.generate import Generation, last_unit, started
from tunec.runtime.engine.units import GROUP, Done

if TYPE_CHECKING:
    import polars as pl

#: Units that are looked at; the others are taken to be like them.
_LOOKED_AT = 5_000
#: Half the width of an interval of 95 %, in standard errors; of few values, by their number less one.
_Z, _FEW = 1.96, (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)


def forecast(context: StepContext, node: Node) -> Asking | None:
    """What is still to be asked for a generation; None where no recorded answer tells."""
    run, end = _run(context, node)
    if run is None or not any(context.services.servers.of(model).records for model in run.units.method.models):
        return None
    units = _recorded(run, end)
    if not units:
        return None
    low, high = _needed(context, run, _last(run, end, units), units)
    done = len(units)
    left = max(0, low - done), None if high is None else max(0, high - done)
    asked, prompts, completions, cost = (
        _amount([float(getattr(unit, name)) for unit in units], left)
        for name in ("requests", "prompt_tokens", "completion_tokens", "cost")
    )
    priced = all(context.services.servers.of(model).price is not None for model in run.units.method.models)
    if run.units.budget is not None:
        most = max(0.0, run.units.budget.limit - sum(unit.cost for unit in units))
        cost = Amount(min(cost.low, most), most if cost.high is None else min(cost.high, most))
    recorded = sum(unit.requests for unit in units)
    if run.units.bound is not None:
        left_over = max(0, run.units.bound - recorded)
        asked = Amount(min(asked.low, left_over), left_over if asked.high is None else min(asked.high, left_over))
    basis = f"{recorded:,} recorded answers"
    return Asking(asked, prompts, completions, cost if priced else None, recorded, basis)


def pilot(context: StepContext, node: Node, count: int) -> None:
    """Ask and record the answers of `count` units of a generation whose models are behind servers: units that a build
    will come to, from the first to the last of them."""
    run, end = _run(context, node)
    if run is None:
        return
    if run.units.method.reads_accepted:  # later ones are shown what was accepted of these
        end = _least(GROUP, end)
    if run.units.bound is not None:
        end = _least(run.units.bound // run.units.method.most, end)
    if run.wanted is not None:
        end = _least(max(count, run.wanted // run.units.method.most), end)
    count, end = (count, count) if end is None else (min(count, end), end)
    run.units.ask([number * end // count for number in range(count)], lambda groups: run.accepted(0))


def row_pilot(context: StepContext, nodes: Sequence[Node], count: int) -> Asking | None:
    """Ask and record what the stages of a step ask of models behind servers, for `count` of the rows that come to it,
    from the first to the last of them; and what that tells of the others. None where no row comes to it."""
    services, rows = context.services, context.results.rows(nodes[0].inputs[0])
    many = min(count, rows.height)
    if not many:
        return None
    some = rows[[number * rows.height // many for number in range(many)]]

    def spent(given: pl.DataFrame) -> dict[str, float]:
        for node in nodes:
            make = context.kind(node).rows
            assert make is not None, node.op
            given = make(context, node, given).rows
        return services.spent()

    spent(some)  # at once, and recorded: then row by row
    each = [spent(some[number : number + 1]) for number in range(many)]
    left = rows.height - many
    asked, prompts, completions, cost = (
        _amount([one.get(name, 0.0) for one in each], (left, left))
        for name in ("requests", "prompt_tokens", "completion_tokens", "cost")
    )
    recorded = round(sum(one.get("requests", 0.0) for one in each))
    priced = all("cost" in one for one in each if one)
    return Asking(asked, prompts, completions, cost if priced else None, recorded, f"{recorded:,} recorded answers")


def _run(context: StepContext, node: Node) -> tuple[Generation | None, int | None]:
    """A generation that has not begun, and its last unit; None where a model runs here, which costs nothing."""
    until = expect_entries(node.params["until"])
    wanted, most = expect_optional(int, until["rows"]), expect_optional(int, until["requests"])
    run = started(context, node, wanted, most, until["cost"])
    return (run, last_unit(run)) if run.units.served else (None, None)


def _recorded(run: Generation, end: int | None) -> list[Done]:
    """The units, of those that are looked at, all of whose answers are recorded."""
    most = _least(2 * GROUP if run.units.method.reads_accepted else _LOOKED_AT, end, run.units.bound)
    found = []
    for number in range(most):
        unit = run.units.start(number, lambda groups: run.accepted(0))
        if _replayed(run, unit):
            found.append(unit)
    return found


def _last(run: Generation, end: int | None, units: Sequence[Done]) -> int | None:
    """The number of units after which the work ends, if those to come make as many requests as some did."""
    bound, each = run.units.bound, fmean(unit.requests for unit in units)
    if bound is None or not each:
        return end
    return _least(int((bound - run.units.method.most) / each) + 1, end)


def _least(first: int, *bounds: int | None) -> int:
    return min([first, *(bound for bound in bounds if bound is not None)])


def _replayed(run: Generation, unit: Done) -> bool:
    answers = None
    while (ask := unit.go_on(answers)) is not None:
        server = run.units.servers.of(ask.model)
        known = [server.known(request, ask.sampling) for request in ask.requests]
        answers = [answer for answer in known if answer is not None]
        if len(answers) < len(known):
            return False
        if server.price is not None:
            unit.cost += sum(map(server.price.of, answers))
    return True


def _needed(context: StepContext, run: Generation, end: int | None, units: Sequence[Done]) -> tuple[int, int | None]:
    """How many units the generation takes, at least and at most."""
    wanted, run.wanted = run.wanted, None
    if wanted is None:
        return (end, end) if end is not None else (len(units), None)
    stages = expect_all(Stage, run.node.params["stages"])
    costs = [cost for s in stages for cost in (context.catalogue.at(s.op).cost, cost_of(s, context.catalogue))]
    if all(COSTS.index(cost) < COSTS.index("embed") for cost in costs):
        run.commit(units)
        accepted = run.count
    else:  # they would ask models themselves: every draft may be accepted
        accepted = sum(isinstance(part, Draft) for unit in units for part in unit.parts)
    if accepted >= wanted and units[-1].number == len(units) - 1:
        return len(units), len(units)
    rate, error = accepted / len(units), _Z * sqrt(accepted) / len(units)
    low = ceil(wanted / (rate + error)) if accepted else len(units)
    high = ceil(wanted / (rate - error)) if rate > error else None
    if end is not None:
        low, high = min(low, end), end if high is None else min(high, end)
    return low, high


def _amount(values: Sequence[float], units: tuple[int, int | None]) -> Amount:
    """What so many more units take, at least and at most, where some took `values`."""
    mean, many = fmean(values), len(values)
    spread = variance(values) if many > 1 else 0.0
    errors = _FEW[many - 2] if 2 <= many < len(_FEW) + 2 else _Z

    def around(left: int) -> float:
        return errors * sqrt(spread * (left * left / many + left))

    low = max(0.0, units[0] * mean - around(units[0]))
    if units[1] is None or (many == 1 and units[1]):
        return Amount(low, None)
    return Amount(low, units[1] * mean + around(units[1]))
