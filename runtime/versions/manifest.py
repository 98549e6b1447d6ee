"""The manifest of a version: what was built from what, without anything that differs between two builds of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Target, digest, shown_params, to_json
from tunec.compiler.lowered import Json
from tunec.compiler.planning.fingerprint import SHORT
from tunec.compiler.planning.plan import Plan, Planned
from tunec.compiler.types import CONTENT, FIELDS
from tunec.compiler.wording import named_rules
from tunec.dsl.secrets import masked
from tunec.dsl.source import Source, Span
from tunec.runtime.base.resources import version_of
from tunec.runtime.text.masking import Search, masked_words
from tunec.runtime.versions.ledger import masks, ways_to
from tunec.runtime.versions.licensing import licence_of, sources_of
from tunec.runtime.versions.origins import published_origins, republished
from tunec.runtime.versions.publication import Publication

PACKAGES = ("tunec", "polars", "numpy", "torch", "transformers", "sentence-transformers", "trl", "peft", "datasets")
#: What is known of a step and belongs to one machine or one build, or is published elsewhere.
_PRIVATE = ("scores", "files", "recordings", "cost")


def make_manifest(
    publication: Publication, facts: Mapping[str, Mapping[str, Json]], contents: Mapping[str, str], version: str
) -> dict[str, Any]:
    """The manifest. `facts` are those of the targets, `contents` the hashes of the files that the id hashes."""
    plan, graph, names = publication.plan, publication.graph, publication.targets
    sources, folder, hidden = publication.sources, publication.folder, _hidden(publication)
    made = {
        "tunec": 1,
        "version": version,
        "contents": dict(contents),
        "spec": dict(graph.spec),
        "params": shown_params(graph),
        "text": {_local(name, folder): masked(source.text, same_length=True) for name, source in sources.items()},
        "recipe": digest({name: plan.prints[graph.targets[name].node] for name in names}),
        "lock": {head: dict(pins) for head, pins in sorted(publication.pins.items())},
        "packages": {p: version_of(p) for p in PACKAGES},
        "graph": to_json(graph),
        "targets": {name: {**_target(graph.targets[name]), **facts.get(name, {})} for name in names},
        "steps": [
            {
                "label": s.label,
                "ids": [n.id for n in s.step.nodes],
                "fingerprint": s.fingerprint,
                **_account(publication, s, hidden),
            }
            for s in plan.steps
        ],
        **recipe_of(plan, publication.catalogue, sources, folder),
        "paths": {
            plan.prints[n.id][:SHORT]: ", ".join(map(masked, n.paths))
            for n in graph.nodes
            if "path" in n.params and n.id in graph.origins
        },
        "files": _files(publication),
        "licences": _licences(publication),
        "earlier": _earlier(publication),
        "accepted": [{"code": a.code, "message": a.message, "reason": a.reason} for a in graph.accepted],
        "row_types": {name: graph.node(t.node).rows for name, t in graph.targets.items()},
        "content": {k.value: list(v) for k, v in CONTENT.items() if k in FIELDS},
    }
    published: dict[str, Any] = republished(made, published_origins(plan))
    return published


def _target(target: Target) -> dict[str, Json]:
    variant: dict[str, Json] = {"declared": target.declared, "variant": dict(target.variant)}
    return {"kind": target.kind, **(variant if target.variant else {})}


def recipe_of(plan: Plan, catalogue: Catalogue, sources: Mapping[str, Source], folder: Path) -> dict[str, Json]:
    """The nodes, what they are made of, and the rules in them with their locations and as people read them."""
    graph = plan.graph
    places = {i: _place(s, sources, folder) for i, s in graph.spans.items()}
    return {
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
        "origins": {plan.prints[i][:SHORT]: list(n) for i, n in graph.origins.items()},
        "rules": _rules(plan, catalogue, sources, folder),
    }


def _place(span: Span, sources: Mapping[str, Source], folder: Path) -> str:
    """`file:line:column`, the file as it lies from the spec's folder: the same wherever that is."""
    line, column = sources[span.file].position(span.start)
    return f"{_local(span.file, folder)}:{line}:{column}"


def _local(name: str, folder: Path) -> str:
    return Path(os.path.relpath(name, folder)).as_posix()


def _files(publication: Publication) -> dict[str, list[Any]]:
    """By origin the files that were read, each with the number of its first record in the source."""
    plan = publication.plan
    starts = {
        account["node"]: account["starts"]
        for step in plan.steps
        for account in publication.results.store.info(step.fingerprint).get("nodes", ())
        if account.get("starts")
    }
    names = {publication.results.origin(node): names for node, names in publication.files.items()}
    return {
        origin: [list(pair) for pair in zip(names[origin], numbers, strict=False)]
        for origin, numbers in sorted(starts.items())
        if origin in names
    }


def _licences(publication: Publication) -> dict[str, str]:
    """The licence of each source of rows, by origin; empty where it states none and hands none on."""
    plan, graph = publication.plan, publication.graph
    rows = [t.node for t in graph.targets.values() if graph.node(t.node).rows]
    rows += [n.inputs[1] for n in graph.nodes if n.op == "train"]
    sources = {s.id: s for node in rows for s in sources_of(graph, node)}
    return {plan.prints[i][:SHORT]: licence_of(s, publication.earlier) for i, s in sorted(sources.items())}


def _earlier(publication: Publication) -> dict[str, dict[str, Json]]:
    """By origin the earlier version that a source read, and what that was made of."""
    return {
        publication.results.origin(node): {
            "version": read.version,
            "dataset": read.dataset,
            "split": read.split,
            "licence": read.licence,
            "sources": [list(source) for source in read.sources],
        }
        for node, read in sorted(publication.earlier.items())
    }


def _hidden(publication: Publication) -> dict[str, list[Search]]:
    """By node what data sets mask that it is above."""
    plan, found = publication.plan, dict[str, list[Search]]()
    for target in plan.graph.targets.values():
        if target.kind == "dataset":
            ways = ways_to(plan, target.node)
            searches = list(masks(plan, ways, publication.catalogue))
            for node in ways if searches else ():
                found.setdefault(node, []).extend(searches)
    return found


def _account(publication: Publication, step: Planned, hidden: Mapping[str, list[Search]]) -> dict[str, Any]:
    """What is known of a step. Notes and findings may show rows as they were before a stage that masks."""
    info = publication.results.store.info(step.fingerprint)
    known = {name: value for name, value in info.items() if name not in _PRIVATE}
    searches = [search for node in step.step.nodes for search in hidden.get(node.id, ())]
    if searches and "nodes" in known:
        known["nodes"] = [_masked(account, searches) for account in known["nodes"]]
    return known


def _masked(account: Mapping[str, Any], searches: Iterable[Search]) -> dict[str, Any]:
    """What is known of a node without what is masked: in its notes, and in the values whose shares were bounded."""
    told, bounded = dict(account), account.get("findings", {}).get("constraints", [])
    for search in searches:
        told["notes"] = masked_words(told["notes"], search)
        bounded = [
            {**one, "shares": _renamed(one["shares"], masked_words([*one["shares"]], search))} for one in bounded
        ]
    return {**told, "findings": {**told["findings"], "constraints": bounded}} if bounded else told


def _renamed(shares: Mapping[str, Json], names: Sequence[str]) -> dict[str, Json]:
    """Shares by other names, of which several that are the same have numbers."""
    numbers = [names[: place + 1].count(name) for place, name in enumerate(names)]
    apart = [f"{name} ({number})" if number > 1 else name for name, number in zip(names, numbers, strict=True)]
    return dict(zip(apart, shares.values(), strict=True))


def _rules(plan: Plan, catalogue: Catalogue, sources: Mapping[str, Source], folder: Path) -> dict[str, dict[str, Json]]:
    named = named_rules(plan.graph, catalogue)
    rules: dict[str, dict[str, Json]] = {}
    for (node, text), span in plan.graph.rule_spans.items():
        if node in plan.prints:
            name = plan.graph.labels.get((node, text), "")
            shown = named.get((node, text), text)
            entry = {"place": _place(span, sources, folder), "name": name, "shown": shown}
            rules.setdefault(plan.prints[node][:SHORT], {})[text] = entry
    return rules
