"""Renders the papers of a version. Each is a text that a person can read and a lawyer can sign."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.licences import licence_of
from tunec.runtime.versions.findings import leaks
from tunec.runtime.versions.lineage import lineage
from tunec.runtime.versions.markdown import templates
from tunec.runtime.versions.papers.croissant import croissant
from tunec.runtime.versions.papers.facts import Facts, facts_of

if TYPE_CHECKING:
    from jinja2 import Environment

#: The papers of a data set, by the names of their files and of their templates.
DATA = {
    "licences.md": "licences.md.j2",
    "contamination.md": "contamination.md.j2",
    "training-content-summary.md": "training_content.md.j2",
    "genealogy.md": "genealogy.md.j2",
}


def papers(version: Path, manifest: Mapping[str, Any], names: list[str]) -> Iterator[tuple[str, str]]:
    """The papers of some data sets of a version, and of all its models: the name of each file, and its text."""
    facts = {name: facts_of(version, name, manifest) for name in names}
    for name, of in facts.items():
        yield f"{name}/croissant.json", croissant(version, of, manifest)
        for file, template in DATA.items():
            yield f"{name}/{file}", _render(template, facts=of, manifest=manifest, **_more(of, manifest))
        card = version / "datasets" / name / "README.md"
        if card.exists():
            yield f"{name}/README.md", card.read_text(encoding="utf-8")
    for name, target in manifest["targets"].items():
        if target["kind"] in ("train", "merge"):
            yield f"{name}/MODEL_CARD.md", _model_card(version, name, manifest, facts)


def _more(facts: Facts, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "leaks": list(leaks(manifest, facts.name)),
        "families": {s.licence: _family(s.licence) for s in facts.sources if s.licence},
        "spec_licence": manifest["spec"]["license"],
        "steps": [s for s in manifest["steps"] if "nodes" in s],
        "texts": manifest["text"],
    }


def _family(text: str) -> str:
    found = licence_of(text)
    return found.family if found is not None else "not known to tunec"


def _model_card(version: Path, name: str, manifest: Mapping[str, Any], facts: Mapping[str, Facts]) -> str:
    ancestors = lineage(manifest, name)
    rows = [facts[a.rows] for a in ancestors if a.rows in facts]
    training = version / "models" / name / "training.json"
    summary = json.loads(training.read_text(encoding="utf-8"))["summary"] if training.exists() else {}
    scores = []
    for target, of in manifest["targets"].items():
        if of["kind"] == "evaluate":
            path = version / "evaluations" / f"{target}.json"
            scores += json.loads(path.read_text(encoding="utf-8"))
    measured = [
        {"measure": s["measure"], "model": m, "numbers": {k: v for k, v in n.items() if isinstance(v, int | float)}}
        for s in scores
        for m, n in s["models"].items()
    ]
    graph = {n["id"]: n for n in manifest["graph"]["nodes"]}
    node = graph[manifest["graph"]["targets"][name]["node"]]
    bases = [graph[i]["params"].get("id", i) for i in node["inputs"] if graph[i]["op"].startswith("models.")]
    numbers = {key: value for key, value in summary.items() if isinstance(value, int | float)}
    told = {"name": name, "manifest": manifest, "ancestors": ancestors, "data": rows, "training": numbers}
    return _render("model_card.md.j2", **told, measured=measured, bases=bases)


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = templates(Path(__file__).parent)
    environment.filters["percent"] = lambda part, whole: f"{part / whole:.1%}" if whole else "0.0%"
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment
