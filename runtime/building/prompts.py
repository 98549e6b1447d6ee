"""Every prompt that the steps of a plan would send to models, with a row of the data, and no model asked.

Where a request depends on an earlier answer, words in `‹ ›` stand for that answer, as they do for rows that are not
built yet.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.planning.plan import Planned
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.base.method import Answer, Loss, Prompt, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec, ModelSpec
from tunec.runtime.engine.services import Services
from tunec.runtime.engine.step import StepContext
from tunec.runtime.engine.steps.generate import started
from tunec.runtime.engine.unbuilt import NotBuilt, Unbuilt

if TYPE_CHECKING:
    import polars as pl

#: Rows that are tried until one is asked about, and how many stand for rows that are not built.
_TRIED, _INVENTED = 20, 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as it would be sent: the step, what the model is called where it is served, how it would answer."""

    step: str
    model: str
    sampling: Sampling
    request: Request


@dataclass
class Showing(Services):
    """Services that remember what they are asked, and answer in the words that stand for an answer."""

    asked: list[tuple[ModelSpec, Sampling, Request]] = field(default_factory=list)

    def note(self, model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        """Remember requests; what stands for the answers."""
        seen = {(m, s, r.prompt) for m, s, r in self.asked}
        for request in requests:
            if (model, sampling, request.prompt) not in seen:  # several samples are one prompt
                seen.add((model, sampling, request.prompt))
                self.asked.append((model, sampling, request))
        return [_stand_in(model, request) for request in requests]

    def _ask(self, model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        return self.note(model, requests, sampling)

    def _embed(self, spec: EmbedderSpec, texts: Any) -> Any:
        raise NotBuilt("texts are embedded by a build alone")

    def _losses(self, model: ModelSpec, pairs: Sequence[tuple[Prompt, str]]) -> list[Loss | None]:
        raise NotBuilt("texts are scored by a build alone")

    def _logits(
        self, model: ModelSpec, prompts: Sequence[Prompt], candidates: Sequence[str]
    ) -> list[tuple[float, ...] | None]:
        raise NotBuilt("texts are scored by a build alone")


def prompts(context: StepContext, services: Showing, steps: Sequence[Planned]) -> list[Shown]:
    """The distinct prompts of each step that asks models, in order."""
    found = []
    for step in steps:
        services.asked = []
        for node in step.step.nodes:
            if node.cost == "model" and context.kind(node).rows is not None:
                _run(context, services, step, node)
        found += [Shown(step.label, model.id, sampling, request) for model, sampling, request in services.asked]
    return found


def _run(context: StepContext, services: Showing, step: Planned, node: Node) -> None:
    try:
        if node.op == "generate":
            _generation(context, services, node)
        else:
            make = context.kind(node).rows
            assert make is not None
            make(context, node, context.results.rows(node.inputs[0]).head(1))
    except (NotBuilt, OperatorError) as error:
        context.reporter.warn(f"{step.label}: what else it asks cannot be shown: {error}")


def _generation(context: StepContext, services: Showing, node: Node) -> None:
    run = started(context, node, None, None, None)
    units = run.units.method.units(run.units.seeds.height)
    for number in range(_TRIED if units is None else min(units, _TRIED)):
        unit, answers = run.units.start(number, lambda groups: run.accepted(0)), None
        while (ask := unit.go_on(answers)) is not None:
            answers = services.note(ask.model, ask.requests, ask.sampling)
        if services.asked:
            run.commit([unit])  # its stages may ask as well
            return


def _stand_in(model: ModelSpec, request: Request) -> Answer:
    if request.schema:
        return Answer(json.dumps(_example(json.loads(request.schema), "answer"), ensure_ascii=False), "stop", 0, 0)
    return Answer(f"‹answer of {model.id}›", "stop", 0, 0)


def _example(schema: dict[str, Any], name: str) -> Any:
    """A value that fits a JSON schema."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {key: _example(part, key) for key, part in schema.get("properties", {}).items()}
        case "array":
            return [_example(schema.get("items", {}), name)] * max(1, int(schema.get("minItems", 1)))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return f"‹{name}›"


@dataclass
class Invented(Unbuilt):
    """Results that hold rows of words in `‹ ›` where only a build makes the rows."""

    def _make(self, node_id: str) -> pl.DataFrame:
        try:
            return super()._make(node_id)
        except NotBuilt:
            return _invented(self.plan.graph.node(node_id).rows or RowType.TEXT)


def _invented(rows: RowType) -> pl.DataFrame:
    """Rows of a type, of words that stand for what they will hold."""
    import polars as pl

    from tunec.runtime.rows.frame import identify
    from tunec.runtime.rows.messages import content_schema

    types, numbers = content_schema(rows), range(1, _INVENTED + 1)
    content = pl.DataFrame([pl.Series(name, [_words(name, n) for n in numbers], types[name]) for name in CONTENT[rows]])
    places = [
        identify(content, rows),
        pl.Series("origin", ["‹origin›"] * content.height),
        pl.Series("position", range(content.height), pl.Int64),
        pl.Series("parents", [[] for _ in numbers], pl.List(pl.String)),
    ]
    return pl.DataFrame([*places, *content.get_columns()])


def _words(name: str, number: int) -> Any:
    """What stands for a field of a row."""
    said = f"‹{name} {number}›"
    match name:
        case "messages" | "prompt":
            return [{"role": "user", "content": f"‹question {number}›"}]
        case "chosen" | "rejected" | "completion":
            return [{"role": "assistant", "content": said}]
        case "choices":
            return [f"‹choice {n}›" for n in range(1, 5)]
        case "label":
            return True
        case "input" | "system" | "tools":
            return None if name == "tools" else ""
    return said
