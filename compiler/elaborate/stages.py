"""Checks and lowers the stages of a `dataset` or `generate` block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder, Flow
from tunec.compiler.elaborate.constraints import constraint_of
from tunec.compiler.elaborate.expressions import bind_call, lower
from tunec.compiler.elaborate.lets import with_let
from tunec.compiler.elaborate.shares import shares_of
from tunec.compiler.elaborate.trials import searched
from tunec.compiler.lowered import Lowered, calls, references
from tunec.compiler.names import closest
from tunec.compiler.planning.order import COSTS, cost_of, key_of, ordered
from tunec.compiler.types import ANY, BOOL, CONTENT, FIELDS, MESSAGES, NONE, TEXT, Type
from tunec.compiler.wording import text_of, told_apart
from tunec.dsl.diagnostics import Label
from tunec.dsl.record import record
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Block, Call, Check, Keep, Let, Literal, Name, Stage, Statement


@record
class Staged:
    """A lowered stage: its operator, arguments and rules, and what it does to what is known of the rows."""

    op: str
    params: dict[str, Lowered]
    cost: str
    span: Span
    lets: Mapping[str, Type] = field(default_factory=dict)
    splits: tuple[str, ...] = ()
    rules: tuple[tuple[str, Span, str | None], ...] = ()  # canonical text, place, name given with `as`
    written: tuple[tuple[Lowered, Span], ...] = ()  # the rules as they are written, one for each statement


@dataclass(repr=False, eq=False)
class Order:
    """What has happened so far in a block, for the rules about the order of stages."""

    compared: Span | None = None  # the first `dedup` or `decontaminate`
    compared_by: str = ""
    split: Span | None = None
    balanced: Span | None = None


def lower_stage(
    builder: Builder, statement: Statement, flow: Flow, order: Order, beside: tuple[str, ...] = ()
) -> Staged | None:
    """Lower one statement of a block; None where something was wrong (and has been reported). `beside`: the kinds of
    operators that may stand beside the stages."""
    builder.flows[statement.span] = flow
    if isinstance(statement, Keep):
        help_ = f"write `filter {{ {statement.verb} … }}`"
        builder.report("T207", f"`{statement.verb}` is allowed only inside `filter`", statement.span, help=help_)
        return None
    if isinstance(statement, Argument):
        builder.report("T207", "an entry `name: value` is allowed only inside `split` or `mix`", statement.span)
        return None
    if isinstance(statement, Let):
        _check_split(builder, order, "let", statement.span)
        return _let(builder, statement, flow)
    if isinstance(statement, Check):
        return _check(builder, statement, flow)
    call = _as_call(builder, statement)
    if call is None:
        return None
    operator = builder.catalogue.find("stages", call.name)
    if operator is None:
        builder.unknown("stage", call.name, builder.catalogue.names("stages", *beside), call.name_span, "T103")
        return None
    _check_order(builder, operator, call, order, flow)
    if operator.rows and flow.rows.value not in operator.rows:
        _wrong_rows(builder, operator, flow, call.span)
        return None
    return _stage(builder, operator, call, flow)


def _as_call(builder: Builder, statement: Stage) -> Call | None:
    value = statement.value
    if isinstance(value, Call):
        return value
    if isinstance(value, Name) and len(value.parts) == 1:
        return Call(value.text, (), value.span, value.span, parenthesised=False)
    builder.report("T207", "expected a call of a stage, such as `shuffle()`", statement.span)
    return None


def _wrong_rows(builder: Builder, operator: Operator, flow: Flow, span: Span) -> None:
    wanted = " or ".join(operator.rows)
    builder.report("T203", f"`{operator.name}` needs {wanted} rows, but these are {flow.rows} rows", span)


def _stage(builder: Builder, operator: Operator, call: Call, flow: Flow) -> Staged | None:
    if operator.block == "fields":
        return _set(builder, operator, call, flow)
    call = _with_block(operator, call)
    args = bind_call(builder, operator, call, flow)
    block = call.block
    if operator.block == "none":
        if block is not None:
            builder.report("T207", f"`{operator.name}` takes no block", block.span)
            return None
        return None if args is None else _staged(builder, operator, args, call.span, flow)
    if operator.block == "trials" or (args is not None and args.get("search") is not None):
        if args is None or (tried := searched(builder, operator.name, args, block, flow, call.span)) is None:
            return None
        return _staged(builder, operator, {**args, "tried": tried}, call.span, flow)
    if block is None:
        wanted = {"rules": "rules", "constraints": "constraints", "shares": "shares"}[operator.block]
        if (
            operator.block == "shares"
            and args is not None
            and any(args.get(n) is not None for n in ("temperature", "unimax"))
        ):
            return _staged(builder, operator, args, call.span, flow)
        builder.report("T202", f"`{operator.name}` needs a block of {wanted}: `{operator.name} {{ … }}`", call.span)
        return None
    if operator.block == "shares":
        shares = shares_of(builder, operator, block, args)
        if shares is None or args is None:
            return None
        staged = _staged(builder, operator, {**args, "shares": shares}, call.span, flow)
        return replace(staged, splits=tuple(str(name) for name, _ in shares)) if operator.name == "split" else staged
    rules = _rules(builder, operator, block, flow)
    if args is None or rules is None:
        return None
    canonical = ordered((rule for rule, _, _ in rules), builder.catalogue)
    told = zip(canonical, told_apart(canonical, builder.catalogue), strict=True)
    texts = {key_of(rule, builder.catalogue): text_of(said, builder.catalogue) for rule, said in told}
    places = tuple((texts[key_of(rule, builder.catalogue)], span, label) for rule, span, label in rules)
    staged = _staged(builder, operator, {**args, "rules": canonical}, call.span, flow)
    return replace(staged, rules=places, written=tuple((rule, span) for rule, span, _ in rules))


def _with_block(operator: Operator, call: Call) -> Call:
    """A call whose shares stand among its arguments, `split(train: 90%, test: 10%)`, with them in its block."""
    parts = tuple(a for a in call.arguments if a.name is not None and operator.parameter(a.name) is None)
    shares = all(isinstance(a.value, Literal) and a.value.kind == "share" for a in parts)
    if operator.block != "shares" or call.block is not None or not parts or not shares:
        return call
    left = tuple(a for a in call.arguments if a not in parts)
    return replace(call, arguments=left, block=Block(parts, call.span))


def _staged(builder: Builder, operator: Operator, params: dict[str, Lowered], span: Span, flow: Flow) -> Staged:
    cost = max(operator.cost, cost_of(params, builder.catalogue), key=COSTS.index)
    inner = [builder.catalogue.at(c) for c in calls(params)]
    if operator.random or any(o.random for o in inner):
        params = {**params, "seed": builder.seed}
    lets = flow.lets
    for name, kind in operator.adds:
        if not _hides(builder, name, span, flow):
            lets = with_let(lets, name, kind)
    return Staged(operator.path, params, cost, span, lets, flow.splits)


def _rules(
    builder: Builder, operator: Operator, block: Block, flow: Flow
) -> list[tuple[Lowered, Span, str | None]] | None:
    rules: list[tuple[Lowered, Span, str | None]] = []
    rule: Lowered | None
    fine = True
    for statement in block.statements:
        if operator.takes_row_rules:
            rule = _row_rule(builder, operator, statement, flow)
        elif operator.block == "constraints":
            rule = constraint_of(builder, statement, flow)
        else:
            rule = _called_rule(builder, operator, statement, flow)
        if rule is None:
            fine = False
        else:
            rules.append((rule, statement.span, getattr(statement, "label", None)))
    if fine and not rules:
        builder.report("T202", f"the block of `{operator.name}` is empty", block.span)
        return None
    return rules if fine else None


def _row_rule(builder: Builder, operator: Operator, statement: Statement, flow: Flow) -> Lowered | None:
    if not isinstance(statement, Keep):
        help_ = "write `keep words(prompt) in 3..150`, for example"
        builder.report("T207", f"expected `keep …` or `drop …` inside `{operator.name}`", statement.span, help=help_)
        return None
    value = lower(builder, statement.condition, flow, BOOL)
    if value is None:
        return None
    if value.type not in (BOOL, Type("any")):
        where = statement.condition.span
        builder.report(
            "T206", f"`{statement.verb}`: expected true or false, found {value.type}", where, f"this is {value.type}"
        )
        return None
    if not value.row:
        message = f"`{statement.verb}`: this condition reads no field, so it is the same for all rows"
        builder.report("T206", message, statement.condition.span)
        return None
    return lowered.Rule(statement.verb, value.lowered)


def _called_rule(builder: Builder, operator: Operator, statement: Statement, flow: Flow) -> Lowered | None:
    kind = operator.name
    if not isinstance(statement, Stage) or not isinstance(statement.value, Call):
        names = ", ".join(f"`{n}(…)`" for n in builder.catalogue.names(kind))
        builder.report("T207", f"expected one of {names} inside `{kind}`", statement.span)
        return None
    call = statement.value
    rule = builder.catalogue.find(kind, call.name)
    if rule is None:
        builder.unknown(f"rule of `{kind}`:", call.name, builder.catalogue.names(kind), call.name_span, "T103")
        return None
    args = bind_call(builder, rule, call, flow)
    return None if args is None else lowered.Call(rule.path, args)


_SETTABLE = {"text": TEXT, "bool": BOOL, "list[text]": Type("list", TEXT)}  # the types of fields that can be set


def _set(builder: Builder, operator: Operator, call: Call, flow: Flow) -> Staged | None:
    fields: dict[str, Lowered] = {}
    for argument in call.arguments:
        name = argument.name or ""
        where = argument.name_span or argument.span
        settable = [field for field in CONTENT[flow.rows] if field not in (*MESSAGES.get(flow.rows, ()), "tools")]
        if name in (*CONTENT[flow.rows], *FIELDS[flow.rows]) and name not in settable:
            what = "holds messages or tools" if name in CONTENT[flow.rows] else "is computed from the row"
            help_ = "`normalize` and `mask` change the texts of turns; write a value of your own as `meta.NAME`"
            builder.report("T210", f"`{name}` {what} and cannot be set", where, help=help_)
            return None
        if name not in settable and not (name.startswith("meta.") and name.count(".") == 1):
            builder.unknown("field", name or "?", [*settable, "meta.NAME"], where, "T210")
            return None
        value = lower(builder, argument.value, flow)
        if value is None:
            return None
        wanted = _SETTABLE.get(FIELDS[flow.rows].get(name, ""), ANY)
        possible = (wanted, ANY) if name == "label" else (wanted, ANY, NONE)  # a rated row without a label is none
        if wanted != ANY and value.type not in possible:
            message = f"`{name}`: expected {wanted}, found {value.type}"
            builder.report("T206", message, argument.value.span, f"this is {value.type}")
            return None
        fields[name] = value.lowered
    return _staged(builder, operator, {"fields": fields}, call.span, flow)


def _let(builder: Builder, statement: Let, flow: Flow) -> Staged | None:
    if _hides(builder, statement.name, statement.name_span, flow):
        return None
    value = lower(builder, statement.value, flow)
    if value is None or builder.unread_behind(statement.span):
        return None
    operator = builder.catalogue.at("stages.let")
    params = {"name": statement.name, "value": value.lowered}
    staged = _staged(builder, operator, params, statement.span, flow)
    return replace(staged, lets=with_let(flow.lets, statement.name, value.type))


def _hides(builder: Builder, name: str, span: Span, flow: Flow) -> bool:
    """Whether a new column would hide what already has its name, which is reported."""
    hidden = name in builder.field_types(flow) or name in flow.lets
    if not hidden and builder.program.resolve(name, span.file) is None:
        return False
    what = "a field of the row" if hidden else "a declaration"
    builder.report("T104", f"`{name}` would hide {what}: choose a different name", span)
    return True


def _check(builder: Builder, statement: Check, flow: Flow) -> Staged | None:
    constraint = constraint_of(builder, statement, flow)
    if constraint is None:
        return None
    operator = builder.catalogue.at("stages.check")
    staged = _staged(builder, operator, {"promise": constraint}, statement.span, flow)
    return replace(staged, rules=((text_of(constraint, builder.catalogue), statement.span, None),))


def _check_split(builder: Builder, order: Order, name: str, span: Span) -> None:
    if order.split is not None:
        label = Label(order.split, "split here")
        message = f"only `repeat`, `shuffle` and `check` are allowed after `split`, not `{name}`"
        builder.report("T302", message, span, labels=(label,))


def _check_order(builder: Builder, operator: Operator, call: Call, order: Order, flow: Flow) -> None:
    name = operator.name
    if name not in ("repeat", "shuffle", "check"):
        _check_split(builder, order, name, call.span)
    writes = operator.block != "fields" or any(a.name in CONTENT[flow.rows] for a in call.arguments)
    if operator.changes_text and writes and order.compared is not None and name != "mask":
        label = Label(order.compared, "compared here, before the change")
        message = f"`{name}` changes text after `{order.compared_by}` has compared it"
        builder.report("T301", message, call.span, labels=(label,), help=f"move `{name}` above `{order.compared_by}`")
    if order.balanced is not None and name in (
        "filter", "verify", "dedup", "decontaminate", "novel", "select", "search", "limit",
    ):  # fmt: skip
        label = Label(order.balanced, "balanced here")
        builder.report(
            "T303",
            f"`{name}` drops rows after the shares were set, which may no longer hold",
            call.span,
            labels=(label,),
        )
    if name in ("dedup", "decontaminate") and order.compared is None:
        order.compared, order.compared_by = call.name_span, name
    if name == "split":
        order.split = call.name_span
    if name in ("balance", "mix"):
        order.balanced = call.name_span


def despite(builder: Builder, statement: Statement, flow: Flow) -> Flow:
    """What is known of the rows behind a stage with a mistake in it: the names that it gives."""
    if isinstance(statement, Let):
        return replace(flow, lets={**flow.lets, statement.name: ANY})
    call = statement.value if isinstance(statement, Stage) else None
    if not isinstance(call, Call):
        return flow
    stages = builder.catalogue.names("stages")
    meant = call.name if call.name in stages else closest(call.name, builder.compare(stages))
    stage = builder.catalogue.find("stages", meant) if meant is not None else None
    if stage is not None and stage.adds:  # `verify` gives `pass_rate`
        flow = replace(flow, lets={**flow.lets, **dict(stage.adds)})
    if call.block is not None and call.name != "mix":
        parts = [entry.name for entry in call.block.statements if isinstance(entry, Argument) and entry.name]
        return replace(flow, splits=tuple(dict.fromkeys((*flow.splits, *parts))))
    return flow


def add_stage(builder: Builder, staged: Staged, flow: Flow) -> Flow:
    """Add the node of a lowered stage behind a flow."""
    inputs = (flow.node, *references(staged.params))
    node = builder.add(staged.op, inputs, staged.params, flow.rows, staged.cost, staged.span)
    register_rules(builder, node, staged)
    return Flow(node, flow.rows, staged.lets, staged.splits)


def register_rules(builder: Builder, node: str, staged: Staged) -> None:
    """Note the places and given names of a stage's rules under its node."""
    builder.written.setdefault(node, staged.written)
    for text, span, label in staged.rules:
        builder.rule_spans.setdefault((node, text), span)
        if label:
            builder.labels[node, text] = label
