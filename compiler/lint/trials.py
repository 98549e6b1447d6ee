"""What the trials of searches and fitted rules measure, and on which rows they are trained."""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler import lowered
from tunec.compiler.graph import Node
from tunec.compiler.lint.view import Declared, View, argument, call_of
from tunec.compiler.lowered import Ref, expect, references
from tunec.compiler.planning.plan import TRIALS
from tunec.dsl.source import Span
from tunec.dsl.tree import Call


def trials_of(view: View, node: Node) -> list[Node]:
    """The trials that a node goes by: those of its search, or of the fitted rules that it calls."""
    found = [view.nodes[other] for other in references(node.params)]
    return [trial for other in found for trial in (trials_of(view, other) if other.op == "fit" else [other])
            if trial.op in TRIALS]  # fmt: skip


def measured_on(trial: Node) -> str:
    """The node of the rows that a trial measures its loss on."""
    return expect(Ref, expect(lowered.Call, trial.params["loss"]).args["on"]).node


def losses(view: View, declared: Declared) -> Iterator[tuple[Node, Span]]:
    """A trial of each search in a `dataset`, or of a fitted `rule`, with the place of what its loss is measured on."""
    for node, call in _stages(view, declared):
        written = argument(call, "on")
        yield trials_of(view, node)[0], written.span if written is not None else call.span


def _stages(view: View, declared: Declared) -> Iterator[tuple[Node, Call]]:
    """The nodes that go by trials, each with the call of `loss` that says what is measured of them."""
    if declared.item.kind == "rule":
        call = declared.stage("loss")
        if call is not None:
            yield view.nodes[declared.entity.node], call
        return
    for stage in view.stages(declared):
        if "tried" in stage.node.params:
            calls = (call_of(statement) for statement in stage.block)
            yield stage.node, next(call for call in calls if call is not None and call.name == "loss")
