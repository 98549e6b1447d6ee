"""`evaluate`: models that are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.clauses import items, model_name, model_node, statements
from tunec.compiler.elaborate.controls import with_controls
from tunec.compiler.elaborate.expressions import bind_call
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.weights import has_weights
from tunec.compiler.lowered import Lowered, references
from tunec.compiler.planning.order import COSTS, cost_of
from tunec.compiler.types import ROWS
from tunec.dsl.tree import Call, Declaration, Expression, Stage, Vary


def _evaluate(builder: Builder, name: str, item: Declaration) -> Entity | None:
    nodes = items(item.of)
    models = [model_node(builder, node, item.span, f"evaluate {item.name}") for node in nodes]
    if not nodes:
        builder.report("T202", f"`evaluate {item.name}` needs models: `evaluate {item.name} of [A, B]`", item.name_span)
    measures: list[lowered.Call] = []
    reads = ""  # the first measure that reads weights
    known_models = tuple(model for model in models if model is not None)
    fine = bool(models) and len(known_models) == len(models)
    if fine and item.of is not None and not _varies(builder) and len(set(known_models)) < len(known_models):
        builder.report("T102", "duplicate models in this list", item.of.span)
        fine = False
    for statement in statements(item.block):
        call = statement.value if isinstance(statement, Stage) else None
        operator = builder.catalogue.find("evaluate", call.name) if isinstance(call, Call) else None
        if not isinstance(call, Call) or operator is None:
            known = builder.catalogue.names("evaluate")
            where = call.name_span if isinstance(call, Call) else statement.span
            builder.unknown("measure", call.name if isinstance(call, Call) else "?", known, where, "T103")
            fine = False
            continue
        args = bind_call(builder, operator, call, None)
        fine &= args is not None and _fit(builder, operator, call, args)
        fine &= args is not None and _compares(builder, operator, call, args, known_models)
        if "models" in operator.weights and not reads:
            reads = operator.name
            fine &= _have_weights(builder, reads, list(zip(models, nodes, strict=True)))
        measures.append(lowered.Call(operator.path, args or {}))
    if fine and not measures:
        builder.report("T202", f"`evaluate {item.name}` has no measures", item.name_span)
        return None
    if not fine:
        return None
    measured = with_controls(builder, known_models)
    params: dict[str, Lowered] = {
        "models": tuple(lowered.Ref(model) for model in measured.values()),
        "measures": tuple(measures),
        "seed": builder.seed,
    }
    cost = max("model", cost_of(params, builder.catalogue), key=COSTS.index)
    node = builder.add("evaluate", references(params), params, None, cost, item.span)
    return Entity("report", item.name_span, "evaluate", node=node, parts=tuple(measured))


def _fit(builder: Builder, operator: Operator, call: Call, args: Mapping[str, Lowered]) -> bool:
    """Whether the rows that a measure is given are of a type that it reads."""
    places = {argument.name: argument.value.span for argument in call.arguments}
    for parameter in operator.parameters:
        value = args.get(parameter.name)
        if parameter.type != ROWS or not isinstance(value, lowered.Ref):
            continue
        node, where = builder.nodes[value.node], places.get(parameter.name, call.name_span)
        if operator.rows and node.rows is not None and node.rows.value not in operator.rows:
            wanted = " or ".join(operator.rows)
            message = f"`{operator.name}` reads {wanted} rows, and `{parameter.name}` has {node.rows} rows"
            builder.report("T203", message, where)
            return False
    return True


def _compares(
    builder: Builder, operator: Operator, call: Call, args: Mapping[str, Lowered], models: Sequence[str]
) -> bool:
    """Whether a measure that compares with a model is taken of another one."""
    against = args.get(operator.against)
    if not isinstance(against, lowered.Ref) or set(models) != {against.node} or _varies(builder):
        return True
    where = next(argument.value.span for argument in call.arguments if argument.name == operator.against)
    name = model_name(builder, against.node)
    message = f"`{operator.name}` compares other models with `{name}`, and measures `{name}` alone"
    builder.report("T201", message, where, help=f"name another model: `of [{name}, …]`")
    return False


def _varies(builder: Builder) -> bool:
    """Whether there are other variants, in which a name may stand for another model."""
    return any(isinstance(item, Vary) for item in builder.program.declared.values())


def _have_weights(builder: Builder, measure: str, models: Sequence[tuple[str | None, Expression]]) -> bool:
    """Whether the weights of all models are here, which a measure reads; of those that are not, the first is told."""
    what = f"weights are not here, which `{measure}` reads"
    return all(model is None or has_weights(builder, model, node.span, what) for model, node in models)


KIND = Kind(("evaluate",), _evaluate, "report", target=True, block=("evaluate",))
