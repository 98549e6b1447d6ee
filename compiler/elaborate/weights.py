"""Whether the weights of a model are at hand: those behind a server are not, nor are those of a recording."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder
from tunec.dsl.source import Span

_ELSEWHERE = {"models.openai": "behind a server", "models.replay": "a recording of answers"}


def has_weights(builder: Builder, node: str, span: Span, what: str) -> bool:
    """Whether a model's weights are here; else it is told that they are not, and what they would be here for."""
    where = _ELSEWHERE.get(builder.nodes[node].op)
    if where is None:
        return True
    builder.report("T208", f"this model is {where}, so its {what}", span)
    return False
