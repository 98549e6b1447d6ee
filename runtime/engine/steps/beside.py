"""Random rows beside a trial of a search: as many, trained in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, Ref, expect
from tunec.runtime.engine.step import NodeKind, StepContext
from tunec.runtime.engine.steps.sized import chosen
from tunec.runtime.engine.steps.trial import told, trial_of


def _beside(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    of = context.results.plan.graph.node(expect(Ref, node.params["of"]).node)
    return chosen(context, node, folder, expect(Call, node.params["by"]), trial_of(context, of).rows)


KIND = NodeKind("beside", files=_beside, stands_for=trial_of, told=told)
