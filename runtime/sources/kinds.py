"""What the values of a column are, in words, and which of them no one type holds together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from itertools import islice
from typing import Any

from tunec.dsl.record import record
from tunec.runtime.base.digits import Digits
from tunec.runtime.sources.shapes import DEEPEST, EXACT, WIDEST, shape_of
from tunec.runtime.text.nanoseconds import Finer

#: The digits that a decimal may have, as Arrow and Polars have decimals.
MOST_DIGITS = 38
#: Fields of a column whose values do not agree are told up to this many.
_TOLD = 3
_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "true or false"), (int, "number"), (float, "number"), (str, "text"), (dict, "object"), (list, "list"),
    (datetime, "timestamp"), (date, "date"), (clock, "time"), (timedelta, "timespan"), (Decimal, "decimal"),
    (bytes, "bytes"),
)  # fmt: skip
_ALIKE = ("timestamp", "timestamp with a zone", "date", "time", "timespan", "decimal", "bytes")


@record
class Kind:
    """Values of one kind: what they are, how many, and the row of the first. `field` is where in the column they stand:
    `.score` of objects, `[]` for the items of lists, nothing for the values themselves."""

    field: str
    name: str
    count: int
    row: int


def kinds_of(values: Sequence[Any]) -> list[Kind]:
    """The kinds of the values of a column that no one type holds, where it is that they do not agree."""
    pairs = [(row, value) for row, value in enumerate(values) if value is not None]
    return [kind for kinds in islice(_apart("", pairs, 0), _TOLD) for kind in kinds]


def in_words(kinds: Sequence[Kind], column: str, locate: Callable[[int], str]) -> str:
    """Kinds with their counts and the location of the first of each."""
    said: dict[str, list[str]] = {}
    for kind in kinds:
        told = f"{kind.name} {kind.count:,} times (first at {locate(kind.row)})"
        said.setdefault(kind.field, []).append(told)
    return "; ".join((f"`meta.{column}{field}`: " if field else "") + ", ".join(told) for field, told in said.items())


def _apart(field: str, pairs: Sequence[tuple[int, Any]], depth: int) -> Iterator[list[Kind]]:
    """The fields whose values do not agree. `pairs` are values with the rows that they stand in."""
    types = {type(value) for _, value in pairs}
    inner: list[tuple[str, list[tuple[int, Any]]]] = []
    if depth < DEEPEST and types == {list}:
        inner = [(f"{field}[]", [(row, item) for row, value in pairs for item in value if item is not None])]
    elif depth < DEEPEST and types == {dict}:
        names = dict.fromkeys(name for _, value in pairs for name in value)
        some = names if len(names) <= WIDEST else ()
        inner = [(f"{field}.{n}", [(row, v[n]) for row, v in pairs if v.get(n) is not None]) for n in some]
    found = False
    for name, within in inner:
        values = [value for _, value in within]
        if shape_of(values, depth + 1) is None and not _agree(values):
            found = True
            yield from _apart(name, within, depth + 1)
    if not found:
        yield _counted(field, pairs)


def _agree(values: Sequence[Any]) -> bool:
    """Whether values are dates or the like of one kind, which have no shape, and do not stand in each other's way."""
    return len({_finer(v) if isinstance(v, Decimal) else _name(v) for v in values}) == 1 and _name(values[0]) in _ALIKE


def _counted(field: str, pairs: Sequence[tuple[int, Any]]) -> list[Kind]:
    names = [_name(value) for _, value in pairs]
    if len(set(names)) == 1:
        names = [_finer(value) for _, value in pairs]
    first: dict[str, int] = {}
    counts: dict[str, int] = {}
    for (row, _), name in zip(pairs, names, strict=True):
        first.setdefault(name, row)
        counts[name] = counts.get(name, 0) + 1
    return [Kind(field, name, counts[name], first[name]) for name in first]


def _name(value: Any) -> str:
    """What a value is."""
    if value != value:
        return "NaN, a missing value,"
    if type(value) is int and not -(2**63) <= value < 2**63:
        return "integer beyond 64 bits"
    if isinstance(value, Digits):
        return f"{'integer' if value.is_whole else 'fractional number'} beyond 64 bits"
    if isinstance(value, Finer):
        return value.kind
    if isinstance(value, datetime) and value.tzinfo is not None:
        return "timestamp with a zone"
    return next((name for kind, name in _NAMES if isinstance(value, kind)), type(value).__name__)


def _finer(value: Any) -> str:
    """What tells a value from others of the same name."""
    if type(value) is int and -(2**63) <= value < 2**63:
        return "integer" if abs(value) <= EXACT else "integer beyond 53 bits"
    if type(value) is float:
        return "fractional number"
    if isinstance(value, Decimal):
        digits, places = len(value.as_tuple().digits), -int(value.as_tuple().exponent)
        return f"decimal of {digits} digits" if digits > MOST_DIGITS else f"decimal with {places} places"
    if isinstance(value, Finer):
        return f"{value.kind} with nanoseconds"
    if isinstance(value, dict):
        return "object" if value else "object without keys"
    return _name(value)
