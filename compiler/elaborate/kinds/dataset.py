"""`dataset`: rows, brought together and worked over."""

from __future__ import annotations

from dataclasses import replace

from tunec.compiler.elaborate.builder import Builder, Entity, Flow
from tunec.compiler.elaborate.clauses import items, statements
from tunec.compiler.elaborate.controls import CONTROL, controlled
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.sources import rows_of
from tunec.compiler.elaborate.stages import Order, add_stage, despite, lower_stage
from tunec.compiler.types import TRAIN, RowType
from tunec.dsl.diagnostics import Label
from tunec.dsl.tree import Declaration, Stage


def _dataset(builder: Builder, name: str, item: Declaration) -> Entity | None:
    flow = combined(builder, item)
    taps: dict[str, Flow] = {}
    order, fine = Order(), flow is not None
    control: Flow | None = None
    if flow is None:
        return None
    for statement in statements(item.block):
        staged = lower_stage(builder, statement, flow, order)
        fine &= staged is not None
        control = controlled(builder, staged, flow, control)
        flow = add_stage(builder, staged, flow) if staged is not None else despite(builder, statement, flow)
        label = statement.label if isinstance(statement, Stage) else None
        if label is not None:
            if label in taps or label in flow.splits or (label == CONTROL and control is not None):
                builder.report("T102", f"duplicate name `{name}.{label}`", statement.span)
            taps[label] = flow
    if item.row_type is not None and item.row_type not in (*RowType,):
        builder.unknown("row type", item.row_type, [*RowType], item.type_span or item.name_span, "T211")
        fine = False
    elif item.row_type is not None and item.row_type != flow.rows.value:
        message = f"`{name}` is declared as {item.row_type} rows, but contains {flow.rows} rows"
        builder.report("T203", message, item.name_span)
        fine = False
    if control is not None:
        taps[CONTROL] = control
    if not fine:
        flow = replace(flow, node=builder.stand_in(item, (flow.node,), flow.rows))
    return Entity("rows", item.name_span, "dataset", flow, flow.node, taps=taps)


def combined(builder: Builder, item: Declaration) -> Flow | None:
    """The rows that the `from` of a declaration names, together."""
    nodes = items(item.source)
    if not nodes:
        builder.report(
            "T202", f"`{item.kind} {item.name}` needs rows: `{item.kind} {item.name} from SOURCE`", item.name_span
        )
        return None
    flows = [(node, rows_of(builder, node)) for node in nodes]
    known = [(node, flow) for node, flow in flows if flow is not None]
    if len(known) < len(flows):
        return None
    kinds = {flow.rows for _, flow in known}
    if len(kinds) > 1 and kinds != {RowType.INSTRUCTION, RowType.CHAT}:
        labels = [Label(node.span, f"{flow.rows} rows") for node, flow in known[1:]]
        first, flow = known[0]
        builder.report("T203", "rows of these types cannot be combined", first.span, f"{flow.rows} rows", labels)
        return None
    if len(known) == 1:
        return known[0][1]
    rows = RowType.CHAT if len(kinds) > 1 else known[0][1].rows
    inputs = [flow.node for _, flow in known]
    if len(set(inputs)) < len(inputs):
        builder.report("T102", "duplicate rows in this list", item.source.span if item.source else item.span)
        return None
    where = item.source.span if item.source is not None else item.span
    splits = dict.fromkeys(split for _, flow in known for split in flow.splits)
    if splits and not all(flow.splits for _, flow in known):
        splits = dict.fromkeys((TRAIN, *splits))
    return Flow(builder.add("concat", inputs, {}, rows, "cheap", where), rows, splits=tuple(splits))


KIND = Kind(("dataset",), _dataset, "rows", target=True, block=("stages",))
