"""Lowered values: what the expressions and arguments of a spec come to, as the graph holds them.

A constant stands for itself: a Python scalar, a tuple for a list, a mapping for what is given by name. What is computed
from a row, and what refers to something, is one of the classes below. In the graph's JSON each has a telling key:

    Field       {"field": "prompt"}                         a field of the row, `meta.NAME`, `id` or `origin`
    Let         {"let": "quality"}                          a column that a `let` named
    Ref         {"ref": ID}                                 another node: rows, a model, an embedder
    Call        {"call": "functions.words", "args": {…}}    an operator with its arguments
    Unary       {"op": "not" | "neg", "operand": …}
    Binary      {"op": "<=", "left": …, "right": …}
    Conditional {"if": …, "then": …, "else": …}
    Range       {"range": [3, 150]}                         both ends included, null where open
    Record      {"record": {…}}                             a record
    Rule        {"verb": "keep" | "drop", "when": …}        a statement of a `filter`
    Constraint  {"measure": "share", "of": …, "operator": "<=", "bound": 0.3}, or "in" with a range as its bound
    Stage       {"op": "stages.filter", "params": {…}}      a stage inside of a generation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from tunec.dsl.record import record

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Scalar: TypeAlias = bool | int | float | str | None
Lowered: TypeAlias = (
    "Scalar | tuple[Lowered, ...] | Mapping[str, Lowered] | Field | Let | Ref | Call | Unary | Binary | Conditional "
    "| Range | Record | Rule | Constraint | Stage"
)
Kind = TypeVar("Kind")


@record
class Field:
    """A field of the row."""

    name: str


@record
class Let:
    """A column that a `let` named."""

    name: str


@record
class Ref:
    """Another node of the graph, by its id."""

    node: str


@record
class Call:
    """An operator, by its path, with its arguments. `each` names the one that is a list of which it takes each item."""

    operator: str
    args: Mapping[str, Lowered]
    each: str | None = None

    @property
    def name(self) -> str:
        """The operator's name, as a spec writes it."""
        return self.operator.split(".")[-1]


@record
class Unary:
    """`not` or `neg`."""

    op: str
    operand: Lowered


@record
class Binary:
    """Logic, arithmetic, or a comparison."""

    op: str
    left: Lowered
    right: Lowered


@record
class Conditional:
    """`if condition then … else …`."""

    condition: Lowered
    then: Lowered
    otherwise: Lowered


@record
class Range:
    """Numbers between two ends, both included; None where it is open."""

    low: float | None
    high: float | None


@record
class Record:
    """A record that the spec writes. Its entries are not those of a row."""

    entries: Mapping[str, Lowered]


@record
class Rule:
    """A statement of a `filter`: `keep` or `drop`, and of which rows."""

    verb: str
    when: Lowered


@record
class Constraint:
    """A bound on the share or the count of rows of which something holds."""

    measure: str
    of: Lowered
    operator: str
    bound: float | Range

    @property
    def sides(self) -> tuple[tuple[str, float], ...]:
        """The bound as comparisons with one number each: two where it is a range."""
        if not isinstance(self.bound, Range):
            return ((self.operator, self.bound),)
        ends = ((">=", self.bound.low), ("<=", self.bound.high))
        return tuple((sign, end) for sign, end in ends if end is not None)


@record
class Stage:
    """A stage that runs inside of a generation, on every batch."""

    op: str
    params: Mapping[str, Lowered]


_PLAIN = frozenset((type(None), bool, int, float, str, Field, Let, Ref, Range))


def parts(value: Lowered) -> tuple[Lowered, ...]:
    """The values that a value consists of, in the order of its JSON; none of a constant, a name or a reference."""
    if type(value) in _PLAIN:  # most are, and rules look at all there are
        return ()
    match value:
        case None | bool() | int() | float() | str() | Field() | Let() | Ref() | Range():
            return ()
        case tuple():
            return value
        case Call(args=entries) | Record(entries=entries) | Stage(params=entries):
            return tuple(entries.values())
        case Unary():
            return (value.operand,)
        case Binary():
            return (value.left, value.right)
        case Conditional():
            return (value.condition, value.then, value.otherwise)
        case Rule():
            return (value.when,)
        case Constraint():
            return (value.of,)
        case _:
            return tuple(value.values())


def walk(value: Lowered) -> Iterator[Lowered]:
    """A value and all values in it, each before its parts, in the order of its JSON."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(parts(current))


def rebuilt(value: Lowered, change: Callable[[Lowered], Lowered]) -> Lowered:
    """A value with all values in it, the innermost first, replaced by what `change` makes of them."""

    def of(part: Lowered) -> Lowered:
        return rebuilt(part, change)

    match value:
        case None | bool() | int() | float() | str() | Field() | Let() | Ref() | Range():
            return change(value)
        case tuple():
            return change(tuple(of(item) for item in value))
        case Call():
            return change(Call(value.operator, rebuilt_entries(value.args, change), value.each))
        case Unary():
            return change(Unary(value.op, of(value.operand)))
        case Binary():
            return change(Binary(value.op, of(value.left), of(value.right)))
        case Conditional():
            return change(Conditional(of(value.condition), of(value.then), of(value.otherwise)))
        case Record():
            return change(Record(rebuilt_entries(value.entries, change)))
        case Rule():
            return change(Rule(value.verb, of(value.when)))
        case Constraint():
            return change(Constraint(value.measure, of(value.of), value.operator, value.bound))
        case Stage():
            return change(Stage(value.op, rebuilt_entries(value.params, change)))
        case _:
            return change(rebuilt_entries(value, change))


def rebuilt_entries(entries: Mapping[str, Lowered], change: Callable[[Lowered], Lowered]) -> dict[str, Lowered]:
    """As `rebuilt`, of values by name."""
    return {name: rebuilt(value, change) for name, value in entries.items()}


def references(value: Lowered) -> Iterator[str]:
    """The ids of the nodes that a value refers to, in order of appearance."""
    return (part.node for part in walk(value) if isinstance(part, Ref))


def fields(value: Lowered) -> Iterator[str]:
    """The fields of the row that a value reads; a finder is told which by name."""
    for part in walk(value):
        if isinstance(part, Field):
            yield part.name
        elif isinstance(part, Call) and part.operator.startswith("finders."):
            yield str(part.args.get("field", ""))


def calls(value: Lowered) -> Iterator[str]:
    """The paths of the operators that a value calls."""
    return (part.operator for part in walk(value) if isinstance(part, Call))


def _ref(node: str) -> Json:
    return {"ref": node}


def to_json(value: Lowered, ref: Callable[[str], Json] = _ref) -> Json:
    """The JSON of a value; `ref` writes the references."""

    def of(part: Lowered) -> Json:
        return to_json(part, ref)

    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [of(item) for item in value]
        case Field():
            return {"field": value.name}
        case Let():
            return {"let": value.name}
        case Ref():
            return ref(value.node)
        case Call():
            call: dict[str, Json] = {"call": value.operator, "args": entries_to_json(value.args, ref)}
            return call if value.each is None else {**call, "each": value.each}
        case Unary():
            return {"op": value.op, "operand": of(value.operand)}
        case Binary():
            return {"op": value.op, "left": of(value.left), "right": of(value.right)}
        case Conditional():
            return {"if": of(value.condition), "then": of(value.then), "else": of(value.otherwise)}
        case Range():
            return {"range": [value.low, value.high]}
        case Record():
            return {"record": entries_to_json(value.entries, ref)}
        case Rule():
            return {"verb": value.verb, "when": of(value.when)}
        case Constraint():
            measured = {"measure": value.measure, "of": of(value.of)}
            bound = value.bound if isinstance(value.bound, int | float) else of(value.bound)
            return {**measured, "operator": value.operator, "bound": bound}
        case Stage():
            return {"op": value.op, "params": entries_to_json(value.params, ref)}
        case _:
            return entries_to_json(value, ref)


def entries_to_json(entries: Mapping[str, Lowered], ref: Callable[[str], Json] = _ref) -> dict[str, Json]:
    """As `to_json`, of values by name."""
    return {name: to_json(value, ref) for name, value in entries.items()}


def from_json(document: Json) -> Lowered:
    """The value of a JSON document; one that `to_json` did not write may be another value than it looks like."""
    match document:
        case None | bool() | int() | float() | str():
            return document
        case {"field": str(name), **rest} if not rest:
            return Field(name)
        case {"let": str(name), **rest} if not rest:
            return Let(name)
        case {"ref": str(node), **rest} if not rest:
            return Ref(node)
        case {"call": str(path), "args": Mapping() as args, **rest}:
            each = rest.get("each")
            return Call(path, entries_from_json(args), each if isinstance(each, str) else None)
        case {"op": str(op), "operand": operand}:
            return Unary(op, from_json(operand))
        case {"op": str(op), "left": left, "right": right}:
            return Binary(op, from_json(left), from_json(right))
        case {"op": str(op), "params": Mapping() as params}:
            return Stage(op, entries_from_json(params))
        case {"if": condition, "then": then, "else": otherwise}:
            return Conditional(from_json(condition), from_json(then), from_json(otherwise))
        case {"range": [None | int() | float() as low, None | int() | float() as high]}:
            return Range(low, high)
        case {"record": Mapping() as entries, **rest} if not rest:
            return Record(entries_from_json(entries))
        case {"verb": str(verb), "when": when}:
            return Rule(verb, from_json(when))
        case {"measure": str(measure), "of": of, "operator": str(operator), "bound": bound}:
            return Constraint(measure, from_json(of), operator, _bound(from_json(bound)))
        case Mapping():
            return entries_from_json(document)
        case _:
            return tuple(from_json(item) for item in document)


def _bound(value: Lowered) -> float | Range:
    return value if isinstance(value, Range) else expect_number(value)


def entries_from_json(document: Mapping[str, Json]) -> dict[str, Lowered]:
    """As `from_json`, of values by name: the arguments of a node, whatever they are called."""
    return {name: from_json(value) for name, value in document.items()}


def expect(kind: type[Kind], value: Lowered) -> Kind:
    """The value, which is of that kind wherever the compiler has done its work; else a TypeError."""
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {value!r}")
    return value


def expect_optional(kind: type[Kind], value: Lowered) -> Kind | None:
    """The value, which is of that kind or None."""
    return None if value is None else expect(kind, value)


def expect_all(kind: type[Kind], value: Lowered) -> tuple[Kind, ...]:
    """The items of a list that are all of that kind."""
    return tuple(expect(kind, item) for item in expect_items(value))


def expect_items(value: Lowered) -> tuple[Lowered, ...]:
    """The items of the value, which is a list."""
    if not isinstance(value, tuple):
        raise TypeError(f"expected a list, got {value!r}")
    return value


def is_plain(value: Lowered) -> bool:
    """Whether a value, or each of a list, needs no computing."""
    plain = not isinstance(value, Unary | Binary | Conditional)
    return all(map(is_plain, value)) if isinstance(value, tuple) else plain


def number_of(value: Lowered) -> float | None:
    """The value where it is a number that is known; a whole one stays one."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def expect_number(value: Lowered) -> float:
    """The value, which is a number."""
    number = number_of(value)
    if number is None:
        raise TypeError(f"expected a number, got {value!r}")
    return number


def expect_entries(value: Lowered) -> Mapping[str, Lowered]:
    """The value, which is given by name."""
    if not isinstance(value, Mapping):
        raise TypeError(f"expected values by name, got {value!r}")
    return value


def shares_of(params: Mapping[str, Lowered]) -> tuple[tuple[str | Ref, float], ...]:
    """The shares of a `split` by name, or of a `mix` by rows; none where a mixture has another way to choose."""
    pairs = (expect_items(pair) for pair in expect_items(params.get("shares", ())))
    return tuple((key if isinstance(key, Ref) else expect(str, key), expect_number(share)) for key, share in pairs)
