"""Lines that are an object of JSON each, as records; what is none is told with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tunec.runtime.base.digits import loads
from tunec.runtime.sources.reading import (
    DEEPEST,
    HALF,
    Begin,
    Item,
    Record,
    Unreadable,
    called,
    is_deep,
    is_whole,
    twice_in,
)


def records_of(lines: Iterable[tuple[int, str | Unreadable | Begin]]) -> Iterator[Item]:
    """The records in numbered lines, none of which is blank."""
    for number, line in lines:
        if not isinstance(line, str):
            yield line
            continue
        if line.count("[") + line.count("{") > DEEPEST and is_deep(line):
            yield Unreadable(number, f"nested more than {DEEPEST} deep", line)
            continue
        try:
            value: Any = loads(line)
        except ValueError as error:
            yield Unreadable(number, f"not valid JSON: {error}", line)
            continue
        if HALF.search(line) and not is_whole(value):
            yield Unreadable(number, "half a character, as if a text was cut in two", line)
        elif isinstance(value, dict) and (key := twice_in(line, value)) is not None:
            yield Unreadable(number, f"has the key `{key}` twice", line)
        elif isinstance(value, dict):
            yield Record(number, value)
        elif isinstance(value, list):
            yield Unreadable(number, "not an object but a list; a file that is one array is read by `json`", line)
        else:
            yield Unreadable(number, f"not an object but {called(value)}", line)


def lines_in(text: str, first: int) -> list[tuple[int, str]]:
    """The lines of a text that are not blank, the first of all lines with this number."""
    lines = enumerate(text.split("\n"), first)
    return [(number, line.rstrip("\r")) for number, line in lines if line.strip()]


def are_objects(text: str) -> bool:
    """Whether a text has several lines and the first of them is an object of JSON: the files that many tools write
    under the name of `.json`."""
    first, _, rest = text.lstrip().partition("\n")
    if not first.startswith("{") or not rest.strip():
        return False
    try:
        return isinstance(loads(first), dict)
    except ValueError:
        return False
