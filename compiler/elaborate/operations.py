"""Types and lowers operations: `not`, `and`, arithmetic, comparisons, `if`, `between`."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TypeAlias

from tunec.compiler import lowered
from tunec.compiler.elaborate.allowed import compared
from tunec.compiler.elaborate.builder import Builder, Flow, Value
from tunec.compiler.elaborate.columns import holds_truths
from tunec.compiler.typed import comparable, constant_type, outside, way_out
from tunec.compiler.types import ANY, BOOL, FLOAT, INT, NONE, NUMBERS, RANGE, TEXT, Type
from tunec.dsl.literals import LARGEST
from tunec.dsl.tree import Binary, Call, Expression, If, ListOf, Unary

#: Types and lowers an operand where the operation stands; None where something was wrong, and has been reported.
Lower: TypeAlias = Callable[[Expression], Value | None]


def between(builder: Builder, node: Call, of: Lower) -> Value | None:
    """`between(x, low, high)`: both ends included."""
    if len(node.arguments) != 3:
        builder.report("T202", "`between` takes three arguments: `between(x, low, high)`", node.span)
        return None
    values = [of(a.value) for a in node.arguments]
    if any(v is None for v in values):
        return None
    kinds = [v.type for v in values if v is not None]
    for kind, argument in zip(kinds[1:], node.arguments[1:], strict=True):
        if not comparable("<=", kinds[0], kind):
            message = f"cannot compare {kinds[0]} and {kind} with `between`"
            builder.report(
                "T206", message, argument.value.span, help=way_out(kinds[0], kind) if _is_column(values[0]) else ""
            )
            return None
    x, low, high = (v.lowered for v in values if v is not None)
    both = lowered.Binary("and", lowered.Binary(">=", x, low), lowered.Binary("<=", x, high))
    return Value(BOOL, both, row=any(v.row for v in values if v is not None))


def _operand(
    builder: Builder, node: Expression, value: Value | None, fits: Callable[[Type], bool], wanted: str, operator: str
) -> Value | None:
    """The value of an operand, where it is of a type that the operation takes."""
    if value is None:
        return None
    if value.type.name != "any" and not fits(value.type):
        help_ = _help(value) if wanted == "a number" else ""
        message = f"`{operator}`: expected {wanted}, found {value.type}"
        builder.report("T206", message, node.span, f"this is {value.type}", help=help_)
        return None
    return value


def _is_column(value: Value | None) -> bool:
    """Whether a value stands in the files, as those of `meta.NAME` do."""
    part = value.lowered if value is not None else None
    return isinstance(part, lowered.Let) or (isinstance(part, lowered.Field) and part.name.startswith("meta."))


def _may_say_so(builder: Builder, value: Value, flow: Flow | None) -> bool:
    """Whether a value stands in the files, where a text may say "true"; and says so, as far as that was seen."""
    part = value.lowered
    if not isinstance(part, lowered.Field) or flow is None:
        return _is_column(value)
    return _is_column(value) and holds_truths(builder, flow.node, part.name.removeprefix("meta."))


def _help(*values: Value) -> str:
    return way_out(*(value.type for value in values)) if any(map(_is_column, values)) else ""


def _is_bool(kind: Type) -> bool:
    return kind == BOOL


def _is_number(kind: Type) -> bool:
    return kind.name in (*NUMBERS, "money", "duration", "size")


def _of_rows(builder: Builder, node: Binary, left: Value, right: Value) -> bool:
    """Whether what is computed from a row is computed with numbers: rows hold no money and no durations."""
    for value, where in ((left, node.left), (right, node.right)):
        if (left.row or right.row) and not value.row and value.type.name in ("money", "duration", "size"):
            message = f"`{node.operator}`: expected a number, found {value.type}"
            builder.report("T206", message, where.span, f"this is {value.type}")
            return False
    return True


def unary(builder: Builder, node: Unary, of: Lower) -> Value | None:
    """`not` and the minus sign."""
    if node.operator == "not":
        value = _operand(builder, node.operand, of(node.operand), _is_bool, "true or false", "not")
        return value and Value(BOOL, lowered.Unary("not", value.lowered), value.row)
    value = _operand(builder, node.operand, of(node.operand), _is_number, "a number", "-")
    if value is None:
        return None
    if not value.row and isinstance(value.lowered, int | float):
        return Value(value.type, -value.lowered)
    return Value(value.type, lowered.Unary("neg", value.lowered), value.row)


def choice(builder: Builder, node: If, of: Lower) -> Value | None:
    """`if a then b else c`."""
    condition = _operand(builder, node.condition, of(node.condition), _is_bool, "true or false", "if")
    then, otherwise = of(node.then), of(node.otherwise)
    if condition is None or then is None or otherwise is None:
        return None
    kind = then.type
    if kind != otherwise.type:
        both = {kind.name, otherwise.type.name}
        if both <= set(NUMBERS):
            kind = FLOAT
        elif NONE.name in both:
            kind = otherwise.type if kind == NONE else kind
        elif "any" in both:
            kind = ANY
        else:
            message = f"`then` and `else` have different types: {then.type} and {otherwise.type}"
            builder.report("T206", message, node.span)
            return None
    chosen = lowered.Conditional(condition.lowered, then.lowered, otherwise.lowered)
    return Value(kind, chosen, condition.row or then.row or otherwise.row)


def binary(builder: Builder, node: Binary, of: Lower, flow: Flow | None) -> Value | None:
    """Logic, arithmetic and comparisons of two operands, of the rows of a flow where there are some."""
    sign, left, right = node.operator, of(node.left), of(node.right)
    if sign in ("and", "or"):
        left = _operand(builder, node.left, left, _is_bool, "true or false", sign)
        right = _operand(builder, node.right, right, _is_bool, "true or false", sign)
        kind = BOOL
    elif sign == "+" and left is not None and right is not None and _texts(left.type, right.type):
        return _joined(builder, left, right)
    elif sign in ("+", "-", "*", "/"):
        left = _operand(builder, node.left, left, _is_number, "a number", sign)
        right = _operand(builder, node.right, right, _is_number, "a number", sign)
        if left is not None and right is not None and (numbers := _numbers(left, right)) is not None:
            return _fold(builder, node, left, right, *numbers)
        if left is not None and right is not None and not _of_rows(builder, node, left, right):
            return None
        whole = left is not None and right is not None and left.type == right.type == INT and sign != "/"
        kind = INT if whole else FLOAT
    elif sign == "in":
        problem = outside(left.type, right.type) if left is not None and right is not None else ""
        if left is not None and right is not None and problem:
            where = node.left.span if right.type.name in ("range", "list") else node.right.span
            numeric = right.type == RANGE or right.type.item in (INT, FLOAT)
            builder.report("T206", problem, where, help=_help(left) if numeric else "")
            return None
        if left is not None and right is not None and not _listed(builder, left, right, node):
            return None
        kind = BOOL
    else:
        if left is not None and right is not None and not _comparable(builder, node, left, right, flow):
            return None
        kind = BOOL
    if left is None or right is None:
        return None
    return Value(kind, lowered.Binary(sign, left.lowered, right.lowered), left.row or right.row)


def _texts(left: Type, right: Type) -> bool:
    """Whether a sum is one of texts: beside a text, what a column of the files holds is read as text."""
    return left == right == TEXT or {left, right} == {TEXT, ANY}


def _joined(builder: Builder, left: Value, right: Value) -> Value:
    """`text + text` is `concat(text, text)`."""
    if isinstance(left.lowered, str) and isinstance(right.lowered, str):
        return Value(TEXT, left.lowered + right.lowered, folder=left.folder)
    operator = builder.catalogue.at("functions.concat")
    args = {"a": left.lowered, "b": right.lowered}
    return Value(TEXT, lowered.Call(operator.path, args), left.row or right.row)


def _listed(builder: Builder, left: Value, right: Value, node: Binary) -> bool:
    """Whether every item of a list is of a type that the value can be equal to."""
    items = right.lowered if isinstance(right.lowered, tuple) else ()
    written = node.right.items if isinstance(node.right, ListOf) else (node.right,) * len(items)
    for item, where in zip(items, written, strict=True):
        kind = RANGE if isinstance(item, lowered.Range) else constant_type(item)
        if kind == RANGE or not comparable("==", left.type, kind):
            help_ = "write `x in 1..3 or x == 5`" if kind == RANGE else ""
            builder.report("T206", f"the list contains {kind}, but this is {left.type}", where.span, help=help_)
            return False
    return compared(builder, left, right, node.right)


def _numbers(left: Value, right: Value) -> tuple[float, float] | None:
    a, b = lowered.number_of(left.lowered), lowered.number_of(right.lowered)
    return None if a is None or b is None else (a, b)


def _fold(builder: Builder, node: Binary, left: Value, right: Value, a: float, b: float) -> Value | None:
    if node.operator == "/" and b == 0:
        builder.report("T206", "division by zero", node.span)
        return None
    result = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[node.operator](a, b)
    if not math.isfinite(result) or (isinstance(result, int) and abs(result) > LARGEST):
        builder.report("T206", "the result is too large", node.span)
        return None
    kind = left.type if left.type == right.type and node.operator != "/" else FLOAT
    return Value(kind, result)


def _comparable(builder: Builder, node: Binary, left: Value, right: Value, flow: Flow | None) -> bool:
    a, b = left.type, right.type
    mixed = {a.name, b.name} == {"int", "share"} and left.row != right.row
    if mixed:
        message = "a count cannot be compared with a share: a share is a part of something, from 0% to 100%"
        builder.report("T206", message, node.span)
        return False
    apart = {a.name, b.name} == {"bool", "text"} and not any(_may_say_so(builder, one, flow) for one in (left, right))
    if comparable(node.operator, a, b) and not apart:
        sides = ((left, right, node.right), (right, left, node.left))
        return all(compared(builder, one, other, stated) for one, other, stated in sides)
    help_ = _help(left, right)
    if apart and help_:
        help_ = 'none of the values that were seen is "true" or "false"; texts are compared with texts: `== "yes"`'
    builder.report("T206", f"cannot compare {a} and {b} with `{node.operator}`", node.span, help=help_)
    return False
