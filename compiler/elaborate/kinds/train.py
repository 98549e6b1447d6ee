"""`train`: a model that is trained on a data set."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder, Entity, Flow
from tunec.compiler.elaborate.clauses import model_node, statements
from tunec.compiler.elaborate.controls import control_rows
from tunec.compiler.elaborate.expressions import bind_call, lower
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.sources import rows_of
from tunec.compiler.elaborate.weights import has_weights
from tunec.compiler.lowered import Lowered, expect
from tunec.compiler.types import TOKENIZER
from tunec.dsl.diagnostics import Label
from tunec.dsl.tree import Call, Declaration, Name, Stage


def _train(builder: Builder, name: str, item: Declaration) -> Entity | None:
    model = model_node(builder, item.source, item.span, f"train {item.name}")
    if model is not None and item.source is not None:
        what = "weights are not here to be trained"
        model = model if has_weights(builder, model, item.source.span, what) else None
    flow = rows_of(builder, item.on) if item.on is not None else None
    tokenizer = _tokenizer(builder, item)
    parts: dict[str, lowered.Call] = {}
    fine = True
    for statement in statements(item.block):
        call = statement.value if isinstance(statement, Stage) else None
        if not isinstance(call, Call):
            builder.report(
                "T207",
                "expected an adapter or an objective inside `train`, such as `lora(…)` or `sft(…)`",
                statement.span,
            )
            fine = False
            continue
        operators = [o for k in ("adapters", "objectives") if (o := builder.catalogue.find(k, call.name)) is not None]
        if not operators:
            known = builder.catalogue.names("adapters", "objectives")
            builder.unknown("training stage", call.name, known, call.name_span, "T103")
            fine = False
            continue
        operator = operators[0]
        key = operator.kind.removesuffix("s")
        if key in parts:
            builder.report("T102", f"`train {item.name}` has more than one {key}", statement.span)
        if flow is not None and operator.rows and flow.rows.value not in operator.rows:
            _wrong_training_rows(builder, operator, flow, call, item)
            fine = False
        args = bind_call(builder, operator, call, None)
        fine &= args is not None
        if args is not None and key == "objective":
            fine &= _settings_fit(builder, call, args, flow)
        parts[key] = lowered.Call(operator.path, args or {})
    for key, examples in (("adapter", "`lora(…)` or `full()`"), ("objective", "`sft(…)`")):
        if key not in parts and fine and not builder.unread(item.span):
            builder.report("T202", f"`train {item.name}` has no {key}: add {examples}", item.name_span)
            fine = False
    if model is None or flow is None or not fine or len(parts) < 2 or (item.using is not None and tokenizer is None):
        return Entity("model", item.name_span, "train", node=builder.stand_in(item))
    params: dict[str, Lowered] = {**parts, "seed": builder.seed, "base": lowered.Ref(model)}
    if tokenizer is not None:
        params["tokenizer"] = lowered.Ref(tokenizer)
    node = _node(builder, item, flow, params)
    beside = control_rows(builder, item.on)
    control = _node(builder, item, beside, params) if beside is not None else ""
    return Entity("model", item.name_span, "train", node=node, control=control)


def _settings_fit(builder: Builder, call: Call, args: Mapping[str, Lowered], flow: Flow | None) -> bool:
    """Whether the settings of an objective go together, and with the rows."""
    size, part = args.get("batch_size"), args.get("micro_batch_size")
    given = {argument.name: argument for argument in call.arguments if argument.name}
    if isinstance(size, int) and isinstance(part, int) and size % part:
        where = given["micro_batch_size"].span
        builder.report("T201", f"`batch_size` {size} is not a multiple of `micro_batch_size` {part}", where)
        return False
    watching = [name for name in ("patience", "evaluate_steps") if args.get(name) is not None]
    if watching and flow is not None and not {"train", "validation"} <= set(flow.splits):
        name = watching[0]
        message = f"`{name}` of `{call.name}` has no effect: the rows have no split `validation`, whose loss it goes by"
        help = "end the data set with `split { train: 95%, validation: 5% }`, or remove it"
        builder.report("T201", message, given[name].span, help=help)
        return False
    return True


def _node(builder: Builder, item: Declaration, flow: Flow, params: dict[str, Lowered]) -> str:
    """The node of a training on rows: on their split `train`, with `validation` watched, where they have those."""
    parts = {
        name: builder.add("part", (flow.node,), {"split": name}, flow.rows, "cheap", item.span)
        for name in ("train", "validation")
        if "train" in flow.splits and name in flow.splits
    }
    base, *extended = (expect(lowered.Ref, params[name]).node for name in ("base", "tokenizer") if name in params)
    read = (base, parts.pop("train", flow.node), *parts.values(), *extended)
    return builder.add("train", read, params, None, "model", item.span)


def _tokenizer(builder: Builder, item: Declaration) -> str | None:
    """The node of the extended tokenizer that a model is trained with."""
    if item.using is None:
        return None
    value = lower(builder, item.using, None, TOKENIZER)
    if value is None:
        return None
    if value.type != TOKENIZER:
        builder.report("T208", f"expected the name of a tokenizer, found {value.type}", item.using.span)
        return None
    return expect(lowered.Ref, value.lowered).node


def _wrong_training_rows(builder: Builder, operator: Operator, flow: Flow, call: Call, item: Declaration) -> None:
    wanted = " or ".join(operator.rows)
    on = item.on.text if isinstance(item.on, Name) else "this"
    labels = []
    full = builder.program.resolve(on, item.span.file)
    if full is not None:
        labels = [Label(builder.program.declared[full].name_span, f"declared here as {flow.rows} rows")]
    message = f"`{operator.name}` needs {wanted} rows, but `{on}` contains {flow.rows} rows"
    builder.report("T203", message, call.span, "", labels)


KIND = Kind(("train",), _train, "model", target=True, block=("adapters", "objectives"), source="model")
