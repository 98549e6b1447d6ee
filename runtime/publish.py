"""Publishes a build: writes the files of a version, checks the promises on the final bytes, and gives it its name."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.fingerprint import SHORT
from tunec.compiler.graph import Graph, digest, map_references, references, to_json
from tunec.compiler.plan import Plan
from tunec.compiler.types import CONTENT, FIELDS, RowType
from tunec.compiler.wording import text_of
from tunec.dsl.source import Source
from tunec.runtime.card import header, render_card
from tunec.runtime.engine import Engine, write_parquet
from tunec.runtime.facts import Outside, version_of
from tunec.runtime.ledger import make_ledger, rows_steps, training_ledger
from tunec.runtime.store import write_atomically

if TYPE_CHECKING:
    import polars as pl

#: Files of a version that its id does not hash, because they tell names, places or times: renaming a source must not
#: make another version.
UNHASHED = ("manifest.json", "run.json", "report.html", "README.md")
PACKAGES = ("tunec", "polars", "numpy", "torch", "transformers", "sentence-transformers", "trl", "peft", "datasets")


class PromiseBroken(Exception):
    """Published rows break a promise; nothing was published."""


@dataclass(frozen=True, slots=True)
class Published:
    """A published version: its id (`NAME@VERSION+HASH`), its folder in the store, and the folder for people."""

    version: str
    folder: Path
    out: Path


def publish(
    engine: Engine, outside: Outside, sources: dict[str, Source], names: list[str], out: Path, run: dict[str, Any]
) -> Published:
    """Write a version of the given targets and put it in place, in the store and under `out`."""
    graph = engine.plan.graph
    folder = engine.store.temporary()
    try:
        cards: dict[str, Any] = {}
        for name in names:
            kind = graph.targets[name].kind
            if kind == "dataset":
                cards[name] = _dataset(engine, name, folder)
            elif kind == "train":
                _model(engine, name, folder)
            elif kind == "evaluate":
                _evaluation(engine, name, folder)
        content = content_hash(folder)
        version = f"{graph.spec['name']}@{graph.spec['version']}+{content[:12]}"
        manifest = _manifest(engine, outside, sources, names, version, cards)
        write_atomically(folder / "manifest.json", canonical_indented(manifest))
        write_atomically(folder / "run.json", canonical_indented(run))
        target = engine.store.root / "versions" / str(graph.spec["name"]) / f"{graph.spec['version']}+{content[:12]}"
        engine.store.publish(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    place = out / str(graph.spec["name"])
    show(engine, target, place)
    return Published(version, target, place)


def show(engine: Engine, version: Path, place: Path) -> None:
    """Make `place` show a version: hard links where the file system allows them, copies elsewhere."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(version, fresh, copy_function=_link)
    if place.exists():
        old = place.with_name(f".{place.name}.{os.getpid()}.old")
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)
        fresh.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.rename(place)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def content_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of the files that make up a version."""
    parts = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.name not in UNHASHED:
            parts.append([name, hashlib.sha256(path.read_bytes()).hexdigest()])
    return digest(parts)


def canonical_indented(value: Any) -> str:
    """JSON that is sorted and that people can read."""
    import json

    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def _dataset(engine: Engine, name: str, folder: Path) -> dict[str, Any]:
    import polars as pl

    graph = engine.plan.graph
    node = graph.node(graph.targets[name].node)
    rows = engine.load(node.id)
    kind = node.rows or RowType.TEXT
    splits = [str(s) for s in dict(rows["split"].value_counts().iter_rows())] if "split" in rows.columns else ["train"]
    order = [key for key, _ in _split_shares(graph, node.id)] or sorted(splits)
    place = folder / "datasets" / name
    place.mkdir(parents=True)
    counts = []
    for split in order:
        part = rows.filter(pl.col("split") == split).drop("split") if "split" in rows.columns else rows
        write_parquet(_published(part, kind), place / f"{split}-00000.parquet")
        counts.append((split, part.height))
    ledger = make_ledger(engine, node.id)
    (folder / "ledger").mkdir(exist_ok=True)
    write_parquet(ledger, folder / "ledger" / f"{name}.parquet")
    benchmarks = _check_benchmarks(engine, name, rows, kind)
    card = _card(engine, name, ledger, counts, benchmarks)
    (place / "README.md").write_text(card, encoding="utf-8")
    return {"splits": dict(counts), "benchmarks": benchmarks, "rows": rows.height, "entered": ledger.height}


def _published(rows: pl.DataFrame, kind: RowType) -> pl.DataFrame:
    """The columns that users get: identity without position, content without an empty `system`, the rest."""
    import polars as pl

    hidden = {"position", "split"}
    if kind is RowType.INSTRUCTION and not rows.select((pl.col("system") != "").any()).item():
        hidden.add("system")
    return rows.select(c for c in rows.columns if c not in hidden)


def _split_shares(graph: Graph, node_id: str) -> list[tuple[str, float]]:
    node = graph.node(node_id)
    while node.op.startswith("stages."):
        if node.op == "stages.split":
            return [(k, v) for k, v in node.params["shares"]]
        node = graph.node(node.inputs[0])
    return []


def _check_benchmarks(engine: Engine, name: str, rows: pl.DataFrame, kind: RowType) -> list[str]:
    """Check on the final text that no benchmark item is in it; gives the names of the benchmarks."""
    graph = engine.plan.graph
    against: dict[str, None] = {}
    node = graph.node(graph.targets[name].node)
    for step in rows_steps(engine.plan, node.id):
        for part in next(s.step.nodes for s in engine.plan.steps if s.step.id == step):
            if part.op == "stages.decontaminate" and part.params.get("action") == "drop":
                against |= dict.fromkeys(references(part.params["against"]))
    if not against:
        return []
    params = {
        "against": [{"ref": a} for a in against],
        "rules": [{"call": "decontaminate.exact", "args": {}}],
        "action": "drop",
    }
    operator = engine.catalogue.at("stages.decontaminate")
    for parameter in operator.parameters:
        params.setdefault(parameter.name, parameter.default)
    outcome = engine.binder(node).stage(operator.path, params, rows)
    if outcome.drops.height:
        first = outcome.drops.row(0, named=True)
        row = rows.row(first["row"], named=True)["id"]
        raise PromiseBroken(
            f"`{name}`: {outcome.drops.height:,} rows still hold a benchmark item, the first is row {row}: "
            f"{first['partner_text']!r}; add `exact()` to `decontaminate`"
        )
    return [graph.origins.get(a, (a,))[0] for a in against]


def _card(engine: Engine, name: str, ledger: pl.DataFrame, splits: list[tuple[str, int]], benchmarks: list[str]) -> str:
    import polars as pl

    graph, plan = engine.plan.graph, engine.plan
    kept = dict(ledger.filter(pl.col("verdict") == "kept")["origin"].value_counts().iter_rows())
    entered = dict(ledger["origin"].value_counts().iter_rows())
    sources = []
    for node_id, names in sorted(graph.origins.items(), key=lambda item: item[1]):
        origin = plan.prints[node_id][:SHORT]
        if origin in entered:
            license_ = str(graph.node(node_id).params.get("license", ""))
            sources.append(
                {
                    "name": names[0],
                    "origin": origin,
                    "license": license_,
                    "entered": entered[origin],
                    "kept": kept.get(origin, 0),
                }
            )
    stages = {plan.prints[n.id][:SHORT]: n.op.split(".")[-1] for n in graph.nodes}
    fallen = ledger.filter(pl.col("verdict") != "kept").group_by("node", "rule").len().sort("node", "rule")
    dropped = [{"stage": stages[n], "rule": f"`{r}`", "count": c} for n, r, c in fallen.iter_rows()]
    spec = graph.spec
    return render_card(
        {
            "header": header(str(spec["license"]), [], splits),
            "name": name,
            "doc": graph.targets[name].doc,
            "description": spec["description"],
            "spec": spec,
            "recipe": plan.prints[graph.targets[name].node][:SHORT],
            "splits": splits,
            "sources": sources,
            "dropped": dropped,
            "benchmarks": benchmarks,
        }
    )


def _model(engine: Engine, name: str, folder: Path) -> None:
    step = engine.store.step(engine.plan.prints[engine.plan.graph.targets[name].node])
    place = folder / "models" / name
    shutil.copytree(step / "model", place, copy_function=_link)
    _link(str(step / "training.json"), str(place / "training.json"))
    (folder / "ledger").mkdir(exist_ok=True)
    write_parquet(training_ledger(engine, engine.plan.graph.targets[name].node), folder / "ledger" / f"{name}.parquet")


def _evaluation(engine: Engine, name: str, folder: Path) -> None:
    import json

    graph = engine.plan.graph
    target = graph.targets[name]
    step = engine.store.step(engine.plan.prints[target.node])
    scores = json.loads((step / "scores.json").read_text(encoding="utf-8"))
    names = {i: {"field": name} for i, name in _names(engine.plan.graph).items()}
    measures = [text_of(map_references(m, names), engine.catalogue) for m in graph.node(target.node).params["measures"]]
    origins = {engine.origin(i): n[0] for i, n in graph.origins.items()}
    named = [
        {
            "measure": measure,
            "models": {m: _renamed(v, origins) for m, v in zip(target.names, s["models"], strict=True)},
        }
        for measure, s in zip(measures, scores, strict=True)
    ]
    place = folder / "evaluations"
    place.mkdir(exist_ok=True)
    (place / f"{name}.json").write_text(canonical_indented(named), encoding="utf-8")


def _names(graph: Graph) -> dict[str, str]:
    """What people call a node: the declaration, or the part of one."""
    names = {i: n[0] for i, n in graph.origins.items()} | {t.node: name for name, t in graph.targets.items()}
    parts = {n.id: f"{names.get(n.inputs[0], '?')}.{n.params['split']}" for n in graph.nodes if n.op == "part"}
    return {**names, **parts}


def _renamed(numbers: dict[str, Any], origins: dict[str, str]) -> dict[str, Any]:
    if "by_origin" not in numbers:
        return numbers
    return {**numbers, "by_origin": {origins.get(o, o): v for o, v in numbers["by_origin"].items()}}


def _manifest(
    engine: Engine, outside: Outside, sources: dict[str, Source], names: list[str], version: str, cards: dict[str, Any]
) -> dict[str, Any]:
    plan, graph = engine.plan, engine.plan.graph
    places = {i: sources[s.file].place(s) for i, s in graph.spans.items()}
    return {
        "tunec": 1,
        "version": version,
        "spec": dict(graph.spec),
        "params": dict(graph.params),
        "text": {name: source.text for name, source in sources.items()},
        "recipe": digest({name: plan.prints[graph.targets[name].node] for name in names}),
        "files": dict(sorted(outside.hashes.items())),
        "packages": {p: version_of(p) for p in PACKAGES},
        "graph": to_json(graph),
        "targets": {name: {"kind": graph.targets[name].kind, **cards.get(name, {})} for name in names},
        "steps": [
            {"label": s.label, "fingerprint": s.fingerprint, **_accounts(engine, s.fingerprint)} for s in plan.steps
        ],
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
        "row_types": {name: graph.node(t.node).rows for name, t in graph.targets.items()},
        "content": {k.value: list(v) for k, v in CONTENT.items() if k in FIELDS},
    }


def _accounts(engine: Engine, fingerprint: str) -> dict[str, Any]:
    info = engine.store.info(fingerprint)
    return {k: v for k, v in info.items() if k != "scores"}


def _rules(plan: Plan, sources: dict[str, Source]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (node, text), span in plan.graph.rule_spans.items():
        if node in plan.prints:
            entry = {"place": sources[span.file].place(span), "name": plan.graph.labels.get((node, text), "")}
            found.setdefault(plan.prints[node][:SHORT], {})[text] = entry
    return found
