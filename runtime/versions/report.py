"""The report of a version: one HTML file that needs nothing else, and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.licences import strictest
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.kind import Edition
from tunec.runtime.versions.kinds import kind_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from tunec.runtime.versions.diff import Diff

TEMPLATE = "report.html.j2"
#: The template of a target whose kind has nothing of its own to show.
OTHER = "other"


def write_report(version: Path, target: Path, diff: Diff | None = None, run: Mapping[str, Any] | None = None) -> None:
    """Write the report of a version, with a comparison where one is given. `run` tells of the build, where it does not
    lie beside the manifest yet."""
    from tunec.runtime.store.files import write_atomically

    write_atomically(target, render_report(version, diff, run))


def render_report(version: Path, diff: Diff | None = None, run: Mapping[str, Any] | None = None) -> str:
    """The report as HTML. What data and specs say is escaped."""
    manifest = manifest_of(version)
    told = version / "run.json"
    run = run if run is not None else json.loads(told.read_text("utf-8")) if told.exists() else {}
    licences = list(manifest["licences"].values())
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            manifest=manifest,
            spec=manifest["spec"],
            licence=strictest([*licences, *filter(None, [manifest["spec"]["license"]])]),
            steps=[s for s in manifest["steps"] if "nodes" in s],
            parts=_parts(version, manifest),
            costs=run.get("costs", {}),
            diff=diff,
            changes=[asdict(s) for s in diff.steps] if diff is not None else [],
        )
    )


@cache
def _environment() -> Environment:
    """The templates, compiled once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    environment.filters["number"] = lambda value: f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    environment.filters["percent"] = lambda value: f"{value:.1%}"
    return environment


def _parts(version: Path, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is said of each target, those of a kind together: its template, and what that is given."""
    targets: dict[str, str] = {name: target["kind"] for name, target in manifest["targets"].items()}
    edition = Edition(version, manifest)
    parts = []
    for kind in sorted(map(kind_of, dict.fromkeys(targets.values())), key=lambda kind: (kind.rank, kind.keyword)):
        for number, name in enumerate(name for name, keyword in targets.items() if keyword == kind.keyword):
            if kind.report is not None:
                template, content = kind.keyword, kind.report(version, name, manifest)
            else:
                template, content = OTHER, sorted(kind.files(name, edition))
            parts.append(
                {
                    "template": f"kinds/{template}.html.j2",
                    "heading": kind.heading if not number else "",
                    "name": name,
                    "kind": kind.keyword,
                    "content": content,
                }
            )
    return parts
