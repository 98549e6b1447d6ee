"""The types of other columns, `meta.NAME`, as a look into the files of the sources tells them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tunec.compiler.lowered import Call, Lowered, Record, Stage, expect
from tunec.compiler.typed import Mismatch, Typed
from tunec.compiler.types import ANY, BOOL, FIELDS, FLOAT, INT, NONE, NUMBERS, TEXT, Type

if TYPE_CHECKING:
    from tunec.compiler.catalogue import Catalogue
    from tunec.compiler.elaborate.builder import Builder
    from tunec.compiler.graph import Node

#: What a text is that a column of scores may hold.
_NUMERAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def column_type(builder: Builder, node_id: str, name: str) -> Type:
    """The type of a column of the rows that a node gives: `any` where there is no telling, and `mixed` where its values
    are of several types."""
    if node_id not in builder.nodes:
        return ANY
    passed: list[str] = []
    while (node_id, name) not in builder.columns and _passes(builder.nodes[node_id], name, builder.catalogue):
        passed.append(node_id)
        node_id = builder.nodes[node_id].inputs[0]
    if (node_id, name) not in builder.columns:
        builder.columns[node_id, name] = _type(builder, builder.nodes[node_id], name)
    kind = builder.columns[node_id, name]
    builder.columns |= {(other, name): kind for other in passed}
    return kind


def columns_of(builder: Builder, node_id: str) -> frozenset[str]:
    """The names of other columns that the rows of a node have for certain: those of the files at hand, of rows in the
    spec, and those that were set on the way."""
    if node_id not in builder.nodes:
        return frozenset()
    if node_id not in builder.named:
        waiting, seen = [node_id], {node_id}
        found: set[str] = set()
        for current in waiting:  # grows while it is walked
            if current in builder.named:
                found |= builder.named[current]
                continue
            node = builder.nodes[current]
            found.update(_own(builder, node))
            sources = node.inputs if node.op == "concat" else node.inputs[:1]
            passing = not node.op.startswith("connectors.") and from_seeds(node, builder.catalogue)
            before = sources if passing else ()
            waiting += [source for source in before if source not in seen]
            seen.update(before)
        builder.named[node_id] = frozenset(found)
    return builder.named[node_id]


def _own(builder: Builder, node: Node) -> Iterable[str]:
    """The columns that a node reads, states, or sets."""
    fields = node.params.get("fields") if node.op == "stages.set" else None
    if isinstance(fields, Mapping):
        return [name.removeprefix("meta.") for name in fields if name.startswith("meta.")]
    if node.op == "generate":
        return set_in(node, builder.catalogue)
    rows = node.params.get("rows") if node.op == "connectors.rows" else None
    if isinstance(rows, tuple):
        return [name for row in rows if isinstance(row, Record) for name in row.entries]
    sample = builder.look(node) if node.op.startswith("connectors.") else None
    return sample.columns if sample is not None else ()


def _passes(node: Node, name: str, catalogue: Catalogue) -> bool:
    """Whether a node gives a column as it got it."""
    if node.op == "concat" or node.op.startswith("connectors.") or not node.inputs:
        return False
    if node.op == "generate":
        return name not in set_in(node, catalogue)
    fields = node.params.get("fields") if node.op == "stages.set" else None
    return not (isinstance(fields, Mapping) and f"meta.{name}" in fields)


def from_seeds(node: Node, catalogue: Catalogue) -> bool:
    """Whether a node gives the other columns of its rows on: what an endless method makes comes from no single row."""
    return node.op != "generate" or not catalogue.at(expect(Call, node.params["method"]).operator).endless


def _type(builder: Builder, node: Node, name: str) -> Type:
    if node.op == "connectors.rows":
        return _of_rows(node.params.get("rows"), name)
    if node.op.startswith("connectors."):
        sample = builder.look(node)
        return ANY if sample is None else sample.types.get(name, ANY)
    if node.op == "concat":
        having = [source for source in node.inputs if not _absent(builder, source, name)]
        return _of_all(builder, {source: column_type(builder, source, name) for source in having or node.inputs})
    if node.op == "generate":
        return ANY if name in set_in(node, builder.catalogue) else NONE
    fields = node.params.get("fields") if node.op == "stages.set" else None
    if isinstance(fields, Mapping) and f"meta.{name}" in fields:
        return _computed(builder, node.inputs[0], node, fields[f"meta.{name}"])
    return ANY


def _absent(builder: Builder, node_id: str, name: str) -> bool:
    """Whether a look into the files of a source has not seen a column: it is of the type that others have it of."""
    while (node := builder.nodes.get(node_id)) is not None and _passes(node, name, builder.catalogue):
        node_id = node.inputs[0]
    if node is None or not node.op.startswith("connectors.") or node.op == "connectors.rows":
        return False
    sample = builder.look(node)
    return sample is not None and name not in sample.columns and name not in sample.types


def set_in(node: Node, catalogue: Catalogue) -> list[str]:
    """The columns that rows of a generation have beside those of their seeds: the method's own, who a row was written
    for, and what stages inside of it set."""
    own = [name for name, _ in catalogue.at(expect(Call, node.params["method"]).operator).adds]
    if "personas" in node.params:
        own.append("persona")
    stages = node.params.get("stages", ())
    inner = [stage for stage in stages if isinstance(stage, Stage)] if isinstance(stages, tuple) else []
    fields = [stage.params.get("fields") for stage in inner if stage.op == "stages.set"]
    return own + [name.removeprefix("meta.") for some in fields if isinstance(some, Mapping) for name in some]


def _computed(builder: Builder, before: str, node: Node, value: Lowered) -> Type:
    def field(name: str) -> Type:
        if name.startswith("meta."):
            return column_type(builder, before, name.removeprefix("meta."))
        kind = FIELDS[node.rows].get(name, "any") if node.rows is not None else "any"
        return Type("list", TEXT) if kind == "list[text]" else Type(kind)

    try:
        return Typed(builder.catalogue, field, lambda let: ANY).of(value)
    except Mismatch:
        return ANY  # it was reported where it stands


def _of_all(builder: Builder, kinds: Mapping[str, Type]) -> Type:
    """The type of a column of several sources, by their nodes."""
    some = {node: kind for node, kind in kinds.items() if kind != NONE}
    distinct = set(some.values())
    if len(distinct) <= 1:
        return next(iter(distinct), NONE)
    if ANY in distinct:
        return ANY
    if all(kind.name in NUMBERS for kind in distinct):
        return FLOAT
    builder.mixed = True
    return Type("mixed", words=tuple(f"{kind} in {_called(builder, node)}" for node, kind in some.items()))


def _called(builder: Builder, node: str) -> str:
    """What people call the rows of a node."""
    names = (name for name, entity in builder.entities.items() if entity.flow is not None and entity.flow.node == node)
    return f"`{next(names, builder.owners.get(node, node))}`"


def _of_rows(rows: Lowered, name: str) -> Type:
    """The type of a column of rows that the spec holds."""
    if not isinstance(rows, tuple):
        return ANY
    values = [row.entries.get(name) for row in rows if isinstance(row, Record)]
    known = {bool: BOOL, int: INT, float: FLOAT, str: TEXT}
    kinds = {known.get(type(value), ANY) for value in values if value is not None}
    if kinds == {INT, FLOAT}:
        return FLOAT
    if len(kinds) <= 1:
        return next(iter(kinds), NONE)
    return ANY if ANY in kinds else Type("mixed", words=tuple(sorted(kind.name for kind in kinds)))


def holds_numerals(builder: Builder, node_id: str, name: str) -> bool:
    """Whether all values of a column of texts that a look has seen are numbers written as texts."""
    values = _seen(builder, node_id, name)
    return values is not None and all(isinstance(one, str) and _NUMERAL.fullmatch(one) for one in values)


def holds_truths(builder: Builder, node_id: str, name: str) -> bool:
    """Whether a column of texts may say "true" or "false": a look has seen that, or nothing."""
    values = _seen(builder, node_id, name)
    return not values or any(isinstance(one, str) and one.strip().lower() in ("true", "false") for one in values)


def _seen(builder: Builder, node_id: str, name: str) -> list[object] | None:
    """The values of a column that looks into files have seen; None where it does not come from files alone."""
    if node_id not in builder.nodes:
        return None
    node = builder.nodes[node_id]
    while _passes(node, name, builder.catalogue):
        node = builder.nodes[node.inputs[0]]
    if node.op == "concat":
        several = [_seen(builder, source, name) for source in node.inputs]
        known = [values for values in several if values is not None]
        return [one for values in known for one in values] if len(known) == len(several) else None
    if not node.op.startswith("connectors."):
        return None
    sample = builder.look(node)
    return [value for record in sample.records if (value := record.get(name)) is not None] if sample is not None else []
