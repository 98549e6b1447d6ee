"""The scores of an evaluation as a table: the models side by side, with intervals and differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Of models beside the first, no more are compared with one another.
MOST = 4


@dataclass(frozen=True, slots=True)
class Table:
    """The scores of one measure. `told` is what is the same for all models, `rows` hold texts under `columns`; `pairs`
    are the differences between models of which none is the first."""

    measure: str
    told: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    pairs: tuple[str, ...]


def table(score: Mapping[str, Any]) -> Table:
    """The table of a measure, as it stands in a published evaluation."""
    models: Mapping[str, Mapping[str, Any]] = score["models"]
    compared, first = score.get("compared", ""), next(iter(models))
    differences = score.get("differences", [])
    names = dict.fromkeys(k for numbers in models.values() for k, v in numbers.items() if isinstance(v, int | float))
    plain = [name for name in names if not name.endswith("low") and not name.endswith("high") and name != compared]
    same = [name for name in plain if _is_same(models, name)]
    others = [name for name in plain if name not in same]
    shown = [*([compared] if compared else []), *others]
    columns = ["", *(name.replace("_", " ") for name in shown)]
    if compared:
        columns.insert(2, "95 % interval")
    if differences:
        columns.append(f"difference from {first}")
    rows = []
    for model, numbers in models.items():
        found = next((d for d in differences if d["first"] == first and d["second"] == model), None)
        rows.append([*_cells(model, numbers, shown, compared), *([verdict(found)] if differences else [])])
        origins = numbers.get("by_origin", {})
        for origin, part in origins.items() if len(origins) > 1 else ():
            rows.append([*_cells(f"  {origin}", part, shown, compared), *([""] if differences else [])])
    numbers = models[first]
    direction = [f"{compared.replace('_', ' ')}, less is better"] if score.get("lower") else []
    told = ", ".join([*direction, *(f"{name.replace('_', ' ')} {number(numbers[name])}" for name in same)])
    pairs = [d for d in differences if d["first"] != first][: MOST * (MOST - 1) // 2]
    between = tuple(f"{d['second']} from {d['first']}: {verdict(d)}" for d in pairs)
    return Table(score["measure"], told, tuple(columns), tuple(map(tuple, rows)), between)


def against_random(score: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each model with a control beside it (`select(…, control: random)`): whether the chosen rows are
    better than as many random ones."""
    what = str(score.get("compared", "")).replace("_", " ")
    for found in score.get("differences", ()):
        first, second = found["first"], found["second"]
        if second != f"{first}.control":
            continue
        said = {
            "first": "the chosen rows are better than random ones",
            "second": "the chosen rows are WORSE than random ones",
        }.get(found["better"], "the chosen rows are no better than random ones")
        # The interval is that of chosen less random.
        low, high = -found["high"], -found["low"]
        yield f"{first}: {said}: {what} {-found['difference']:+.4g} ({low:+.4g} to {high:+.4g})"


def _is_same(models: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    values = [numbers.get(name) for numbers in models.values()]
    return all(value == values[0] for value in values) and (len(values) > 1 or isinstance(values[0], int))


def _cells(name: str, numbers: Mapping[str, Any], shown: Sequence[str], compared: str) -> list[str]:
    cells = [name, *(number(numbers.get(key)) for key in shown)]
    if compared:
        cells.insert(2, f"{number(numbers.get('low'))} to {number(numbers.get('high'))}")
    return cells


def verdict(found: Mapping[str, Any] | None) -> str:
    """A measured difference of two models: the number, its interval, and what it shows."""
    if found is None:
        return ""
    verdict = {"second": "better", "first": "worse"}.get(found["better"], "not shown")
    return f"{found['difference']:+.4g} ({found['low']:+.4g} to {found['high']:+.4g}), {verdict}"


def number(value: Any) -> str:
    """A number as people read it."""
    if not isinstance(value, int | float):
        return "—"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def lines(of: Table) -> Iterator[str]:
    """The table as lines of a terminal."""
    yield f"{of.measure}{'   ' + of.told if of.told else ''}"
    widths = [max(len(row[place]) for row in (of.columns, *of.rows)) for place in range(len(of.columns))]
    last = len(widths) - 1
    for row in (of.columns, *of.rows):
        cells = [
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(cells)).rstrip()
    yield from (f"  {pair}" for pair in of.pairs)
