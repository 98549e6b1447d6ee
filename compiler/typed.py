"""Which types an operation takes, and the type of what it gives: one rule for the compiler and for the run.

The compiler knows the types of other columns, `meta.NAME`, only where it can look into the files; the run knows all.
"""

from __future__ import annotations

from collections.abc import Callable

from tunec.compiler.catalogue import Catalogue, Operator, Parameter
from tunec.compiler.lowered import Binary, Call, Conditional, Field, Let, Lowered, Range, Ref, Unary
from tunec.compiler.types import ANY, BOOL, FLOAT, INT, NONE, NUMBERS, RANGE, TEXT, Type, accepts
from tunec.dsl.record import record

#: Types whose values have an order.
_ORDERED = ("text", *NUMBERS, "money", "duration", "size", "date", "timestamp", "time", "timespan")
#: What is computed with.
_MEASURED = (*NUMBERS, "money", "duration", "size")


class Mismatch(Exception):
    """An operation cannot be computed with values of these types. `part` is what is wrong; `help` a way out."""

    def __init__(self, message: str, part: Lowered, help_: str = "") -> None:
        super().__init__(message)
        self.part = part
        self.help = help_


def comparable(sign: str, a: Type, b: Type) -> bool:
    """Whether values of two types can be compared with a sign."""
    equality = sign in ("==", "!=")
    names = {a.name, b.name}
    if "any" in names or (a.name in NUMBERS and b.name in NUMBERS):
        return True
    if equality and (NONE.name in names or names in ({"origin", "rows"}, {"bool", "text"})):
        return True
    if "mixed" in names or "origin" in names:
        return False
    return a == b and (equality or a.name in _ORDERED)


def way_out(*kinds: Type) -> str:
    """What to write where numbers stand as texts, or beside texts."""
    names = {kind.name for kind in kinds}
    if names & {"date", "timestamp", "time"} and "text" in names:
        return '`iso(…)` gives the text, such as "2026-03-01"'
    if names & {"text", "mixed"}:
        return "`number(…)` gives the number that a text says, and a missing value where it says none"
    return ""


def is_condition(kind: Type) -> bool:
    """Whether a value is true or false."""
    return kind in (BOOL, ANY)


def is_measured(kind: Type) -> bool:
    """Whether a value can be computed with."""
    return kind.name in (*_MEASURED, "any")


def fits(operator: Operator, parameter: Parameter, kind: Type, each: str | None) -> bool:
    """Whether a parameter that is computed from a row takes values of a type."""
    if parameter.name == each:
        return kind in (ANY, Type("list", TEXT))
    return accepts(parameter.type, kind)


@record
class Typed:
    """Types lowered expressions over rows whose columns have known types. `field` and `let` give those of a column."""

    catalogue: Catalogue
    field: Callable[[str], Type]
    let: Callable[[str], Type]

    def of(self, value: Lowered) -> Type:
        """The type of an expression. Raises Mismatch. A column without any value (`none`) fits everywhere."""
        match value:
            case Field():
                return _present(self.field(value.name))
            case Let():
                return _present(self.let(value.name))
            case Ref():
                return Type("rows")
            case Call():
                return self._call(value)
            case Unary():
                return self._unary(value)
            case Binary():
                return self._binary(value)
            case Conditional():
                return self._conditional(value)
            case Range():
                return RANGE
            case tuple():
                kinds = {self.of(item) for item in value}
                return Type("list", kinds.pop() if len(kinds) == 1 else ANY)
            case _:
                return constant_type(value)

    def _call(self, value: Call) -> Type:
        operator = self.catalogue.at(value.operator)
        for parameter in operator.parameters:
            given = value.args.get(parameter.name)
            if given is None or parameter.form == "value":
                continue
            kind = self.of(given)
            if not fits(operator, parameter, kind, value.each):
                said = f"`{parameter.name}` of `{operator.name}`: expected {wanted_as(parameter.type)}, found {kind}"
                raise Mismatch(said, given, way_out(kind) if parameter.type.name in NUMBERS else "")
        return operator.returns if value.each is None else Type("list", operator.returns)

    def _unary(self, value: Unary) -> Type:
        kind = self.of(value.operand)
        if value.op == "not":
            return self._condition("not", value.operand, kind)
        if not is_measured(kind):
            raise Mismatch(f"`-`: expected a number, found {kind}", value.operand, way_out(kind))
        return kind

    def _condition(self, sign: str, value: Lowered, kind: Type) -> Type:
        if not is_condition(kind):
            raise Mismatch(f"`{sign}`: expected true or false, found {kind}", value)
        return BOOL

    def _binary(self, value: Binary) -> Type:
        sign, left, right = value.op, self.of(value.left), self.of(value.right)
        if sign in ("and", "or"):
            self._condition(sign, value.left, left)
            return self._condition(sign, value.right, right)
        if sign in ("+", "-", "*", "/"):
            for part, kind in ((value.left, left), (value.right, right)):
                if not is_measured(kind):
                    raise Mismatch(f"`{sign}`: expected a number, found {kind}", part, way_out(kind))
            return INT if left == right == INT and sign != "/" else FLOAT
        if sign == "in":
            problem = outside(left, right)
            if problem:
                numeric = right == RANGE or right.item in (INT, FLOAT)
                part = value.left if right.name in ("range", "list") else value.right
                raise Mismatch(problem, part, way_out(left) if numeric else "")
        elif not comparable(sign, left, right):
            raise Mismatch(f"cannot compare {left} and {right} with `{sign}`", value, way_out(left, right))
        return BOOL

    def _conditional(self, value: Conditional) -> Type:
        self._condition("if", value.condition, self.of(value.condition))
        then, otherwise = self.of(value.then), self.of(value.otherwise)
        kind = either(then, otherwise)
        if kind is None:
            raise Mismatch(f"the two sides of `if` differ: {then} and {otherwise}", value)
        return kind


def outside(left: Type, right: Type) -> str:
    """Why nothing of a type can be in a range or a list; nothing where it can."""
    if right == RANGE:
        return "" if left.name in (*NUMBERS, "any") else f"a range contains numbers, but this is {left}"
    apart = right.item is not None and {left.name, right.item.name} == {"bool", "text"}
    if right.name == "list" and right.item is not None and (apart or not comparable("==", left, right.item)):
        return f"the list contains {right.item}, but this is {left}"
    return "" if right.name in ("list", "any") else f"`in`: expected a range or a list, found {right}"


def either(one: Type, other: Type) -> Type | None:
    """The type of one of two values; None where they have nothing in common."""
    names = {one.name, other.name}
    if one == other or other == NONE:
        return one
    if one == NONE:
        return other
    if names <= set(NUMBERS):
        return FLOAT
    return ANY if "any" in names else None


def _present(kind: Type) -> Type:
    return ANY if kind == NONE else kind


def wanted_as(kind: Type) -> str:
    """What a parameter wants, in words."""
    return {"text": "a text", "float": "a number", "int": "a whole number", "bool": "true or false"}.get(
        kind.name, str(kind)
    )


def constant_type(value: Lowered) -> Type:
    """The type of a value that is no expression."""
    if value is None:
        return NONE
    known = {bool: BOOL, int: INT, float: FLOAT, str: TEXT}
    return known.get(type(value), ANY)
