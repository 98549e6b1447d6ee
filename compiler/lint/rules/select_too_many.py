"""A `select` that asks for more rows than can arrive.

All rows are kept, however they are ranked, so the selection never happens. The number of rows that can arrive is
computed from inline rows, limits, the bounds of generations, and local files. Lower the number, or remove the `select`.

Source: `docs/semantics.md`, `select`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT", limit: 500)
    dataset rows from tasks { select(1k, by: random()) }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT", limit: 5k)
    dataset rows from tasks { select(1k, by: random()) }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.bounds import most_rows
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Range

CODE = "T321"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Sizes above the bound on what arrives."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            size = stage.node.params.get("size")
            least = int(size.low or 0) if stage.name == "search" and isinstance(size, Range) else size
            if stage.name in ("select", "search") and isinstance(least, int):
                most = most_rows(view)[stage.node.inputs[0]]
                if most is not None and least >= most:
                    where = stage.call.arguments[0].span if stage.call and stage.call.arguments else stage.head
                    kept = "all are kept" if stage.name == "select" else "there is no size to search for"
                    message = f"`{stage.name}` asks for {least:,} rows, but at most {most:,} can arrive: {kept}"
                    yield Finding(message, where)
