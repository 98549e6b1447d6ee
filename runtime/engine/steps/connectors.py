"""A connector: rows from outside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, expect_all, expect_optional
from tunec.compiler.types import RowType
from tunec.dsl.secrets import masked
from tunec.runtime.base.memory import Memory
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Files, RowFormat
from tunec.runtime.catalogue import function_of
from tunec.runtime.engine.step import NodeKind, PortionsMade, RowsMade, StepContext
from tunec.runtime.rows.dropped import dropped_schema, nothing_dropped
from tunec.runtime.sources.framing import Origin, Reading, located, read, start_of
from tunec.runtime.sources.reasons import told_reasons
from tunec.runtime.store.files import hash_file

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows


def _rows(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    made = _read(context, node, None)
    assert isinstance(made, RowsMade)
    return made


def _portions(context: StepContext, node: Node, given: Rows | None) -> RowsMade | PortionsMade:
    return _read(context, node, context.results.memory)


def _read(context: StepContext, node: Node, bound: Memory | None) -> RowsMade | PortionsMade:
    """The rows of a source: in memory, where nothing bounds it or they are few."""
    import polars as pl

    named = (str(node.params[k]) for k in ("repository", "version") if k in node.params)
    path = ", ".join(masked(name) for name in node.paths or (next(named, "the spec"),))
    columns = expect_all(str, node.params.get("columns", ()))
    layout, binder = _layout(context, node, columns), context.binder(node)
    paths = context.outside.files(node, context.results.plan.parts[node.id]["outside"])
    operator = context.catalogue.at(node.op)
    arguments = {k: binder.constant(v) for k, v in node.params.items() if k not in ("columns", "format")}
    if operator.parameter("format") is not None:
        arguments["format"] = layout
    items = function_of(operator)(**arguments, files=Files(paths, columns))
    limit, tolerant = expect_optional(int, node.params.get("limit")), node.params.get("on_error") == "skip"
    origin = Origin(path, context.results.origin(node.id), context.outside.names(node, paths))
    try:
        scratch = context.results.store.at("tmp")
        reading = read(items, layout, origin, columns, limit, tolerant, bound, scratch)
    except OperatorError as error:
        raise OperatorError(_called(str(error), dict(zip(paths, origin.files, strict=True)))) from error
    _check_unchanged(context, node, paths, origin)
    if reading.bad:
        why = told_reasons(reading.bad, lambda number: located(number, reading.starts, origin.files, path))
        context.reporter.warn(f"{path}: {len(reading.bad):,} invalid records quarantined: {'; '.join(why)}")
    for note in layout.notes():
        context.reporter.warn(f"{path}: {note}")
    mixed = {f"meta.{name}": held for name, held in reading.mixed.items()}
    context.mixed[node.id] = mixed
    facts: dict[str, Any] = {"starts": list(reading.starts), "mixed": mixed}
    facts = {name: value for name, value in facts.items() if value}
    rows, drops, notes = reading.rows, _quarantined(reading, origin.print), reading.notes
    made = rows.height + len(reading.bad)
    if isinstance(rows, pl.DataFrame):
        return RowsMade(rows, drops, made=made, notes=notes, facts=facts)
    rules = dict(drops["rule"].value_counts().iter_rows())
    return PortionsMade(rows, lambda: iter((drops,)), rules, made=made, notes=notes, facts=facts)


def _check_unchanged(context: StepContext, node: Node, paths: Sequence[str], origin: Origin) -> None:
    """Raise OperatorError where a file is not the one that the plan hashed: its rows would pass for others."""
    facts = context.results.plan.parts[node.id]["outside"]
    hashed = facts.get("files") if isinstance(facts, Mapping) else None
    for path, name, sha in zip(paths, origin.files, hashed if isinstance(hashed, list) else (), strict=False):
        if hash_file(Path(path)) != sha:
            raise OperatorError(f"{masked(name)} changed while it was read; build again")


def _called(message: str, names: Mapping[str, str]) -> str:
    """A message with the names that people know files by, in place of where they lie."""
    for path in sorted(names, key=len, reverse=True):
        message = message.replace(path, names[path])
    return message


def _layout(context: StepContext, node: Node, columns: Sequence[str]) -> RowFormat:
    """What the records of a connector's files mean. A format that is named tells what it does not read of them; one
    that the spec describes leaves out what the spec leaves out."""
    from tunec.runtime.sources.mapping import inline, mapped
    from tunec.runtime.sources.unread import telling

    format_, binder = node.params.get("format"), context.binder(node)
    if isinstance(format_, Call):
        layout: RowFormat = binder.bound(format_).call()
        return telling(layout, columns)
    rows = node.rows or RowType.TEXT
    fields = binder.constant(format_)
    return mapped(fields, rows.value) if fields else inline(rows)


def _quarantined(reading: Reading, node: str) -> pl.DataFrame:
    """What could not be read, as ledger rows: the id is the hash of the text."""
    import polars as pl

    bad = reading.bad
    if not bad:
        return nothing_dropped()
    lines = [b.number - start_of(b.number, reading.starts) + 1 for b in bad]
    return pl.DataFrame(
        {
            "id": [hashlib.blake2b(f"{b.number}:{b.text}".encode(), digest_size=8).hexdigest() for b in bad],
            "origin": [node] * len(bad),
            "position": [b.number for b in bad],
            "parents": [[] for _ in bad],
            "verdict": ["quarantined"] * len(bad),
            "node": [node] * len(bad),
            "rule": [b.reason for b in bad],
            "value": [f"line {line}" for line in lines],
            "threshold": [None] * len(bad),
            "partner": [None] * len(bad),
            "partner_text": [None] * len(bad),
            "prompt": [b.text[:500] for b in bad],
            "response": [None] * len(bad),
        },
        schema=dropped_schema(),
    )


KIND = NodeKind("connectors", rows=_rows, portions=_portions, gathers=True)
