"""What `vary` came to: the evaluations of all variants of a spec, side by side in one table for each measure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Any

from tunec.compiler.graph import Graph
from tunec.compiler.lowered import expect_items
from tunec.compiler.wording import named_text, node_names
from tunec.runtime.base.method import Reading
from tunec.runtime.models.comparing import difference
from tunec.runtime.versions.publication import Publication
from tunec.runtime.versions.report.charts import Chart, intervals
from tunec.runtime.versions.scores import Table, number, verdict


@dataclass(frozen=True, slots=True)
class Measured:
    """The readings of one measure in one variant, by the names of the models. `variant` holds the labels of the varied
    names, in the order of the spec."""

    variant: Mapping[str, str]
    readings: Mapping[str, Reading]


def variants_of(publication: Publication) -> list[dict[str, Any]]:
    """For each measure of each evaluation that has variants a table: the number of every model in every variant, and
    its difference from the first item of the first varied name, all else being equal."""
    graph = publication.graph
    evaluations: dict[str, list[str]] = {}
    for name in publication.targets:
        target = graph.targets[name]
        if target.kind == "evaluate" and target.variant:
            evaluations.setdefault(target.declared, []).append(name)
    found = []
    for declared, names in evaluations.items():
        calls = expect_items(graph.node(graph.targets[names[0]].node).params["measures"])
        read = {name: _read(publication, name) for name in names}
        for place, call in enumerate(calls):
            text = named_text(call, publication.catalogue, node_names(graph, declared=True))
            of = [Measured(variant, read[name][place]) for name, variant in _every([*names], graph)]
            found.append({"evaluation": declared, "measure": text, **compared(of)})
    return found


def _every(names: Sequence[str], graph: Graph) -> Iterator[tuple[str, dict[str, str]]]:
    """The targets of a declaration with the variants that they are of: one that does not depend on a varied name is the
    same for each of its items."""
    told = [dict(graph.targets[name].variant) for name in names]
    varied = sorted({key for of in told for key in of}, key=[*graph.params].index)
    labels = {key: list(dict.fromkeys(of[key] for of in told if key in of)) for key in varied}
    for name, of in zip(names, told, strict=True):
        for chosen in product(*([of[key]] if key in of else labels[key] for key in varied)):
            yield name, dict(zip(varied, chosen, strict=True))


def _read(publication: Publication, name: str) -> list[dict[str, Reading]]:
    """The readings of an evaluation: for each measure those of the models."""
    target = publication.graph.targets[name]
    folder = publication.results.folder(target.node)
    scores, items = (json.loads((folder / f"{file}.json").read_text("utf-8")) for file in ("scores", "items"))
    return [
        {
            model: Reading(numbers, score["compared"], {i: (a, b) for i, (a, b) in pairs.items()}, score["lower"])
            for model, numbers, pairs in zip(target.names, score["models"], of_models, strict=True)
        }
        for score, of_models in zip(scores, items, strict=True)
    ]


def compared(measured: Sequence[Measured]) -> dict[str, Any]:
    """The rows of a table: each model in each variant, with its difference from the first item of the first name."""
    reading = next(iter(measured[0].readings.values()))
    first, *others = measured[0].variant
    start = measured[0].variant[first]
    rows: list[dict[str, Any]] = []
    for model in measured[0].readings:
        of = [(one.variant, one.readings[model]) for one in measured if model in one.readings]
        if all(other.numbers == of[0][1].numbers for _, other in of):  # it depends on nothing that varies
            rows.append({"variant": {}, "model": model, **_numbers(of[0][1])})
            continue
        beside = {tuple(v[o] for o in others): r for v, r in of if v[first] == start}
        pairs = [(v, r, beside.get(tuple(v[o] for o in others)) if v[first] != start else None) for v, r in of]
        rows += [{"variant": dict(v), "model": model, **_numbers(r), **_apart(b, r)} for v, r, b in pairs]
        if others:
            rows += _over_others(model, first, pairs)
    return {"compared": reading.compared, "lower": reading.lower, "from": f"{first}={start}", "rows": rows}


def _numbers(reading: Reading) -> dict[str, Any]:
    numbers = reading.numbers
    return {"value": numbers.get(reading.compared), "low": numbers.get("low"), "high": numbers.get("high")}


def _apart(before: Reading | None, after: Reading) -> dict[str, Any]:
    found = difference(before, after) if before is not None else None
    return {} if found is None else {"difference": found}


def _over_others(
    model: str, first: str, pairs: Sequence[tuple[Mapping[str, str], Reading, Reading | None]]
) -> Iterator[dict[str, Any]]:
    """The mean over the variants that have an item of the first varied name in common, such as those of several seeds:
    of every item of data the mean is taken, and the means are compared. `apart` holds the lowest and the highest
    difference of single variants."""
    for label in dict.fromkeys(variant[first] for variant, _, _ in pairs):
        of = [(after, before) for variant, after, before in pairs if variant[first] == label]
        mean = _mean(after for after, _ in of)
        row: dict[str, Any] = {"variant": {first: label}, "model": model, "runs": len(of)}
        row |= {"value": fmean(after.numbers[after.compared] for after, _ in of)}
        before = [one for _, one in of if one is not None]
        if before and len(before) == len(of):
            row |= _apart(_mean(before), mean)
            single = [d["difference"] for after, one in of if one is not None and (d := difference(one, after))]
            row |= {"apart": [min(single), max(single)]} if single else {}
        yield row


def _mean(readings: Iterable[Reading]) -> Reading:
    """The mean of every item over readings of the same items."""
    import numpy as np

    every = [*readings]
    shared = [key for key in every[0].items if all(key in one.items for one in every)]
    values = np.array([[one.items[key] for key in shared] for one in every], dtype=np.float64)
    means = values.mean(axis=0) if shared else np.empty((0, 2))
    items = {key: (float(a), float(b)) for key, (a, b) in zip(shared, means, strict=True)}
    return Reading({}, every[0].compared, items, every[0].lower)


def table_of(measured: Mapping[str, Any]) -> Table:
    """The table of a measure in all variants."""
    compared = str(measured["compared"]).replace("_", " ")
    rows = [_cells(row) for row in measured["rows"]]
    told = f"{compared}, less is better" if measured["lower"] else compared
    columns = ("", "model", compared, "95 % interval", f"difference from {measured['from']}")
    return Table(f"{measured['evaluation']}: {measured['measure']}", told, columns, tuple(rows), ())


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    said = _said(row)
    if row.get("runs"):
        said += f", mean of {row['runs']}"
    interval = f"{number(row['low'])} to {number(row['high'])}" if row.get("low") is not None else ""
    apart = verdict(row.get("difference"))
    if row.get("apart"):
        apart += f"; single {row['apart'][0]:+.4g} to {row['apart'][1]:+.4g}"
    return said, row["model"], number(row["value"]), interval, apart


def _said(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={label}" for name, label in row["variant"].items()) or "all variants"


def chart_of(measured: Mapping[str, Any]) -> Chart | None:
    """The number of every variant, in its interval."""
    rows = [row for row in measured["rows"] if row.get("low") is not None]
    labels = [f"{row['model']} · {_said(row)}" for row in rows]
    title = f"{str(measured['compared']).replace('_', ' ')}, with 95 % intervals"
    return intervals(title, labels, [(row["low"], row["value"], row["high"]) for row in rows]) if rows else None
