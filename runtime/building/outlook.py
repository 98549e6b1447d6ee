"""What a planned build will take and ask, before it runs. Only a pilot asks models, and is recorded as a build is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Node
from tunec.compiler.planning.plan import Planned
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.building.asking import Asking
from tunec.runtime.building.build import Planning
from tunec.runtime.building.estimates import Count, Estimate, estimates, records
from tunec.runtime.building.forecast import forecast, pilot, row_pilot
from tunec.runtime.building.prompts import Invented, Showing, Shown, prompts
from tunec.runtime.building.training_needs import Needs, training_needs
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.engine.services import Services
from tunec.runtime.engine.step import Reporter, StepContext
from tunec.runtime.engine.unbuilt import NotBuilt, Unbuilt, planning_context
from tunec.runtime.models.server import KIND


@dataclass
class Outlook:
    """An estimate for each step, by label; what trainings need, by label; why nothing can be told of what some
    generations will ask, by label; and what a pilot asked and paid now."""

    estimates: dict[str, Estimate] = field(default_factory=dict)
    needs: dict[str, Needs] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    paid: float = 0.0


def outlook(planning: Planning, catalogue: Catalogue, reporter: Reporter, units: int = 0) -> Outlook:
    """What a build will take. With `units`, so many units of work of each generation, and so many rows of each step
    whose stages ask models behind servers, are asked now, where the rows that they start from can be had without a
    model; what they cost counts as paid by the build. Raises StepFailed where the pilot cannot be asked."""
    plan, found, asking = planning.plan, Outlook(), dict[str, Asking]()
    services = Services(
        planning.store, reporter.progress, planning.outside.folder, account=planning.account,
        max_cost=planning.wanted.max_cost,
    )  # fmt: skip
    context = planning_context(Unbuilt(plan, planning.store), catalogue, planning.outside, reporter, services)
    asks = [step for step in plan.pending if _asks_server(planning, step) and (units or step.step.op == "generate")]
    try:
        for number, step in enumerate(asks):
            services.begin(step.fingerprint)
            try:
                if units:
                    reporter.start(step, number, len(asks))
                told = _told(context, planning, step, units)
            except NotBuilt as error:
                found.unknown[step.label] = str(error)
                continue
            if told is None:
                found.unknown[step.label] = "no answer is recorded yet"
            else:
                asking[step.label] = told
        if services.paid or units:
            found.asked, found.paid = services.servers.asked, services.paid
    finally:
        services.close()
    last = planning.store.last(str(plan.graph.spec["name"]))
    found.estimates = estimates(plan, planning.store, last, _counting(planning, catalogue), asking)
    trainings = [(step.label, step.step.nodes[-1]) for step in plan.pending if step.step.op == "train"]
    found.needs = training_needs(context, trainings, found.estimates) if trainings else {}
    return found


def shown_prompts(planning: Planning, catalogue: Catalogue, reporter: Reporter) -> list[Shown]:
    """Every prompt that the steps of a plan would send, stored or not, with a row of the data; nobody is asked."""
    services = Showing(planning.store, reporter.progress, planning.outside.folder)
    context = planning_context(Invented(planning.plan, planning.store), catalogue, planning.outside, reporter, services)
    return prompts(context, services, planning.plan.steps)


def _asks_server(planning: Planning, step: Planned) -> bool:
    """Whether a generation or stages ask a model behind a server."""
    if step.step.op != "generate" and not all(node.op.startswith("stages.") for node in step.step.nodes):
        return False
    asked = (model for node in step.step.nodes for model in node.inputs)
    return any(planning.plan.graph.node(model).op == f"models.{KIND}" for model in asked)


def _told(context: StepContext, planning: Planning, step: Planned, units: int) -> Asking | None:
    """What is known of what a step will ask, after so many units of it or rows have been asked."""
    if not units:
        return forecast(context, step.step.nodes[-1])
    with _failing(step):
        planning.store.prepare()
        with planning.store.lease():
            if step.step.op != "generate":
                return row_pilot(context, step.step.nodes, units)
            pilot(context, step.step.nodes[-1], units)
    return forecast(context, step.step.nodes[-1])


@contextmanager
def _failing(step: Planned) -> Iterator[None]:
    try:
        yield
    except OperatorError as error:
        raise StepFailed(step, step.step.nodes[-1], str(error)) from error


def _counting(planning: Planning, catalogue: Catalogue) -> Count:
    """Counts the records of a source, where that is quick."""
    plan, outside = planning.plan, planning.outside

    def count(node: Node) -> int | None:
        sample = catalogue.look(node, outside.folder)
        if sample is not None and sample.rows is not None:
            return sample.rows
        if catalogue.at(node.op).source not in ("files", "version"):
            return None  # a plan downloads no data
        return records(tuple(map(Path, outside.files(node, plan.parts[node.id]["outside"]))))

    return count
