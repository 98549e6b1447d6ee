"""`generate`: rows that a model writes."""

from __future__ import annotations

from dataclasses import replace

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.arguments import given
from tunec.compiler.elaborate.builder import Builder, Entity, Flow
from tunec.compiler.elaborate.clauses import statements
from tunec.compiler.elaborate.expressions import bind_call
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.sources import rows_of
from tunec.compiler.elaborate.stages import Order, Staged, despite, lower_stage, register_rules
from tunec.compiler.elaborate.templates import named_in
from tunec.compiler.lowered import Lowered, references
from tunec.compiler.names import closest
from tunec.compiler.planning.order import of_all_rows
from tunec.compiler.types import RowType
from tunec.dsl.tree import Call, Declaration, Stage


def _generate(builder: Builder, name: str, item: Declaration) -> Entity | None:
    seeds = rows_of(builder, item.source) if item.source is not None else None
    if item.source is None or seeds is None:
        if item.source is None:
            builder.report("T202", "`generate` needs rows to start from: `generate NAME from SEEDS { … }`", item.span)
        return None
    method: lowered.Call | None = None
    clauses: dict[str, lowered.Call] = {}
    staged: list[Staged] = []
    # Of the columns of generated rows nothing is known but what is set on the way.
    flow, order, fine = Flow("", seeds.rows), Order(), True
    read: list[str] | None = []  # other columns of the seeds that the method shows
    has_method = any(builder.catalogue.find("methods", call.name) is not None for call in _calls(item))
    misspelt = None if has_method else _misspelt_method(builder, item)
    if misspelt is None and not has_method and builder.unread(item.span):
        return None  # the method may be what could not be read, and then the rows are of no known type
    for statement in statements(item.block):
        call = statement.value if isinstance(statement, Stage) and isinstance(statement.value, Call) else None
        operator = builder.catalogue.find("methods", call.name) if call is not None else None
        if call is not None and operator is not None:
            if method is not None:
                builder.report("T207", "only one method is allowed in a `generate`", statement.span)
            method = _generation_method(builder, operator, call, seeds)
            fine &= method is not None
            read = named_in(builder, operator, call, method.args, seeds) if method is not None else []
            fine &= read is not None
            if operator.makes:
                flow = Flow(flow.node, RowType(operator.makes), flow.lets, flow.splits)
        elif call is not None and (clause := builder.catalogue.find("generation", call.name)) is not None:
            if call.name in clauses:
                builder.report("T207", f"only one `{call.name}` is allowed in a `generate`", statement.span)
                fine = False
            args = bind_call(builder, clause, call, None)
            fine &= args is not None
            if args is not None:
                clauses[call.name] = lowered.Call(clause.path, args)
        else:
            stage = lower_stage(builder, statement, flow, order, ("methods", "generation"))
            fine &= stage is not None
            if stage is not None:
                staged.append(stage)
                flow = Flow(flow.node, flow.rows, stage.lets, stage.splits)
            else:
                flow = despite(builder, statement, flow)
            if misspelt is not None and call is misspelt[0] and misspelt[1].makes:
                flow = replace(flow, rows=RowType(misspelt[1].makes))
    if not fine:
        return _unsound(builder, item, seeds, flow)
    if method is None:
        methods = ", ".join(f"`{n}`" for n in builder.catalogue.names("methods"))
        builder.report("T202", f"`generate {item.name}` has no method; expected one of {methods}", item.name_span)
        return _unsound(builder, item, seeds, flow)
    until = clauses.get("until")
    bounds = until.args if until is not None else dict.fromkeys(("rows", "requests", "cost", "exactly"))
    endless = builder.catalogue.at(method.operator).endless
    if endless and all(bounds[b] is None for b in ("rows", "requests", "cost")):
        if not builder.unread(item.span):  # the bound may be what could not be read
            message = f"`generate {item.name}` has no bound, so it would never end"
            builder.report("T602", message, item.name_span, help="add `until(rows: 500, requests: 1k)`")
        return _unsound(builder, item, seeds, flow)
    if not _reaches_a_unit(builder, item, method, bounds["requests"]):
        return _unsound(builder, item, seeds, flow)
    if not all(_one_row_at_a_time(builder, stage) for stage in staged):
        return _unsound(builder, item, seeds, flow)
    params: dict[str, Lowered] = {
        "method": method,
        "stages": tuple(lowered.Stage(stage.op, stage.params) for stage in staged),
        "until": bounds,
        "seed": builder.seed,
    }
    if read:
        params["read"] = tuple(lowered.Field(name) for name in read)
    if "personas" in clauses:
        params["personas"] = clauses["personas"]
    node = builder.add("generate", (seeds.node, *references(params)), params, flow.rows, "model", item.span)
    for stage in staged:
        register_rules(builder, node, stage)
    return Entity("rows", item.name_span, "generate", Flow(node, flow.rows, flow.lets), node)


def _reaches_a_unit(builder: Builder, item: Declaration, method: lowered.Call, requests: Lowered) -> bool:
    """Whether the bound on requests lets one unit of work begin, which may take as many as the method says."""
    operator = builder.catalogue.at(method.operator)
    if operator.asks is None or not isinstance(requests, int):
        return True
    most = operator.asks(given(builder, method.args))
    if requests >= most:
        return True
    until = next(call for call in _calls(item) if call.name == "until")
    where = next((a.value.span for a in until.arguments if a.name == "requests"), until.span)
    message = f"`until(requests: {requests})` is below one unit of `{operator.name}`, which takes up to {most} requests"
    builder.report("T201", message, where, help=f"write `requests: {most}` or more")
    return False


def _one_row_at_a_time(builder: Builder, stage: Staged) -> bool:
    """Whether a stage can filter rows as they come; one that needs all rows is told."""
    operator = builder.catalogue.at(stage.op)
    if not operator.row_wise and not operator.of_generation and stage.op != "stages.let":
        name = stage.op.split(".")[1]
        builder.report("T207", f"`{name}` needs all rows at once; move it to a `dataset`", stage.span)
        return False
    for name in of_all_rows(stage.params, builder.catalogue):
        builder.report("T207", f"`{name}` needs all rows at once; move this stage to a `dataset`", stage.span)
        return False
    return True


def _calls(item: Declaration) -> list[Call]:
    stages = [statement for statement in statements(item.block) if isinstance(statement, Stage)]
    return [stage.value for stage in stages if isinstance(stage.value, Call)]


def _misspelt_method(builder: Builder, item: Declaration) -> tuple[Call, Operator] | None:
    """The call that is meant for the method where there is none; so the type of the rows is known all the same."""
    kinds = ("methods", "generation", "stages")
    names = builder.catalogue.names(*kinds)
    for call in _calls(item):
        if all(builder.catalogue.find(kind, call.name) is None for kind in kinds):
            near = closest(call.name, builder.compare(names))
            operator = builder.catalogue.find("methods", near) if near is not None else None
            if operator is not None:
                return call, operator
    return None


def _unsound(builder: Builder, item: Declaration, seeds: Flow, flow: Flow) -> Entity:
    """What is known of the rows, with a mistake in the block."""
    node = builder.stand_in(item, (seeds.node,), flow.rows)
    return Entity("rows", item.name_span, "generate", replace(flow, node=node), node)


def _generation_method(builder: Builder, operator: Operator, call: Call, seeds: Flow) -> lowered.Call | None:
    if operator.rows and seeds.rows.value not in operator.rows:
        wanted = " or ".join(operator.rows)
        builder.report(
            "T203", f"`{operator.name}` needs {wanted} rows as seeds, but these are {seeds.rows} rows", call.span
        )
        return None
    args = bind_call(builder, operator, call, seeds)
    return None if args is None else lowered.Call(operator.path, args)


KIND = Kind(("generate",), _generate, "rows", block=("methods", "generation", "stages"))
