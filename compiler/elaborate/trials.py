"""Fine-tunes that a declaration tries: what each is made of, and the nodes of those of a stage that searches.

Each trial is a node of its own, so that a search stops and goes on between any two of them. A trial of sizes reads the
one before it, and so knows all losses so far; its node does not say how many there will be, so that more trials leave
those that were run as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder, Flow
from tunec.compiler.elaborate.expressions import bind_call
from tunec.compiler.lowered import Call, Lowered, Range, Ref, expect, references
from tunec.dsl.record import record
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Block, Stage, Statement
from tunec.dsl.tree import Call as Written

#: What a trial is made of: how a model is trained, and what is measured of it.
PARTS = ("finetune", "loss")
#: Proxies that a mixture needs beyond one for each term of its fit.
_SPARE = 3


@record
class Part:
    """One of the calls that a trial, or a fit, is made of."""

    operator: Operator
    call: Call
    span: Span


def part_of(builder: Builder, statement: Statement, found: dict[str, Part], wanted: Sequence[str], owner: str) -> bool:
    """Read a part of `owner` into those that were found; False where something was wrong (and has been reported)."""
    call = statement.value if isinstance(statement, Stage) and isinstance(statement.value, Written) else None
    operator = builder.catalogue.find("fitting", call.name) if call is not None and call.name in wanted else None
    if call is None or operator is None:
        name, where = (call.name, call.name_span) if call is not None else ("?", statement.span)
        builder.unknown(f"part of {owner}:", name, wanted, where, "T103")
        return False
    args = bind_call(builder, operator, call, None)
    if operator.name in found:
        builder.report("T102", f"{owner} has more than one `{operator.name}`", statement.span)
        return False
    if args is not None:
        found[operator.name] = Part(operator, Call(operator.path, args), call.span)
    return args is not None


def fits(builder: Builder, pool: Flow, finetune: Part) -> bool:
    """Whether what a model is trained on are rows that it can be trained on."""
    if pool.rows.value in finetune.operator.rows:
        return True
    wanted = " or ".join(finetune.operator.rows)
    builder.report("T203", f"`finetune` needs {wanted} rows, but these are {pool.rows} rows", finetune.span)
    return False


def searched(
    builder: Builder, name: str, args: Mapping[str, Lowered], block: Block | None, flow: Flow, span: Span
) -> tuple[Ref, ...] | None:
    """The trials of a stage that searches, `search` or `mix`; None where something was wrong, and has been reported."""
    found, fine = dict[str, Part](), True
    if not flow.node:  # inside of a generation
        builder.report("T207", f"`{name}` tries models on all rows at once; move it to a `dataset`", span)
        return None
    if block is None:
        message = f"`{name}` needs a block that says what a trial is: `{{ finetune(…)  loss(on: …) }}`"
        builder.report("T202", message, span)
        return None
    shares = [statement for statement in block.statements if isinstance(statement, Argument)]
    if shares:
        names = " and ".join(f"`{part}(…)`" for part in PARTS)
        message = (
            f"`{name}` finds {'the shares' if name == 'mix' else 'the size'} itself: its block holds {names} alone"
        )
        builder.report("T207", message, shares[0].span)
        return None
    for statement in block.statements:
        fine &= part_of(builder, statement, found, PARTS, f"a trial of `{name}`")
    if not fine:
        return None
    missing = [part for part in PARTS if part not in found]
    if missing:
        builder.report("T202", f"`{name}` has no `{missing[0]}(…)`, which a trial needs", block.span)
        return None
    if not fits(builder, flow, found["finetune"]):
        return None
    parts: dict[str, Lowered] = {part: found[part].call for part in PARTS}
    parts |= {"seed": builder.seed}
    return (_sizes if name == "search" else _proxies)(builder, args, parts, flow, span)


def _sizes(
    builder: Builder, args: Mapping[str, Lowered], parts: Mapping[str, Lowered], flow: Flow, span: Span
) -> tuple[Ref, ...] | None:
    """The trials of `search`, and the random ones beside them."""
    size, trials = expect(Range, args["size"]), expect(int, args["trials"])
    if size.low is None or size.low < 1 or any(end is not None and end != int(end) for end in (size.low, size.high)):
        builder.report("T201", "`size` of `search` is a range of whole numbers of rows, such as `500..10k`", span)
        return None
    if size.high is not None and size.high - size.low + 1 < trials:
        many = int(size.high - size.low + 1)
        builder.report("T201", f"there are only {many} sizes to try, fewer than {trials} trials", span)
        return None
    search, random = Call("stages.search", {"size": size, "by": args["by"]}), Call("select.random", {})
    tried, beside = list[Ref](), list[Ref]()
    for number in range(1, trials + 1):
        params: dict[str, Lowered] = {"search": search, "before": tried[-1] if tried else None, "number": number}
        tried.append(_trial(builder, "sized", {**params, **parts}, flow, span))
        if args["by"] != random:
            params = {"by": random, "of": tried[-1], "number": number}
            beside.append(_trial(builder, "beside", {**params, **parts}, flow, span))
    return (*tried, *beside)


def _proxies(
    builder: Builder, args: Mapping[str, Lowered], parts: Mapping[str, Lowered], flow: Flow, span: Span
) -> tuple[Ref, ...] | None:
    """The proxies of a mixture: subsets at random shares, as those of a fitted rule."""
    count, rows = expect(int, args["search"]), args["proxy_rows"]
    missing = [name for name in ("total", "proxy_rows") if args[name] is None]
    beside = [name for name in ("temperature", "unimax") if args[name] is not None]
    if missing:
        builder.report("T202", f"`mix(search: …)` needs the argument `{missing[0]}`", span)
        return None
    if beside or args["by"] != "rows":
        given = f"`{beside[0]}`" if beside else "`by: tokens`"
        builder.report("T201", f"`mix` searches for shares of rows, so {given} has no place beside `search`", span)
        return None
    sources = len(_leaves(builder, flow.node))
    terms = sources * (sources + 1) // 2
    if count < terms + _SPARE:
        message = f"a mixture of {sources} sources needs at least {terms + _SPARE} proxies, not {count}"
        builder.report("T201", message, span)
        return None
    return tuple(subset_trials(builder, {"rows": rows}, count, parts, flow, span))


def subset_trials(
    builder: Builder, subsets: Mapping[str, Lowered], count: int, parts: Mapping[str, Lowered], flow: Flow, span: Span
) -> list[Ref]:
    """Trials of subsets at random shares of the sources of rows."""
    # The last of so many subsets: those before it are the same however many there are.
    drawn = [Call("fitting.subsets", {**subsets, "count": number}) for number in range(1, count + 1)]
    return [_trial(builder, "trial", {"subset": subset, **parts}, flow, span) for subset in drawn]


def _trial(builder: Builder, op: str, params: Mapping[str, Lowered], flow: Flow, span: Span) -> Ref:
    return Ref(builder.add(op, (flow.node, *references(params)), params, None, "model", span))


def _leaves(builder: Builder, node: str) -> set[str]:
    """The sources and generations that rows come from."""
    seen, waiting, leaves = set[str](), [node], set[str]()
    while waiting:
        current = builder.nodes[waiting.pop()]
        if current.id in seen:
            continue
        seen.add(current.id)
        if current.op == "concat":
            waiting += current.inputs
        elif current.op == "generate" or not current.inputs:
            leaves.add(current.id)
        else:
            waiting.append(current.inputs[0])
    return leaves
