"""Whether the weights of a model are at hand: those behind a server are not, nor are those of a recording."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder
from tunec.dsl.source import Span

_ELSEWHERE = ("models.openai", "models.replay")


def has_weights(builder: Builder, node: str, span: Span, what: str) -> bool:
    """Whether a model's weights are here; else it is told that they are not, and what they would be here for."""
    if builder.nodes[node].op not in _ELSEWHERE:
        return True
    builder.report("T208", f"this model is behind a server, so its {what}", span)
    return False
