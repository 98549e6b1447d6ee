"""Rows that an expression makes: a connector's, or a part of others."""

from __future__ import annotations

import re
from dataclasses import replace

from tunec.compiler.elaborate.builder import Builder, Entity, Flow
from tunec.compiler.elaborate.clauses import called
from tunec.compiler.elaborate.formats import rows_read, rows_told
from tunec.compiler.elaborate.rows import rows_named
from tunec.compiler.elaborate.stages import Order, add_stage, lower_stage
from tunec.compiler.lowered import Lowered
from tunec.compiler.planning.order import COSTS
from tunec.dsl.tree import Call, Declaration, Expression, Name, Stage


def rows_of(builder: Builder, node: Expression) -> Flow | None:
    """The rows that a clause means: by their name, or a part of some."""
    if isinstance(node, Call):
        return part_of_rows(builder, node)
    if isinstance(node, Name):
        return rows_named(builder, node)
    builder.report("T208", "expected the name of rows", node.span)
    return None


def part_of_rows(builder: Builder, call: Call) -> Flow | None:
    """The rows that a stage makes of others, which stand as its first argument: `sample(tasks, 5k)`."""
    stage = builder.catalogue.find("stages", call.name)
    if stage is None or stage.block != "none":
        builder.report("T208", "expected the name of rows, or a part of them, such as `sample(NAME, 5k)`", call.span)
        return None
    if not call.arguments or call.arguments[0].name is not None:
        builder.report(
            "T202", f"the first argument of `{call.name}` must be rows: `{call.name}(NAME, …)`", call.name_span
        )
        return None
    flow = rows_of(builder, call.arguments[0].value)
    if flow is None:
        return None
    staged = lower_stage(builder, Stage(replace(call, arguments=call.arguments[1:]), call.span), flow, Order())
    return None if staged is None else add_stage(builder, staged, flow)


def rows_made(builder: Builder, call: Call) -> Flow | None:
    """The rows of a connector or of a part of others, written where rows are wanted: `against: version("chat@1")`."""
    if builder.catalogue.find("connectors", call.name) is None:
        return part_of_rows(builder, call)
    entity = source(builder, call.name, Declaration("source", call.name, call.span, call.name_span, value=call))
    return None if entity is None else entity.flow


def _stand_in(builder: Builder, item: Declaration) -> Entity | None:
    """What is known of a source with a mistake in it: the type of its rows, where its text tells that."""
    call = item.value
    rows = rows_told(builder, call) if isinstance(call, Call) else None
    if rows is None:
        return None
    node = builder.stand_in(item, (), rows)
    return Entity("rows", item.name_span, item.kind, Flow(node, rows), node)


#: What `version` reads: `chat@1.0.0`, with a part of its hash or without, or `chat` for the newest.
_VERSION = re.compile(r"[^\s@]+(@\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9a-f]+)?)?")


def _is_version(builder: Builder, given: Lowered, item: Declaration) -> bool:
    """Whether a text names a version that may have been published."""
    if isinstance(given, str) and _VERSION.fullmatch(given) and given not in ("latest", "newest"):
        return True
    where = item.value.arguments[0].value.span if isinstance(item.value, Call) else item.span
    help_ = "write `NAME@1.0.0`, or `NAME` for the newest version of that spec"
    builder.report("T201", f"{given!r} names no version", where, help=help_)
    return False


def source(builder: Builder, name: str, item: Declaration) -> Entity | None:
    """Rows from outside, or a part of other rows."""
    call = item.value
    if isinstance(call, Call) and builder.catalogue.find("connectors", call.name) is None:
        stage = builder.catalogue.find("stages", call.name)
        if stage is not None and stage.block == "none":
            part = part_of_rows(builder, call)
            return None if part is None else Entity("rows", item.name_span, item.kind, part, part.node)
    connector = called(builder, item, "connectors")
    rows = rows_read(builder, *connector, item) if connector is not None else None
    if connector is None or rows is None:
        return _stand_in(builder, item)
    operator, args = connector
    path = args.get("path")
    if isinstance(path, tuple):  # each once; a list of one is that one
        distinct = tuple(dict.fromkeys(path))
        args = {**args, "path": distinct[0] if len(distinct) == 1 else distinct}
    if operator.source == "version" and not _is_version(builder, args["version"], item):
        return _stand_in(builder, item)
    cost = max(operator.cost, "scan", key=COSTS.index)
    node = builder.add(operator.path, (), args, rows, cost, item.span)
    return Entity("rows", item.name_span, item.kind, Flow(node, rows), node)
