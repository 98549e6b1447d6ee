"""`merge`: a model made of others."""

from __future__ import annotations

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.clauses import items, model_name, model_node, stage_call, statements
from tunec.compiler.elaborate.expressions import bind_call
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.walk import walk
from tunec.compiler.elaborate.weights import has_weights
from tunec.compiler.limits import limits
from tunec.compiler.lowered import Lowered, expect, references
from tunec.compiler.names import suggestion
from tunec.compiler.sample import listed
from tunec.compiler.types import MODEL, SCHEDULE
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Declaration


def _merge(builder: Builder, name: str, item: Declaration) -> Entity | None:
    written = items(item.source)
    models = [model_node(builder, node, item.span, f"merge {item.name}") for node in written]
    if not written:
        builder.report("T202", f"`merge {item.name}` needs models: `merge {item.name} from [A, B]`", item.name_span)
    known = tuple(model for model in models if model is not None)
    fine = bool(written) and len(known) == len(models)
    if fine and len(set(known)) < len(known):
        builder.report("T102", "duplicate models in this list", item.source.span if item.source else item.span)
        fine = False
    way = _way(builder, item)
    if way is None or not fine:
        return Entity("model", item.name_span, "merge", node=builder.stand_in(item))
    operator, method, span = way
    given = list(zip(known, (node.span for node in written), strict=True))
    given += [(node, span) for node in references(method)]
    fine = _counted(builder, operator, method, len(known), span)
    for model, where in given:
        fine &= has_weights(builder, model, where, "weights are not here to be merged")
    fine &= _is_adapter(builder, operator, method, span)
    fine &= _has_parts(builder, method, known[0], item)
    fine &= _one_tokenizer(builder, [node for node, _ in given], item.source.span if item.source else span)
    if not fine:
        return Entity("model", item.name_span, "merge", node=builder.stand_in(item))
    params: dict[str, Lowered] = {
        "models": tuple(lowered.Ref(model) for model in known),
        "method": method,
        "seed": builder.seed,
    }
    node = builder.add("merge", references(params), params, None, "model", item.span)
    return Entity("model", item.name_span, "merge", node=node, parts=tuple(model_name(builder, m) for m, _ in given))


def _way(builder: Builder, item: Declaration) -> tuple[Operator, lowered.Call, Span] | None:
    """The one way of merging in a block, with its arguments."""
    found: list[tuple[Operator, lowered.Call, Span]] = []
    fine = True
    for statement in statements(item.block):
        said = stage_call(builder, statement, "merging", "way to merge")
        if said is None:
            fine = False
            continue
        operator, call = said
        args = bind_call(builder, operator, call, None)
        if args is None:
            fine = False
            continue
        found.append((operator, lowered.Call(operator.path, _canonical(operator, args)), call.span))
    if len(found) > 1:
        builder.report("T207", "only one way of merging is allowed in a `merge`", found[1][2])
    elif not found and fine:
        ways = ", ".join(f"`{name}`" for name in builder.catalogue.names("merging"))
        builder.report("T202", f"`merge {item.name}` has no way of merging; expected one of {ways}", item.name_span)
    return found[0] if fine and len(found) == 1 else None


def _canonical(operator: Operator, args: dict[str, Lowered]) -> dict[str, Lowered]:
    """Arguments in which the order of a record of schedules is part of the value: the first entry that fits counts."""
    schedules = {p.name for p in operator.parameters if p.type == SCHEDULE}
    return {name: _entries(value) if name in schedules else value for name, value in args.items()}


def _entries(value: Lowered) -> Lowered:
    if not isinstance(value, lowered.Record):
        return value
    filters = [(name, entry) for name, entry in value.entries.items() if name != "default"]
    entries = [lowered.Record({"filter": name, "value": entry}) for name, entry in filters]
    return (*entries, lowered.Record({"value": value.entries["default"]}))


def _counted(builder: Builder, operator: Operator, method: lowered.Call, models: int, span: Span) -> bool:
    """Whether there are as many models as the way of merging takes, and a weight for each."""
    takes, weights = limits(operator.models), method.args.get("weights")
    if not takes.hold(models):
        wanted = f"{takes.low:g}" if takes.low == takes.high else takes.words
        message = f"`{operator.name}` merges {wanted} model{'s' * (takes.low != 1)}, and this is given {models}"
        builder.report("T205", message, span)
        return False
    if isinstance(weights, tuple) and weights and len(weights) != models:
        numbers = f"{len(weights)} number{'s' * (len(weights) != 1)}"
        message = f"`weights` of `{operator.name}` has {numbers} for {models} model{'s' * (models != 1)}"
        builder.report("T201", message, span, help="give one weight for each model, in their order")
        return False
    return True


def _has_parts(builder: Builder, method: lowered.Call, model: str, item: Declaration) -> bool:
    """Whether weights of a model, as far as their names are at hand, have the parts in them that schedules name."""
    node = builder.nodes[model]
    while node.op in ("train", "merge"):
        node = builder.nodes[next(references(node.params["base" if node.op == "train" else "models"]))]
    seen = builder.look_at_model(node)
    weights = seen.weights if seen is not None else ()
    for name, value in method.args.items() if weights else ():
        records = [entry for entry in value if isinstance(entry, lowered.Record)] if isinstance(value, tuple) else []
        for part in (str(entry.entries["filter"]) for entry in records if "filter" in entry.entries):
            if any(part in weight for weight in weights):
                continue
            words = sorted({word for weight in weights for word in weight.split(".") if not word.isdigit()})
            written = (field for field in walk(item.block) if isinstance(field, Argument) and field.name == part)
            where = next((field.name_span for field in written if field.name_span is not None), item.name_span)
            help_, fixes = suggestion(part, words, where)
            message = f"`{name}` of `{method.name}`: no weight of `{model_name(builder, model)}` is named `{part}`"
            help_ = help_ or f"parts of their names are {listed(words)}"
            builder.report("T201", message, where, help=help_, fixes=fixes)
            return False
    return True


def _one_tokenizer(builder: Builder, models: list[str], span: Span) -> bool:
    """Whether all models have the same new pieces, or none: others would be mixed with what they do not mean."""
    extended = {model: _tokenizer(builder, model) for model in models}
    if len(set(extended.values())) < 2:
        return True
    first, *others = models
    other = next(model for model in others if extended[model] != extended[first])
    names = " and ".join(f"`{model_name(builder, model)}`" for model in (first, other))
    message = f"{names} have different tokenizers, so weights of different pieces would be mixed"
    builder.report("T208", message, span, help="merge models that were trained with one tokenizer")
    return False


def _tokenizer(builder: Builder, model: str) -> str:
    """The extended tokenizer that a model was trained with, or the one below it; empty where there is none."""
    node = builder.nodes[model]
    while node.op in ("train", "merge"):
        if "tokenizer" in node.params:
            return next(references(node.params["tokenizer"]))
        node = builder.nodes[next(references(node.params["base" if node.op == "train" else "models"]))]
    return ""


def _is_adapter(builder: Builder, operator: Operator, method: lowered.Call, span: Span) -> bool:
    """Whether what a way of merging takes as an adapter is one."""
    for name in (p.name for p in operator.parameters if p.type == MODEL and p.name == "adapter"):
        node = builder.nodes[expect(lowered.Ref, method.args[name]).node]
        whole = node.op == "train" and expect(lowered.Call, node.params["adapter"]).operator == "adapters.full"
        if whole or node.op not in ("train", "unsound"):
            message = f"`{operator.name}` needs an adapter: a model that was trained with `lora(…)`"
            builder.report("T208", message, span)
            return False
    return True


KIND = Kind(("merge",), _merge, "model", target=True, block=("merging",), source="model")
