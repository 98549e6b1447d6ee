"""The examples that rows are chosen by: those of `like`."""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.view import Staged, View, argument
from tunec.compiler.lowered import Call, Ref, walk
from tunec.dsl import tree
from tunec.dsl.source import Span


def examples_of(view: View, stage: Staged) -> Iterator[tuple[str, Span]]:
    """The nodes of the examples by which a stage chooses rows, with the place where they are named."""
    for part in walk(stage.node.params.get("by")):
        if isinstance(part, Call) and part.operator == "select.like" and isinstance(part.args["examples"], Ref):
            yield part.args["examples"].node, _place(stage)


def _place(stage: Staged) -> Span:
    by = argument(stage.call, "by")
    like = by.value if by is not None else None
    if not isinstance(like, tree.Call) or not like.arguments:
        return stage.head
    named = argument(like, "examples") or next((a for a in like.arguments if a.name is None), None)
    return named.value.span if named is not None else like.span
