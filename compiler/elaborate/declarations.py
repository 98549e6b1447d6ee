"""Elaborates declarations: each becomes an entity, and where it makes something, nodes of the graph."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import replace

from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.arguments import bind_call
from tunec.compiler.elaborate.builder import Builder, Entity, Flow
from tunec.compiler.elaborate.constants import constant, param_value
from tunec.compiler.elaborate.expressions import lower, rows_of
from tunec.compiler.elaborate.formats import rows_read
from tunec.compiler.elaborate.stages import Order, Staged, add_stage, lower_stage, register_rules
from tunec.compiler.graph import Lowered, references
from tunec.compiler.planning.order import COSTS, cost_of, of_all_rows
from tunec.compiler.types import MODEL, RowType
from tunec.dsl.diagnostics import Label
from tunec.dsl.source import Span
from tunec.dsl.tree import Block, Call, Declaration, Expression, ListOf, Name, Param, Stage, Statement


def elaborate(builder: Builder, name: str, span: Span) -> Entity:
    """The entity of a declared name. A declaration that needs itself is reported with the path of the circle."""
    known = builder.entities.get(name)
    builder.used.add(name)
    if known is not None:
        return known
    item = builder.program.declared[name]
    if name in builder.active:
        circle = " → ".join([*builder.active[builder.active.index(name) :], name])
        builder.report("T106", f"these need one another: {circle}", span)
        return Entity("broken", item.name_span, "declaration")
    builder.active.append(name)
    entity = _param(builder, name, item) if isinstance(item, Param) else _KINDS[item.kind](builder, name, item)
    builder.active.pop()
    builder.entities[name] = entity or Entity("broken", item.name_span, _keyword(item))
    return builder.entities[name]


def _keyword(item: Declaration | Param) -> str:
    return "param" if isinstance(item, Param) else item.kind


def _param(builder: Builder, name: str, item: Param) -> Entity | None:
    value = param_value(builder, name, item)
    if value is None:
        return None
    builder.params[name] = value.lowered
    return Entity("value", item.name_span, "param", value=value)


def _const(builder: Builder, name: str, item: Declaration) -> Entity | None:
    value = constant(builder, item.value) if item.value is not None else None
    return None if value is None else Entity("value", item.name_span, "const", value=value)


def part_of_rows(builder: Builder, call: Call) -> Flow | None:
    """The rows that a stage makes of others, which stand as its first argument: `sample(tasks, 5k)`."""
    stage = builder.catalogue.find("stages", call.name)
    if stage is None or stage.block != "none":
        builder.report("T208", "here stands the name of rows, or a part of some: `sample(NAME, 5k)`", call.span)
        return None
    if not call.arguments or call.arguments[0].name is not None:
        builder.report("T202", f"`{call.name}` needs rows first: `{call.name}(NAME, …)`", call.name_span)
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
    entity = _connector(builder, call.name, Declaration("source", call.name, call.span, call.name_span, value=call))
    return None if entity is None else entity.flow


def _connector(builder: Builder, name: str, item: Declaration) -> Entity | None:
    call = item.value
    if isinstance(call, Call) and builder.catalogue.find("connectors", call.name) is None:
        stage = builder.catalogue.find("stages", call.name)
        if stage is not None and stage.block == "none":
            part = part_of_rows(builder, call)
            return None if part is None else Entity("rows", item.name_span, item.kind, part, part.node)
    found = _called(builder, item, "connectors")
    if found is None:
        return None
    operator, args = found
    rows = rows_read(builder, operator, args, item)
    if rows is None:
        return None
    folder = builder.program.folders[item.span.file]
    for parameter in operator.parameters:
        path = args.get(parameter.name)
        if parameter.name == "path" and isinstance(path, str) and "://" not in path and not posixpath.isabs(path):
            args[parameter.name] = posixpath.normpath(posixpath.join(folder, path))
    cost = max(operator.cost, "scan", key=COSTS.index)
    node = builder.add(operator.path, (), args, rows, cost, item.span)
    return Entity("rows", item.name_span, item.kind, Flow(node, rows), node)


def _called(builder: Builder, item: Declaration, kind: str) -> tuple[Operator, dict[str, Lowered]] | None:
    call = item.value
    what = kind.removesuffix("s")
    if not isinstance(call, Call):
        builder.report("T208", f"`{item.kind} {item.name} =` wants a {what}", (item.value or item).span)
        return None
    operator = builder.catalogue.find(kind, call.name)
    if operator is None:
        builder.unknown(what, call.name, builder.catalogue.names(kind), call.name_span, "T103")
        return None
    args = bind_call(builder, operator, call, None)
    return None if args is None else (operator, args)


def _model(builder: Builder, name: str, item: Declaration) -> Entity | None:
    found = _called(builder, item, "embedders" if item.kind == "embedder" else "models")
    if found is None:
        return None
    operator, args = found
    node = builder.add(operator.path, references(args), args, None, operator.cost, item.span)
    return Entity("embedder" if item.kind == "embedder" else "model", item.name_span, item.kind, node=node)


def _model_node(builder: Builder, node: Expression | None, span: Span, what: str) -> str | None:
    if node is None:
        builder.report("T202", f"`{what}` needs a model", span)
        return None
    value = lower(builder, node, None, MODEL)
    if value is None:
        return None
    if value.type != MODEL:
        builder.report("T208", f"here stands the name of a model, not {value.type}", node.span)
        return None
    return str(value.lowered["ref"])


def _statements(block: Block | None) -> tuple[Statement, ...]:
    return block.statements if block is not None else ()


def _generate(builder: Builder, name: str, item: Declaration) -> Entity | None:
    seeds = rows_of(builder, item.source) if item.source is not None else None
    if item.source is None or seeds is None:
        if item.source is None:
            builder.report("T202", "`generate` needs rows to start from: `generate NAME from SEEDS { … }`", item.span)
        return None
    method: Lowered = None
    bounds: dict[str, Lowered] | None = None
    staged: list[Staged] = []
    flow, order, fine = Flow(seeds.node, RowType.INSTRUCTION), Order(), True
    for statement in _statements(item.block):
        call = statement.value if isinstance(statement, Stage) and isinstance(statement.value, Call) else None
        operator = builder.catalogue.find("methods", call.name) if call is not None else None
        if call is not None and operator is not None:
            if method is not None:
                builder.report("T207", "a `generate` has one method", statement.span)
            method = _generation_method(builder, operator, call, seeds)
            fine &= method is not None
        elif call is not None and call.name == "until":
            bounds = bind_call(builder, builder.catalogue.at("generation.until"), call, None)
            fine &= bounds is not None
        else:
            stage = lower_stage(builder, statement, flow, order)
            fine &= stage is not None
            if stage is not None:
                staged.append(stage)
                flow = Flow(flow.node, flow.rows, stage.lets, stage.splits)
    if not fine:
        return None
    if method is None:
        methods = ", ".join(f"`{n}`" for n in builder.catalogue.names("methods"))
        builder.report("T202", f"`generate {item.name}` has no method; there is {methods}", item.name_span)
        return None
    if bounds is None or all(bounds[b] is None for b in ("rows", "requests", "cost")):
        help_ = "until(rows: 500, requests: 1k)"
        builder.report("T602", f"`generate {item.name}` has no bound and would never end", item.name_span, help=help_)
        return None
    for stage in staged:
        if not builder.catalogue.at(stage.op).row_wise and stage.op not in ("stages.novel", "stages.let"):
            builder.report("T207", f"`{stage.op.split('.')[1]}` needs all rows; put it into a `dataset`", stage.span)
            return None
        for name in of_all_rows(stage.params, builder.catalogue):
            builder.report("T207", f"`{name}` looks at all rows; put this stage into a `dataset`", stage.span)
            return None
    params: dict[str, Lowered] = {
        "method": method,
        "stages": [{"op": s.op, "params": s.params} for s in staged],
        "until": bounds,
        "seed": builder.seed,
    }
    node = builder.add("generate", (seeds.node, *references(params)), params, flow.rows, "model", item.span)
    for stage in staged:
        register_rules(builder, node, stage)
    return Entity("rows", item.name_span, "generate", Flow(node, flow.rows, flow.lets), node)


def _generation_method(builder: Builder, operator: Operator, call: Call, seeds: Flow) -> Lowered:
    if operator.rows and seeds.rows.value not in operator.rows:
        wanted = " or ".join(operator.rows)
        builder.report(
            "T203", f"`{operator.name}` starts from {wanted} rows, but these are {seeds.rows} rows", call.span
        )
        return None
    args = bind_call(builder, operator, call, seeds)
    return None if args is None else {"call": operator.path, "args": args}


def _dataset(builder: Builder, name: str, item: Declaration) -> Entity | None:
    flow = _sources(builder, item)
    taps: dict[str, Flow] = {}
    order, fine = Order(), flow is not None
    if flow is None:
        return None
    for statement in _statements(item.block):
        staged = lower_stage(builder, statement, flow, order)
        if staged is None:
            fine = False
            continue
        flow = add_stage(builder, staged, flow)
        label = statement.label if isinstance(statement, Stage) else None
        if label is not None:
            if label in taps or label in flow.splits:
                builder.report("T102", f"`{name}.{label}` is named twice", statement.span)
            taps[label] = flow
    if item.row_type is not None and item.row_type != flow.rows.value:
        message = f"`{name}` is declared as {item.row_type} rows, but holds {flow.rows} rows"
        builder.report("T203", message, item.name_span)
        fine = False
    return Entity("rows", item.name_span, "dataset", flow, flow.node, taps=taps) if fine else None


def _items(node: Expression | None) -> tuple[Expression, ...]:
    """The names in a clause: of a list, or the one that stands alone."""
    if node is None:
        return ()
    return node.items if isinstance(node, ListOf) else (node,)


def _sources(builder: Builder, item: Declaration) -> Flow | None:
    nodes = _items(item.source)
    if not nodes:
        builder.report("T202", f"`dataset {item.name}` needs rows: `dataset {item.name} from SOURCE`", item.name_span)
        return None
    flows = [(node, rows_of(builder, node)) for node in nodes]
    known = [(node, flow) for node, flow in flows if flow is not None]
    if len(known) < len(flows):
        return None
    kinds = {flow.rows for _, flow in known}
    if len(kinds) > 1 and kinds != {RowType.INSTRUCTION, RowType.CHAT}:
        labels = [Label(node.span, f"{flow.rows} rows") for node, flow in known[1:]]
        first, flow = known[0]
        builder.report("T203", "rows of these types cannot be mixed", first.span, f"{flow.rows} rows", labels)
        return None
    if len(known) == 1:
        return known[0][1]
    rows = RowType.CHAT if len(kinds) > 1 else known[0][1].rows
    inputs = [flow.node for _, flow in known]
    if len(set(inputs)) < len(inputs):
        builder.report(
            "T102", "the same rows are named twice in this list", item.source.span if item.source else item.span
        )
        return None
    where = item.source.span if item.source is not None else item.span
    return Flow(builder.add("concat", inputs, {}, rows, "cheap", where), rows)


def _rule(builder: Builder, name: str, item: Declaration) -> Entity | None:
    if item.value is not None:
        return Entity("rule", item.name_span, "rule", expression=item.value)
    return _pending(builder, name, item)


def _pending(builder: Builder, name: str, item: Declaration) -> Entity | None:
    builder.report(
        "T110", f"`{item.kind} {name}` is read, but this version of tunec cannot build it yet", item.name_span
    )
    return None


def _train(builder: Builder, name: str, item: Declaration) -> Entity | None:
    model = _model_node(builder, item.source, item.span, f"train {item.name}")
    flow = rows_of(builder, item.on) if item.on is not None else None
    if item.using is not None:
        builder.report("T110", "training with an extended tokenizer cannot be built yet", item.using.span)
        return None
    parts: dict[str, Lowered] = {}
    fine = True
    for statement in _statements(item.block):
        call = statement.value if isinstance(statement, Stage) else None
        if not isinstance(call, Call):
            builder.report(
                "T207", "`train` holds what is trained and how, such as `lora(…)` and `sft(…)`", statement.span
            )
            fine = False
            continue
        found = [o for k in ("adapters", "objectives") if (o := builder.catalogue.find(k, call.name)) is not None]
        if not found:
            known = builder.catalogue.names("adapters", "objectives")
            builder.unknown("training stage", call.name, known, call.name_span, "T103")
            fine = False
            continue
        operator = found[0]
        key = operator.kind.removesuffix("s")
        if key in parts:
            builder.report("T102", f"`train {item.name}` has two of `{key}`", statement.span)
        if flow is not None and operator.rows and flow.rows.value not in operator.rows:
            _wrong_training_rows(builder, operator, flow, call, item)
            fine = False
        args = bind_call(builder, operator, call, None)
        fine &= args is not None
        parts[key] = {"call": operator.path, "args": args}
    for key, examples in (("adapter", "`lora(…)` or `full()`"), ("objective", "`sft(…)`")):
        if key not in parts and fine:
            builder.report("T202", f"`train {item.name}` does not say its {key}: {examples}", item.name_span)
            fine = False
    if model is None or flow is None or not fine:
        return None
    if "train" in flow.splits:
        part = builder.add("part", (flow.node,), {"split": "train"}, flow.rows, "cheap", item.span)
        flow = Flow(part, flow.rows)
    params = {**parts, "seed": builder.seed, "base": {"ref": model}}
    node = builder.add("train", (model, flow.node), params, None, "model", item.span)
    return Entity("model", item.name_span, "train", node=node)


def _wrong_training_rows(builder: Builder, operator: Operator, flow: Flow, call: Call, item: Declaration) -> None:
    wanted = " or ".join(operator.rows)
    on = item.on.text if isinstance(item.on, Name) else "this"
    labels = []
    full = builder.program.resolve(on, item.span.file)
    if full is not None:
        labels = [Label(builder.program.declared[full].name_span, f"declared here as {flow.rows} rows")]
    message = f"`{operator.name}` needs {wanted} rows, but `{on}` holds {flow.rows} rows"
    builder.report("T203", message, call.span, "", labels)


def _evaluate(builder: Builder, name: str, item: Declaration) -> Entity | None:
    nodes = _items(item.of)
    models = [_model_node(builder, node, item.span, f"evaluate {item.name}") for node in nodes]
    if not nodes:
        builder.report("T202", f"`evaluate {item.name}` needs models: `evaluate {item.name} of [A, B]`", item.name_span)
    measures: list[Lowered] = []
    fine = bool(models) and None not in models
    for statement in _statements(item.block):
        call = statement.value if isinstance(statement, Stage) else None
        operator = builder.catalogue.find("evaluate", call.name) if isinstance(call, Call) else None
        if not isinstance(call, Call) or operator is None:
            known = builder.catalogue.names("evaluate")
            where = call.name_span if isinstance(call, Call) else statement.span
            builder.unknown("measure", call.name if isinstance(call, Call) else "?", known, where, "T103")
            fine = False
            continue
        args = bind_call(builder, operator, call, None)
        fine &= args is not None
        measures.append({"call": operator.path, "args": args})
    if fine and not measures:
        builder.report("T202", f"`evaluate {item.name}` measures nothing", item.name_span)
        return None
    if not fine:
        return None
    params = {"models": [{"ref": m} for m in models], "measures": measures, "seed": builder.seed}
    inputs = list(references(params))
    cost = max("model", cost_of(measures, builder.catalogue), key=COSTS.index)
    node = builder.add("evaluate", inputs, params, None, cost, item.span)
    return Entity("report", item.name_span, "evaluate", node=node)


_KINDS: dict[str, Callable[[Builder, str, Declaration], Entity | None]] = {
    "const": _const,
    "source": _connector,
    "seeds": _connector,
    "benchmark": _connector,
    "model": _model,
    "embedder": _model,
    "generate": _generate,
    "dataset": _dataset,
    "rule": _rule,
    "tokenizer": _pending,
    "train": _train,
    "merge": _pending,
    "evaluate": _evaluate,
}
