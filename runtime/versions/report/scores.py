"""The number of each measure that leads, of all models, with the interval that it may lie in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.report.charts import Chart, intervals

#: Where a measure of an earlier release does not say which of its numbers is compared.
_LEADING = ("accuracy", "perplexity")


@dataclass(frozen=True, slots=True)
class Score:
    """A measure: its text, the models, the `number` that leads, and of each model (low, value, high). `better` says
    which side the measured difference of the last model from the first favours: `first`, `second`, or none for sure."""

    measure: str
    models: tuple[str, ...]
    number: str
    values: tuple[tuple[float | None, float | None, float | None], ...]
    better: str = ""
    difference: tuple[float, float, float] | None = None  # low, difference, high


def scores_of(version: Path, name: str) -> list[Score]:
    """The measures of an evaluation that lead to a number."""
    path = version / kind_of("evaluate").place(name)
    found = []
    for score in json.loads(path.read_text(encoding="utf-8")):
        models: Mapping[str, Mapping[str, Any]] = score["models"]
        number = _leading(score)
        if number is None:
            continue
        values = tuple((_float(n.get("low")), _float(n.get(number)), _float(n.get("high"))) for n in models.values())
        names = tuple(models)
        ends = {"first": names[0], "second": names[-1]}
        pair = next((d for d in score.get("differences", ()) if ends.items() <= d.items()), None)
        difference = None if pair is None else (float(pair["low"]), float(pair["difference"]), float(pair["high"]))
        found.append(Score(score["measure"], names, number, values, "" if pair is None else pair["better"], difference))
    return found


def chart_of(score: Mapping[str, Any]) -> Chart | None:
    """The leading number of a measure, of each model in its interval."""
    number = _leading(score)
    if number is None:
        return None
    values = {
        model: (low, middle, high)
        for model, numbers in score["models"].items()
        for low, middle, high in [tuple(_float(numbers.get(key)) for key in ("low", number, "high"))]
        if low is not None and middle is not None and high is not None
    }
    title = f"{number.replace('_', ' ')}, with 95 % intervals"
    return intervals(title, list(values), list(values.values())) if values else None


def _leading(score: Mapping[str, Any]) -> str | None:
    if score.get("compared"):
        return str(score["compared"])
    return next((key for key in _LEADING if all(key in numbers for numbers in score["models"].values())), None)


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
