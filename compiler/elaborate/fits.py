"""A fitted rule: subsets of rows, a fine-tune and a loss of each, and the weights that explain the losses.

Each subset is a node of its own (`trial`), so that a fit stops and goes on between any two of them, and further subsets
and other indicators run nothing anew. The rule is called like any other: it is the sum of its indicators, each times
the weight that `coefficient` reads from the fit.
"""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler.elaborate.builder import Builder, Entity, Flow
from tunec.compiler.elaborate.clauses import statements
from tunec.compiler.elaborate.kinds.dataset import combined
from tunec.compiler.elaborate.rules import DEEPEST_RULE, MOST_RULES
from tunec.compiler.elaborate.stages import Order, add_stage, lower_stage
from tunec.compiler.elaborate.trials import Part, fits, part_of, subset_trials
from tunec.compiler.elaborate.walk import rebuilt, walk
from tunec.compiler.lowered import Call, Field, Lowered, expect, references
from tunec.compiler.lowered import Let as Column
from tunec.compiler.lowered import walk as lowered_parts
from tunec.compiler.types import FLOAT, NUMBERS
from tunec.dsl.tree import Argument, Binary, Declaration, Expression, Let, Literal, Name
from tunec.dsl.tree import Call as Written

#: What a fit is made of, in the order in which it happens.
PARTS = ("subsets", "finetune", "loss", "least_squares")
#: Subsets that a fit needs beyond one for each indicator.
_SPARE = 3


def fitted(builder: Builder, item: Declaration) -> Entity | None:
    """The entity of `rule NAME from ROWS { … }`."""
    pool = combined(builder, item)
    if pool is None:
        return None
    sizes: dict[str, tuple[int, int]] = {}
    flow, indicators, parts, fine = pool, dict[str, Expression](), dict[str, Part](), True
    for statement in statements(item.block):
        if isinstance(statement, Let):
            staged = lower_stage(builder, statement, flow, Order())
            fine &= staged is not None and _is_number(builder, statement, staged.lets)
            fine &= staged is not None and _differs(builder, statement, staged.params["value"])
            flow = flow if staged is None else add_stage(builder, staged, flow)
            indicators[statement.name] = _put_in(statement.value, indicators)
            fine &= _is_short(builder, statement, sizes)
            continue
        fine &= part_of(builder, statement, parts, PARTS, f"`rule {item.name}`")
    fine = fine and _is_whole(builder, item, parts, indicators)
    if not fine or not fits(builder, pool, parts["finetune"]) or not _of_several(builder, item, pool):
        return None
    node = _nodes(builder, item, pool, flow, {name: part.call for name, part in parts.items()}, tuple(indicators))
    return Entity("rule", item.name_span, "rule", node=node, expression=_sum(item, indicators))


def _is_number(builder: Builder, statement: Let, lets: Mapping[str, object]) -> bool:
    kind = lets[statement.name]
    if kind == FLOAT or str(kind) in (*NUMBERS, "any"):
        return True
    message = f"an indicator is a number, and `{statement.name}` is {kind}"
    builder.report("T206", message, statement.value.span)
    return False


def _differs(builder: Builder, statement: Let, value: Lowered) -> bool:
    """Whether an indicator reads something of the row: one that is the same in every subset explains no loss."""
    if any(isinstance(part, Field | Column) for part in lowered_parts(value)):
        return True
    message = f"the indicator `{statement.name}` is the same for every row, so no weight can be found for it"
    builder.report("T206", message, statement.value.span)
    return False


def _put_in(value: Expression, indicators: Mapping[str, Expression]) -> Expression:
    """An indicator with those in it that stand above it written out: a call of the rule knows no `let` of the fit."""
    return rebuilt(value, lambda node: indicators.get(node.text, node) if isinstance(node, Name) else node)


def _is_short(builder: Builder, statement: Let, sizes: dict[str, tuple[int, int]]) -> bool:
    """Whether an indicator stays within the bounds of rules, written out. `sizes` are the parts of those above it, and
    how deep they stand in one another."""
    inner = [sizes.get(node.text, (1, 0)) if isinstance(node, Name) else (1, 0) for node in walk(statement.value)]
    size, depth = sum(parts for parts, _ in inner), 1 + max(deep for _, deep in inner)
    if depth <= DEEPEST_RULE and size <= MOST_RULES:
        sizes[statement.name] = size, depth
        return True
    message = f"indicators are nested more than {DEEPEST_RULE} levels deep, or expand to more than {MOST_RULES:,} parts"
    builder.report("T008", message, statement.value.span)
    return False


def _is_whole(
    builder: Builder, item: Declaration, parts: Mapping[str, Part], indicators: Mapping[str, Expression]
) -> bool:
    missing = [name for name in PARTS if name not in parts]
    if missing:
        builder.report("T202", f"`rule {item.name}` has no `{missing[0]}(…)`", item.name_span)
    elif not indicators:
        help_ = "name each with a `let`, such as `let length = words(response)`"
        builder.report("T202", f"`rule {item.name}` has no indicators", item.name_span, help=help_)
    return not missing and bool(indicators) and _has_subsets(builder, parts["subsets"], len(indicators))


def _has_subsets(builder: Builder, subsets: Part, indicators: int) -> bool:
    """Whether there are subsets enough for a weight of each indicator."""
    count, least = expect(int, subsets.call.args["count"]), indicators + _SPARE
    if count >= least:
        return True
    many = f"{indicators} indicator{'s' * (indicators != 1)}"
    message = f"a fit of {many} needs at least {least} subsets, and `subsets` draws {count}"
    builder.report("T201", message, subsets.span, help=f"draw {10 * indicators} or more")
    return False


def _of_several(builder: Builder, item: Declaration, pool: Flow) -> bool:
    """Whether the rows come from two sources at least, which subsets are fused from."""
    waiting, origins = [pool.node], set[str]()
    for current in waiting:  # grows while it is walked
        node = builder.nodes.get(current)
        if node is None or node.op == "unsound":
            return True
        before = node.inputs if node.op == "concat" else node.inputs[:1]
        if node.op == "generate" or not before:
            origins.add(current)
        else:
            waiting += before
    if len(origins) > 1:
        return True
    where = item.source.span if item.source is not None else item.name_span
    message = f"`rule {item.name}` is fitted on subsets of several sources, and these rows come from one"
    builder.report("T205", message, where, help="name two sources: `from [a, b]`")
    return False


def _nodes(
    builder: Builder, item: Declaration, pool: Flow, flow: Flow, parts: Mapping[str, Call], indicators: tuple[str, ...]
) -> str:
    """The trials and the fit; gives the node of the fit."""
    subsets = parts["subsets"]
    of_each: dict[str, Lowered] = {"finetune": parts["finetune"], "loss": parts["loss"], "seed": builder.seed}
    trials = subset_trials(builder, subsets.args, expect(int, subsets.args["count"]), of_each, pool, item.span)
    fit: dict[str, Lowered] = {
        "trials": tuple(trials),
        "indicators": indicators,
        "method": parts["least_squares"],
        "seed": builder.seed,
    }
    return builder.add("fit", (flow.node, *references(fit)), fit, None, "model", item.span)


def _sum(item: Declaration, indicators: Mapping[str, Expression]) -> Expression:
    """What a call of the rule means: `intercept + weight * indicator + …`."""

    def weight(name: str) -> Expression:
        said = Name((item.name,), item.name_span), Literal("text", name, item.name_span)
        given = tuple(Argument(None, one, item.name_span) for one in said)
        return Written("coefficient", given, item.name_span, item.name_span)

    total = weight("intercept")
    for name, value in indicators.items():
        total = Binary("+", total, Binary("*", weight(name), value, item.name_span), item.name_span)
    return total
