"""The report of a version: one HTML file that needs nothing else, sends nothing, and runs only its own two scripts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.licences import strictest, told
from tunec.dsl.visible import visible
from tunec.runtime.store.published import manifest_of, run_of, store_of
from tunec.runtime.versions.findings import licence_conflicts, shares
from tunec.runtime.versions.kind import Edition
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.report.answers import answers, seconds
from tunec.runtime.versions.report.browse import browsed
from tunec.runtime.versions.report.charts import Chart, bars
from tunec.runtime.versions.report.data import Section
from tunec.runtime.versions.report.flow import accounts, flow, steps_table
from tunec.runtime.versions.report.pictures import pictures
from tunec.runtime.versions.report.spec_lines import lines_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from tunec.runtime.versions.diff import Diff

TEMPLATE = "report/page.html.j2"
#: The template of a target whose kind has nothing of its own to show.
OTHER = "other"
_HERE = Path(__file__).parent
_SLOWEST = 15  # steps shown by their time


@dataclass(frozen=True, slots=True)
class Built:
    """What a build knows of the version that it is about to publish: what is told of its `run`, and its `store`."""

    run: Mapping[str, Any]
    store: Path


def write_report(version: Path, target: Path, diff: Diff | None = None, built: Built | None = None) -> None:
    """Write the report of a version, with a comparison where one is given."""
    from tunec.runtime.store.files import write_atomically

    # A pager shows the file in a terminal, and a browser turns text around where a mark says so.
    write_atomically(target, visible(render_report(version, diff, built)))


def render_report(version: Path, diff: Diff | None = None, built: Built | None = None) -> str:
    """The report as HTML. What data and specs say is escaped.

    Without `built`, `run.json` tells of the build; and there is time for pictures that a build only makes where its
    spec asks for what they show.
    """
    manifest = manifest_of(version)
    run, store = (run_of(version), store_of(version)) if built is None else (built.run, built.store)
    parts = _parts(version, manifest)
    sections = {part["name"]: part["content"] for part in parts if isinstance(part["content"], Section)}
    done = accounts(manifest, run)
    licences = list(manifest["licences"].values())
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            manifest=manifest,
            spec=manifest["spec"],
            licence=strictest(licences, manifest["spec"]["license"]),
            answers=answers(version, manifest, sections, run),
            flow=flow(manifest, done),
            steps=steps_table(done),
            lines=lines_of(manifest, done),
            parts=parts,
            pictures={name: pictures(version, name, manifest, store, built is None) for name in sections},
            variants=_variants(run),
            browse=browsed(version, list(sections), manifest) if sections else None,
            costs=_costs(manifest, run),
            spent=_spent(manifest, run),
            counted=_counted(manifest),
            run=run,
            sources=_sources(manifest),
            conflicts=_conflicts(manifest, list(sections)),
            diff=diff,
            changes=[asdict(s) for s in diff.steps] if diff is not None else [],
            style=_text("style.css"),
            script=_text("page.js"),
            script_hash=_sha(_text("page.js").encode()),
            library=_library()[0],
            library_hash=_library()[1],
        )
    )


def prepare(kinds: Iterable[str]) -> None:
    """Load what makes a report of targets of these kinds, ahead of one."""
    for name in (TEMPLATE, *(f"kinds/{kind}.html.j2" for kind in kinds if kind_of(kind).report is not None)):
        _environment().get_template(name)
    _library()


@cache
def _environment() -> Environment:
    """The templates, compiled once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_HERE.parent), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    environment.filters["number"] = lambda value: f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    environment.filters["percent"] = lambda value: f"{value:.1%}"
    environment.filters["seconds"] = seconds
    environment.filters["cell"] = _cell
    # Inside a script element nothing may look like markup.
    environment.filters["data"] = lambda value: Markup(
        json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")
    )
    environment.filters["raw"] = Markup
    return environment


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _library() -> tuple[str, str]:
    """ECharts, packed as a browser can unpack it, and the hash by which the page lets it run."""
    packed = (_HERE / "echarts.min.js.gz").read_bytes()
    return base64.b64encode(packed).decode(), _sha(gzip.decompress(packed))


def _sha(script: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}"


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


def _variants(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the variants of a spec came to: a table for each measure, and a chart."""
    from tunec.runtime.versions.variants import chart_of, table_of

    return [{**asdict(table_of(of)), "chart": chart_of(of), "against": ()} for of in run.get("variants", ())]


def _costs(manifest: Mapping[str, Any], run: Mapping[str, Any]) -> Chart | None:
    """The time of the steps that ran, the longest first."""
    took = sorted(run.get("steps", {}).items(), key=lambda item: -item[1])[:_SLOWEST]
    if not took:
        return None
    more = len(run["steps"]) - len(took)
    note = f"{more} shorter steps are left out" if more > 0 else ""
    return bars(
        "Time of each step", [label for label, _ in took], {"seconds": [s for _, s in took]}, unit=" s", note=note
    )


def _spent(manifest: Mapping[str, Any], run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps that asked models: requests and tokens, whether they were answered now or from the store, and what the
    answers cost at the prices that the spec stated."""
    keys = ("requests", "prompt_tokens", "completion_tokens")
    priced = run.get("costs", {})
    return [
        {"step": s["label"], **{k: s.get(k, 0) for k in keys}, "cost": priced.get(s["label"], {}).get("cost")}
        for s in manifest["steps"]
        if "requests" in s
    ]


def _counted(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What methods counted while they made rows: the step, what, and how many of how many."""
    return [
        (step["label"], what, told)
        for step in manifest["steps"]
        for node in step.get("nodes", ())
        for what, told in shares(node).items()
    ]


def _sources(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sources of rows: names, where they lie, licence, and what an earlier version that was read is made of."""
    return [
        {
            "name": " = ".join(manifest["origins"].get(origin, [origin])),
            "path": manifest["paths"].get(origin, ""),
            "licence": licence,
            "earlier": manifest["earlier"].get(origin),
        }
        for origin, licence in manifest["licences"].items()
    ]


def _conflicts(manifest: Mapping[str, Any], names: list[str]) -> list[str]:
    spec = str(manifest["spec"]["license"])
    return list(dict.fromkeys(told(c, spec) for name in names for c in licence_conflicts(manifest, name)))
