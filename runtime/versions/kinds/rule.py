"""A published fit: the weights of a rule, and how far to trust them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tunec.compiler.lowered import Json
from tunec.runtime.store.files import link_or_copy
from tunec.runtime.versions.kind import Measured, TargetKind
from tunec.runtime.versions.publication import Publication


def _write(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    step = publication.results.folder(publication.graph.targets[name].node)
    path = folder / KIND.place(name)
    path.parent.mkdir(exist_ok=True)
    link_or_copy(str(step / "fit.json"), str(path))
    return {}


def _found(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / KIND.place(name)).read_text(encoding="utf-8"))
    return found


def _numbers(folder: Path, name: str) -> dict[Measured, float]:
    found = _found(folder, name)
    numbers = {("fit", name, key): found[key] for key in ("r2", "r2_adjusted", "error_left_out")}
    return numbers | {("weight", name, weight["name"]): weight["value"] for weight in found["weights"]}


def _summary(folder: Path, name: str) -> Iterator[str]:
    found = _found(folder, name)
    yield (
        f"{name}: {found['subsets']} subsets, R2 {found['r2']:.3f} (adjusted {found['r2_adjusted']:.3f}); error on "
        f"left-out subsets {found['error_left_out']:.4g}, of always saying the mean {found['error_of_mean']:.4g}"
    )
    for weight in found["weights"]:
        inflation = "" if weight["inflation"] is None else f", variance inflation {weight['inflation']:.1f}"
        yield (
            f"  {weight['name']:<20} {weight['value']:+.4g} ({weight['low']:+.4g} to {weight['high']:+.4g}), "
            f"p {weight['p']:.2g}{inflation}"
        )
    yield from (f"  {warning}" for warning in found["warnings"])


def _report(folder: Path, name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {"lines": list(_summary(folder, name))}


KIND = TargetKind(
    "rule",
    path="rules/NAME.json",
    other="other weights",
    write=_write,
    numbers=_numbers,
    summary=_summary,
    report=_report,
    heading="Fitted rules",
    rank=2,
)
