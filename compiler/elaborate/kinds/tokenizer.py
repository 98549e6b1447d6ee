"""`tokenizer`: a vocabulary that is extended."""

from __future__ import annotations

from tunec.compiler import lowered
from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.clauses import model_node, stage_call, statements
from tunec.compiler.elaborate.expressions import bind_call
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.sources import rows_of
from tunec.compiler.elaborate.weights import has_weights
from tunec.compiler.lowered import Lowered
from tunec.dsl.tree import Declaration


def _tokenizer(builder: Builder, name: str, item: Declaration) -> Entity | None:
    model = model_node(builder, item.source, item.span, f"tokenizer {item.name}")
    flow = rows_of(builder, item.on) if item.on is not None else None
    parts: dict[str, Lowered] = {"train_bpe": None, "extend": None}
    fine = True
    for statement in statements(item.block):
        said = stage_call(builder, statement, "tokenizers", "stage of a tokenizer")
        if said is None:
            fine = False
            continue
        operator, call = said
        if parts.get(call.name) is not None:
            builder.report("T102", f"`tokenizer {item.name}` has more than one `{call.name}`", statement.span)
            fine = False
        args = bind_call(builder, operator, call, None)
        fine &= args is not None
        parts[call.name] = lowered.Call(operator.path, args or {})
    if fine and parts["train_bpe"] is None:
        message = f"`tokenizer {item.name}` has no new pieces: add `train_bpe(vocab: 2k)`"
        builder.report("T202", message, item.name_span)
        fine = False
    if model is not None:
        fine &= has_weights(builder, model, item.span, "tokenizer is not here")
    if model is None or flow is None or not fine:
        return Entity("tokenizer", item.name_span, "tokenizer", node=builder.stand_in(item))
    params: dict[str, Lowered] = {**parts, "seed": builder.seed, "base": lowered.Ref(model)}
    node = builder.add("tokenizer", (model, flow.node), params, None, "index", item.span)
    return Entity("tokenizer", item.name_span, "tokenizer", node=node)


KIND = Kind(("tokenizer",), _tokenizer, "tokenizer", target=True, block=("tokenizers",), source="model")
