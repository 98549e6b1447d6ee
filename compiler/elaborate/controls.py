"""The random choice that stands beside a chosen one, `select(…, control: random)`, and the models trained on it."""

from __future__ import annotations

from dataclasses import replace

from tunec.compiler import lowered
from tunec.compiler.elaborate.builder import Builder, Flow
from tunec.compiler.elaborate.clauses import model_name
from tunec.compiler.elaborate.stages import Staged, add_stage
from tunec.compiler.lowered import expect, expect_items
from tunec.dsl.tree import Expression, Name

#: The name of the random choice: `chosen.control`.
CONTROL = "control"
#: What is a promise about the chosen rows, or people's decisions about them.
_LEFT_OUT = ("stages.check", "stages.review")


def controlled(builder: Builder, staged: Staged | None, flow: Flow, control: Flow | None) -> Flow | None:
    """The rows of the control behind a stage: from the `select` that asks for one on, the stages are the same."""
    if staged is None or staged.op in _LEFT_OUT:
        return control
    wanted = staged.params.get(CONTROL) is not None or control is not None
    if staged.op in ("stages.select", "stages.search") and wanted:
        by = lowered.Call("select.random", {})
        params = {**staged.params, "by": by, CONTROL: None, "seed": builder.seed}
        if staged.op == "stages.search":  # the size is the same; what stood beside its trials tells nothing of these
            params["tried"] = expect_items(params["tried"])[: expect(int, params["trials"])]
        staged = replace(staged, params=params, rules=())
        return add_stage(builder, staged, flow if control is None else control)
    return None if control is None else add_stage(builder, staged, control)


def control_rows(builder: Builder, node: Expression | None) -> Flow | None:
    """The random rows beside those that a whole data set is named for."""
    if not isinstance(node, Name):
        return None
    name = builder.program.resolve(node.text, node.span.file)
    return builder.lookup(name, node.span).taps.get(CONTROL) if name is not None else None


def with_controls(builder: Builder, models: tuple[str, ...]) -> dict[str, str]:
    """The nodes of models by their names; behind each the one that was trained on a random choice, where there is one
    and it is not named itself."""
    found: dict[str, str] = {}
    for node in models:
        name = model_name(builder, node)
        found[name] = node
        control = builder.entities[name].control
        if control and control not in models:
            found[f"{name}.{CONTROL}"] = control
    return found
