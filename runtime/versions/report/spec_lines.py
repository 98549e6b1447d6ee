"""The spec of a version, line by line: in colours, and with what became of rows at each line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tunec.runtime.versions.report.flow import Account


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a spec: its words, each with the kind that colours it, and what is told beside it."""

    number: int
    words: tuple[tuple[str, str], ...]
    rows: str
    dropped: int
    seconds: float | None


def lines_of(manifest: Mapping[str, Any], done: Iterable[Account]) -> dict[str, list[Line]]:
    """The lines of every file of the spec, by the file's name."""
    rows, dropped, seconds = _told(manifest, done)
    return {
        name: [
            Line(
                number,
                tuple(words),
                rows.get((name, number), ""),
                dropped.get((name, number), 0),
                seconds.get((name, number)),
            )
            for number, words in enumerate(_coloured(text), 1)
        ]
        for name, text in manifest["text"].items()
    }


def _told(
    manifest: Mapping[str, Any], done: Iterable[Account]
) -> tuple[dict[Any, str], dict[Any, int], dict[Any, float]]:
    rows: dict[Any, str] = {}
    dropped: dict[Any, int] = {}
    seconds: dict[Any, float] = {}
    for account in done:
        place = _line(account.place)
        if account.op == "concat" or place is None:
            continue
        rows[place] = f"{account.rows_out:,}" if not account.rows_in else f"{account.rows_in:,} → {account.rows_out:,}"
        if account.seconds is not None:
            seconds[place] = account.seconds
        for rule, count in account.rules.items():
            at = _line(manifest["rules"].get(account.node, {}).get(rule, {}).get("place", ""))
            if at is not None:
                dropped[at] = dropped.get(at, 0) + count
    for step in manifest["steps"]:
        # A training and an evaluation hand no rows on, and have a line all the same.
        if "nodes" not in step and "rows_in" in step:
            place = next((_line(n["place"]) for n in manifest["nodes"].values() if n["id"] == step["ids"][-1]), None)
            if place is not None:
                rows[place] = f"{step['rows_out']:,}"
    return rows, dropped, seconds


def _line(place: str) -> tuple[str, int] | None:
    name, _, rest = place.rpartition(":")
    name, _, number = name.rpartition(":")
    return (name, int(number)) if number.isdigit() and rest else None


def _coloured(text: str) -> list[list[tuple[str, str]]]:
    """The words of each line with the short names of their kinds (`k` keyword, `s` text, `c` comment, …)."""
    lines: list[list[tuple[str, str]]] = [[]]
    for kind, word in _words(text):
        for number, part in enumerate(word.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((kind, part))
    return lines[:-1] if lines and not lines[-1] else lines


def _words(text: str) -> list[tuple[str, str]]:
    lexer = _lexer()
    if lexer is None:
        return [("", text)]
    from pygments.token import STANDARD_TYPES

    return [(STANDARD_TYPES.get(kind, "")[:1], word) for kind, word in lexer.get_tokens(text)]


@cache
def _lexer() -> Any:
    """The lexer of specs, which the package registers with Pygments; None where it is not installed."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name("tune", stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None
