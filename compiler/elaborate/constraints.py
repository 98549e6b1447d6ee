"""Bounds on shares and counts, as they stand in `balance` and behind `check`: `share(meta.topic) <= 30%`."""

from __future__ import annotations

from tunec.compiler import lowered
from tunec.compiler.elaborate.builder import Builder, Flow
from tunec.compiler.elaborate.expressions import lower
from tunec.compiler.lowered import Lowered, number_of
from tunec.compiler.names import closest
from tunec.compiler.types import SHARE
from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Binary, Call, Literal, Name, Stage, Statement

_MEASURES = ("share", "count")
_BOUNDS = ("<=", ">=", "==")


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
        else:
            value = lower(builder, inner, flow)
            if value is None:
                return None
            if not value.row:
                message = f"`{measure}` needs a condition on the row, and this is the same for all rows"
                builder.report("T209", message, inner.span)
                return None
            of = value.lowered
    bound = lower(builder, node.right, None, SHARE)
    if bound is None:
        return None
    if bound.type.name not in ("share", "float", "int"):
        builder.report("T206", f"expected a number as the bound, found {bound.type}", node.right.span)
        return None
    limit = number_of(bound.lowered)
    if limit is None:
        builder.report("T209", "a bound needs a plain number; only arithmetic is computed beforehand", node.right.span)
        return None
    if measure == "count" and (bound.type.name == "share" or limit < 0 or limit != int(limit)):
        builder.report("T206", "a count is a whole number of rows, from 0", node.right.span)
        return None
    if measure == "share" and not 0 <= limit <= 1:
        builder.report("T206", "a share must be between 0% and 100%", node.right.span)
        return None
    return lowered.Constraint(measure, of, node.operator, limit)


def _named_measure(builder: Builder, measure: str, argument: Argument, flow: Flow) -> None:
    """`count(origin: b)` says nothing: what is counted is a condition, `origin == b`."""
    where = argument.name_span or argument.span
    between = Span(where.file, where.end, argument.value.span.start)
    fix = Fix("write `==`", (Edit(between, " == "),), safe=False)
    message = f"`{measure}` takes a condition, not an argument with a name"
    help_ = f"write `{measure}({argument.name} == …)`"
    fits = argument.name in builder.field_types(flow) and isinstance(argument.value, Name | Literal)
    builder.report("T204", message, argument.span, help=help_, fixes=(fix,) if fits else ())
