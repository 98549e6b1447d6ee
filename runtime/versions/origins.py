"""What published rows, ledgers and manifests call the sources of rows.

Inside a build the origin of a row is the fingerprint of its source, which another record in the file changes. What is
published must not change with records that nobody selected: there, an origin is made of what the spec says of the
source, without its path, its name and what lies outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import digest
from tunec.compiler.planning.fingerprint import SHORT
from tunec.compiler.planning.plan import Plan

if TYPE_CHECKING:
    import polars as pl


def published_origins(plan: Plan) -> dict[str, str]:
    """By the origin that rows carry in a build, the one that they are published with.

    Sources of which the spec says the same are numbered, in the order in which its targets name them.
    """
    said: dict[str, str] = {}
    inputs: dict[str, tuple[str, ...]] = {}
    for node in plan.graph.nodes:
        inputs[node.id] = node.inputs
        arguments = plan.parts[node.id]["arguments"]
        said[node.id] = digest({"op": node.op, "arguments": arguments, "inputs": [said[i] for i in node.inputs]})
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for node_id in _named(plan, inputs):
        origin = plan.prints[node_id][:SHORT]
        if origin not in found:
            number = counts[said[node_id]] = counts.get(said[node_id], 0) + 1
            found[origin] = digest(["origin", said[node_id], number], SHORT)
    return found


def _named(plan: Plan, inputs: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The sources and generations that targets are made of, in the order in which they name them."""
    seen: set[str] = set()
    todo = [target.node for target in reversed(list(plan.graph.targets.values()))]
    while todo:
        node_id = todo.pop()
        if node_id not in seen:
            seen.add(node_id)
            todo += reversed(inputs[node_id])
            if node_id in plan.graph.origins:
                yield node_id


def republished(value: Any, origins: Mapping[str, str]) -> Any:
    """JSON with every origin, as a text or a key, as it is published."""
    if isinstance(value, str):
        return origins.get(value, value)
    if isinstance(value, Mapping):
        return {origins.get(key, key): republished(part, origins) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [republished(part, origins) for part in value]
    return value


def with_origins(rows: pl.DataFrame, origins: Mapping[str, str]) -> pl.DataFrame:
    """Rows with their origins as they are published."""
    import polars as pl

    return rows.with_columns(pl.col("origin").replace(origins))


def ledger_with_origins(ledger: pl.DataFrame, origins: Mapping[str, str]) -> pl.DataFrame:
    """A ledger with every origin as it is published: that of a row, and those that stages measured and compared."""
    return lines_with_origins(ledger, origins).sort(["origin", "position", "id"], maintain_order=True)


def lines_with_origins(lines: pl.DataFrame, origins: Mapping[str, str]) -> pl.DataFrame:
    """Lines of a ledger likewise, in their order."""
    import polars as pl

    # What was measured may hold an origin among other things: `origin = 3f…, meta.n = 1`.
    measured = pl.col("value", "threshold").str.replace_many(dict(origins))
    return lines.with_columns(pl.col("origin", "node").replace(origins), measured)
