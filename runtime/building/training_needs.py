"""What the trainings of a plan need, from the configurations of their models alone: parameters, tokens, memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, expect, references
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.building.estimates import Estimate
from tunec.runtime.engine.step import StepContext
from tunec.runtime.models.device import devices
from tunec.runtime.tuning.training.memory import Memory, Plan, device_memory, memory_of, shape_of, trained_parameters
from tunec.runtime.tuning.training.settings import CHECKPOINTED

#: Sequences that an objective computes for a row: an answer and what it is compared with.
SEQUENCES = {"objectives.dpo": 2, "objectives.orpo": 2, "objectives.kto": 2}
#: Objectives that keep a second copy of a model that is trained whole.
REFERENCES = ("objectives.dpo", "objectives.kto")
#: A share of trained weights below this learns little more than a tone (Platypus trained 0.2 to 0.3 %).
FEW = 0.001


@dataclass(frozen=True, slots=True)
class Needs:
    """What a training needs, the memory on each of the devices. Tokens are at most so many: rows may be shorter than
    `max_length`."""

    parameters: int
    trained: int
    tokens_a_step: int
    tokens: int | None
    memory: Memory
    device: str
    device_memory: int
    devices: int = 1

    @property
    def share(self) -> float:
        """The share of the weights that is trained."""
        return self.trained / self.parameters

    @property
    def where(self) -> str:
        """The device, or each of several."""
        return f"the {self.device}" if self.devices == 1 else f"each of {self.devices} {self.device}"

    def warnings(self) -> Iterator[str]:
        """What a person should know before hours are spent."""
        if self.memory.total > self.device_memory:
            yield (
                f"this training needs about {gigabytes(self.memory.total)}, and {self.where} has "
                f"{gigabytes(self.device_memory)} (T510): lower `micro_batch_size` or `max_length`, or train with "
                "`lora(…)` or `qlora(…)`"
            )
        if self.share < FEW:
            yield (
                f"{self.share:.3%} of the weights are trained (T511): below 0.1 % a model learns little; raise `rank` "
                "or adapt more matrices"
            )

    def told(self) -> dict[str, Any]:
        """The numbers for a script."""
        found = {name: value for name, value in asdict(self).items() if name != "memory"}
        return {**found, "memory": {**self.memory.parts, "total": self.memory.total}, "warnings": [*self.warnings()]}


def needs_of(context: StepContext, node: Node, estimate: Estimate) -> Needs:
    """What a training needs. OperatorError where its model's configuration cannot be had."""
    from tunec.runtime.models.weights import config_of

    adapter, objective = (expect(Call, node.params[part]) for part in ("adapter", "objective"))
    settings = context.binder(node).bound(objective).call().settings.shared_by(devices())
    shape = shape_of(config_of(context.resolve(_root(context, node).id)))
    modules, rank = adapter.args.get("modules", ()), adapter.args.get("rank", 0)
    device, there = device_memory()
    sequences = SEQUENCES.get(objective.operator, 1)
    plan = Plan(
        adapter.operator.rpartition(".")[2],
        settings.micro * settings.max_length * sequences,
        rank if isinstance(rank, int) else 0,
        tuple(map(str, modules)) if isinstance(modules, tuple) else (),
        device != "processor",
        shape.parameters > CHECKPOINTED,
        settings.share > settings.micro,
        settings.processes,
    )
    copies = 1 if plan.adapter == "full" and objective.operator in REFERENCES else 0
    rows = estimate.rows_in.likely
    a_step = settings.batch_size * settings.max_length * sequences
    return Needs(
        shape.parameters,
        trained_parameters(shape, plan),
        a_step,
        None if rows is None else int(rows * settings.max_length * sequences * settings.epochs),
        memory_of(shape, plan, references=copies),
        device,
        there,
        settings.processes,
    )


def _root(context: StepContext, node: Node) -> Node:
    """The model below a training: others in between, and merges, which may not be built yet, have its shape."""
    while node.op in ("train", "merge"):
        below = node.params["base"] if node.op == "train" else node.params["models"]
        node = context.results.plan.graph.node(next(references(below)))
    return node


def training_needs(
    context: StepContext, steps: list[tuple[str, Node]], estimates: dict[str, Estimate]
) -> dict[str, Needs]:
    """What each training needs, by the label of its step; nothing where its model cannot be looked at."""
    found = {}
    for label, node in steps:
        try:
            found[label] = needs_of(context, node, estimates[label])
        except (OperatorError, ImportError):
            continue  # the build says what is missing
    return found


def gigabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 2**30:.2f} GB" if size < 10 * 2**30 else f"{size / 2**30:.0f} GB"
