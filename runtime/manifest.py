"""The manifest of a version: what was built from what, without anything that differs between two builds of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunec.compiler.fingerprint import SHORT
from tunec.compiler.graph import Graph, digest, to_json
from tunec.compiler.plan import Plan
from tunec.compiler.types import CONTENT, FIELDS
from tunec.dsl.source import Source
from tunec.runtime.engine import Engine
from tunec.runtime.facts import Outside, version_of

PACKAGES = ("tunec", "polars", "numpy", "torch", "transformers", "sentence-transformers", "trl", "peft", "datasets")
#: What is known of a step and belongs to one machine or one build, or is published elsewhere.
_PRIVATE = ("scores", "files", "recordings")


def make_manifest(
    engine: Engine,
    outside: Outside,
    sources: Mapping[str, Source],
    names: list[str],
    facts: Mapping[str, Mapping[str, Any]],
    contents: Mapping[str, str],
    version: str,
) -> dict[str, Any]:
    """The manifest. `facts` are those of the targets, `contents` the hashes of the files that the id hashes."""
    plan, graph = engine.plan, engine.plan.graph
    places = {i: sources[s.file].place(s) for i, s in graph.spans.items()}
    return {
        "tunec": 1,
        "version": version,
        "contents": dict(contents),
        "spec": dict(graph.spec),
        "params": dict(graph.params),
        "text": {name: source.text for name, source in sources.items()},
        "recipe": digest({name: plan.prints[graph.targets[name].node] for name in names}),
        "lock": {head: dict(pins) for head, pins in sorted(outside.pins.items())},
        "packages": {p: version_of(p) for p in PACKAGES},
        "graph": to_json(graph),
        "targets": {name: {"kind": graph.targets[name].kind, **facts.get(name, {})} for name in names},
        "steps": [
            {
                "label": s.label,
                "ids": [n.id for n in s.step.nodes],
                "fingerprint": s.fingerprint,
                **{k: v for k, v in engine.store.info(s.fingerprint).items() if k not in _PRIVATE},
            }
            for s in plan.steps
        ],
        "fingerprints": {n.id: {"print": plan.prints[n.id], **plan.parts[n.id]} for n in graph.nodes},
        "nodes": {
            plan.prints[n.id][:SHORT]: {
                "op": n.op,
                "id": n.id,
                "place": places.get(n.id, ""),
                "owner": graph.owners.get(n.id, ""),
            }
            for n in graph.nodes
        },
        "rules": _rules(plan, sources),
        "origins": {plan.prints[i][:SHORT]: list(n) for i, n in graph.origins.items()},
        "paths": {
            plan.prints[n.id][:SHORT]: n.params["path"]
            for n in graph.nodes
            if "path" in n.params and n.id in graph.origins
        },
        "licences": licences(plan, graph),
        "row_types": {name: graph.node(t.node).rows for name, t in graph.targets.items()},
        "content": {k.value: list(v) for k, v in CONTENT.items() if k in FIELDS},
    }


def licences(plan: Plan, graph: Graph) -> dict[str, str]:
    """The licence that each source states, by origin; empty where it states none."""
    return {
        plan.prints[i][:SHORT]: str(graph.node(i).params.get("license", ""))
        for i in graph.origins
        if graph.node(i).op.startswith("connectors.")
    }


def node_names(graph: Graph) -> dict[str, str]:
    """What people call a node: the declaration, or the part of one."""
    names = {i: n[0] for i, n in graph.origins.items()} | {t.node: name for name, t in graph.targets.items()}
    parts = {n.id: f"{names.get(n.inputs[0], '?')}.{n.params['split']}" for n in graph.nodes if n.op == "part"}
    return {**names, **parts}


def _rules(plan: Plan, sources: Mapping[str, Source]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (node, text), span in plan.graph.rule_spans.items():
        if node in plan.prints:
            entry = {"place": sources[span.file].place(span), "name": plan.graph.labels.get((node, text), "")}
            found.setdefault(plan.prints[node][:SHORT], {})[text] = entry
    return found
