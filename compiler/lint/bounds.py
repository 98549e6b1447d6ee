"""How many rows can arrive at most: from inline rows, limits, the bounds of generations, and small local files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from tunec.compiler.graph import Node
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Range, expect_entries, shares_of


@lru_cache(maxsize=1)  # several rules ask about the spec at hand
def most_rows(view: View) -> dict[str, int | None]:
    """For every node the most rows that it can give, or None where there is no telling."""
    known: dict[str, int | None] = {}
    for node in view.nodes.values():  # inputs are added before what reads them
        known[node.id] = _most(view, node, known)
    return known


def _most(view: View, node: Node, known: Mapping[str, int | None]) -> int | None:
    if node.op.startswith("connectors."):
        return _read(view, node)
    if node.op == "generate":
        rows = expect_entries(node.params["until"])["rows"]
        return rows if isinstance(rows, int) else None
    arriving = [known[i] for i in view.sources_of(node)]
    counted = [n for n in arriving if n is not None]
    before = sum(counted) if counted and len(counted) == len(arriving) else None
    size = node.params.get("size")
    if isinstance(size, Range) and size.high is not None:
        return int(size.high) if before is None else min(before, int(size.high))
    bound = node.params.get({"stages.limit": "count", "stages.select": "size"}.get(node.op, ""))
    if isinstance(bound, int):
        return bound if before is None else min(before, bound)
    if node.op == "stages.mix" and before is not None:  # it may show a row more than once
        times = [t for name in ("epochs", "unimax") if isinstance(t := node.params.get(name), int | float)]
        return int(before * max(1.0, *times)) if times else before
    return None if node.op == "stages.repeat" else before


def _read(view: View, node: Node) -> int | None:
    limit, rows = node.params.get("limit"), node.params.get("rows")
    if isinstance(rows, tuple):
        return len(rows)
    sample = view.sample(node.id)
    counted = sample.rows if sample is not None else None
    return min((n for n in (limit, counted) if isinstance(n, int)), default=None)


def split_share(view: View, node: Node) -> float:
    """The share of the rows that a `part` takes; one for any other node."""
    if node.op != "part":
        return 1.0
    split = next((view.nodes[n] for n in view.upstream(node.id) if view.nodes[n].op == "stages.split"), None)
    shares = shares_of(split.params) if split is not None else ()
    return next((float(share) for name, share in shares if name == node.params["split"]), 1.0)
