"""A published evaluation: the numbers of models, by measure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tunec.compiler.lowered import Json, expect_items
from tunec.compiler.wording import named_text, node_names
from tunec.runtime.versions.contaminated import statements
from tunec.runtime.versions.contents import canonical_indented
from tunec.runtime.versions.kind import Measured, TargetKind
from tunec.runtime.versions.publication import Publication
from tunec.runtime.versions.scores import against_random, lines, table


def _write(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    graph = publication.graph
    target = graph.targets[name]
    step = publication.results.folder(target.node)
    scores = json.loads((step / "scores.json").read_text(encoding="utf-8"))
    calls = expect_items(graph.node(target.node).params["measures"])
    measures = [named_text(call, publication.catalogue, node_names(graph)) for call in calls]
    origins = {publication.results.origin(i): n[0] for i, n in graph.origins.items()}
    named: list[Json] = [
        {
            "measure": measure,
            "models": {m: _renamed(v, origins) for m, v in zip(target.names, s["models"], strict=True)},
            "compared": s["compared"],
            "lower": s["lower"],
            "differences": [
                {**d, **{side: target.names[d[side]] for side in ("first", "second")}} for d in s["differences"]
            ],
        }
        for measure, s in zip(measures, scores, strict=True)
    ]
    path = folder / KIND.place(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(canonical_indented(named), encoding="utf-8")
    return {}


def _renamed(numbers: dict[str, Json], origins: Mapping[str, str]) -> dict[str, Json]:
    by_origin = numbers.get("by_origin")
    if not isinstance(by_origin, Mapping):
        return numbers
    return {**numbers, "by_origin": {origins.get(origin, origin): number for origin, number in by_origin.items()}}


def _scores(folder: Path, name: str) -> list[dict[str, Any]]:
    scores: list[dict[str, Any]] = json.loads((folder / KIND.place(name)).read_text(encoding="utf-8"))
    return scores


def _numbers(folder: Path, name: str) -> dict[Measured, float]:
    return {
        (score["measure"], model, key): value
        for score in _scores(folder, name)
        for model, numbers in score["models"].items()
        for key, value in numbers.items()
        if isinstance(value, int | float)
    }


def _summary(folder: Path, name: str) -> Iterator[str]:
    """Tables and sentences; of a variant only sentences, because the numbers of all variants are in one table."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    varied = bool(manifest["targets"][name].get("variant"))
    scores = _scores(folder, name)
    said = [line for score in scores for line in _about(score, varied)]
    said += [f"  {line}" for line in statements(manifest, name, scores)]
    if said:
        yield name
        yield from said


def _about(score: Mapping[str, Any], varied: bool) -> Iterator[str]:
    if not varied:
        yield from (f"  {line}" for line in lines(table(score)))
    measure = f"{score['measure']}: " if varied else ""
    yield from (f"    {measure}{line}" for line in against_random(score))


def _report(folder: Path, name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """For each measure the models side by side, and in a chart with their intervals; and what is known of the
    contamination of the models and of their rows."""
    from tunec.runtime.versions.report.scores import chart_of

    scores = _scores(folder, name)
    tables = [
        {**asdict(table(score)), "chart": chart_of(score), "against": list(against_random(score))} for score in scores
    ]
    return {"tables": tables, "statements": list(statements(manifest, name, scores))}


KIND = TargetKind(
    "evaluate",
    path="evaluations/NAME.json",
    other="other numbers",
    write=_write,
    numbers=_numbers,
    summary=_summary,
    report=_report,
    heading="Scores",
    rank=2,
)
