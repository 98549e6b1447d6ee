"""Bounds on shares and counts, as they stand in `balance` and behind `check`: `share(meta.topic) <= 30%`."""

from __future__ import annotations

from tunec.compiler import lowered
from tunec.compiler.elaborate.builder import Builder, Flow
from tunec.compiler.elaborate.expressions import lower, report_reversed
from tunec.compiler.lowered import Lowered, number_of
from tunec.compiler.names import closest
from tunec.compiler.types import SHARE
from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Binary, Call, Expression, Literal, Name, Range, Stage, Statement

_MEASURES = ("share", "count")
#: What people call all rows, or parts of them where there are none.
_ALL = ("rows", "all", "train", "validation", "test")
_BOUNDS = ("<=", "<", ">=", ">", "==", "in")


def constraint_of(builder: Builder, statement: Statement, flow: Flow) -> Lowered | None:
    """Lower a bound on a share or a count; None where something was wrong (and has been reported)."""
    node = statement.value if isinstance(statement, Stage) else getattr(statement, "condition", None)
    left = node.left if isinstance(node, Binary) else node
    if isinstance(left, Call) and left.name not in _MEASURES and closest(left.name, _MEASURES) is not None:
        builder.unknown("measure", left.name, _MEASURES, left.name_span, "T103")
        return None
    if (
        not isinstance(node, Binary)
        or node.operator not in _BOUNDS
        or not isinstance(node.left, Call)
        or node.left.name not in _MEASURES
        or len(node.left.arguments) > 1
    ):
        message = "expected a bound on a share or a count"
        builder.report(
            "T207", message, statement.span, help="write `share(EXPR) <= 30%` or `count(EXPR) >= 500`, for example"
        )
        return None
    measure, arguments = node.left.name, node.left.arguments
    if measure == "share" and not arguments:
        builder.report("T202", "`share` needs a condition: `share(EXPR)`", node.left.span)
        return None
    of: Lowered = True
    if arguments:
        inner = arguments[0].value
        if arguments[0].name is not None:
            _named_measure(builder, measure, arguments[0], flow)
            return None
        if isinstance(inner, Name) and inner.text in flow.splits:
            of = lowered.Binary("==", lowered.Field("split"), inner.text)
        elif measure == "count" and isinstance(inner, Name) and _means_all(builder, inner, flow):
            message = f"unknown name `{inner.text}`: these rows are not split"
            builder.report("T101", message, inner.span, help="`count()` counts all rows")
            return None
        else:
            value = lower(builder, inner, flow)
            if value is None:
                return None
            if not value.row:
                message = f"`{measure}` needs a condition on the row, and this is the same for all rows"
                builder.report(
                    "T209", message, inner.span, help="`count()` counts all rows" if measure == "count" else ""
                )
                return None
            of = value.lowered
    bound = _bound(builder, measure, node.operator, node.right)
    return None if bound is None else lowered.Constraint(measure, of, node.operator, bound)


def _means_all(builder: Builder, name: Name, flow: Flow) -> bool:
    """Whether a name that nothing has stands for rows that a split would make, or for all of them."""
    if flow.splits or name.text not in _ALL or name.text in flow.lets or name.text in builder.field_types(flow):
        return False
    return builder.program.resolve(name.text, name.span.file) is None


def _bound(builder: Builder, measure: str, sign: str, node: Expression) -> float | lowered.Range | None:
    """What a measure is bounded by: a number, or behind `in` a range of them."""
    if sign != "in":
        return _limit(builder, measure, sign, node)
    if not isinstance(node, Range):
        return _named_range(builder, measure, node)
    ends = {sign: end for sign, end in ((">=", node.low), ("<=", node.high)) if end is not None}
    limits = {sign: _limit(builder, measure, sign, end) for sign, end in ends.items()}
    if None in limits.values():
        return None
    low, high = limits.get(">="), limits.get("<=")
    if low is not None and high is not None and low > high:
        report_reversed(builder, node, low, high)
        return None
    return lowered.Range(low, high)


def _named_range(builder: Builder, measure: str, node: Expression) -> lowered.Range | None:
    """A range that has a name: `const some = 5%..20%`."""
    value = lower(builder, node, None)
    if value is None:
        return None
    found = value.lowered
    ends = [end for end in (found.low, found.high) if end is not None] if isinstance(found, lowered.Range) else []
    fits = all(0 <= end <= 1 if measure == "share" else 0 <= end == int(end) for end in ends)
    if isinstance(found, lowered.Range) and fits:
        return found
    shown = "shares, such as `5%..20%`" if measure == "share" else "whole numbers of rows, such as `100..500`"
    builder.report("T206", f"expected a range of {shown}", node.span)
    return None


def _limit(builder: Builder, measure: str, sign: str, node: Expression) -> float | None:
    bound = lower(builder, node, None, SHARE)
    if bound is None:
        return None
    if bound.type.name not in ("share", "float", "int"):
        builder.report("T206", f"expected a number as the bound, found {bound.type}", node.span)
        return None
    limit = number_of(bound.lowered)
    if limit is None:
        builder.report("T209", "a bound needs a plain number; only arithmetic is computed beforehand", node.span)
        return None
    if measure == "count" and (bound.type.name == "share" or limit < 0 or limit != int(limit)):
        builder.report("T206", "a count is a whole number of rows, from 0", node.span)
        return None
    if measure == "share" and not 0 <= limit <= 1:
        builder.report("T206", "a share must be between 0% and 100%", node.span)
        return None
    if (sign == "<" and limit == 0) or (sign == ">" and measure == "share" and limit == 1):
        said = "below 0" if sign == "<" else "above 100%"
        builder.report("T206", f"a {measure} is never {said}", node.span)
        return None
    return limit


def _named_measure(builder: Builder, measure: str, argument: Argument, flow: Flow) -> None:
    """`count(origin: b)` says nothing: what is counted is a condition, `origin == b`."""
    where = argument.name_span or argument.span
    between = Span(where.file, where.end, argument.value.span.start)
    message = f"`{measure}` takes a condition, not an argument with a name"
    if argument.name in builder.field_types(flow) and isinstance(argument.value, Name | Literal):
        fix = Fix("write `==`", (Edit(between, " == "),), safe=False)
        builder.report("T204", message, argument.span, help=f"write `{measure}({argument.name} == …)`", fixes=(fix,))
        return
    name = Span(where.file, where.start, argument.value.span.start)
    fix = Fix(f"remove `{argument.name}:`", (Edit(name, ""),), safe=False)
    builder.report("T204", message, argument.span, help=f"remove `{argument.name}:`", fixes=(fix,))
