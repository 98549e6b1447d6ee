"""Publishes a build: writes the files of a version, checks the promises on the final bytes, and gives it its name.

A published version never changes. What `build/NAME` shows beside its files, the manifest and the cards, is that of the
latest build: names and places in the spec may have moved since the version was first published.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.graph import Graph, canonical, digest
from tunec.compiler.lowered import Call, Field, Json, Lowered, Ref, expect_items, rebuilt, references, shares_of
from tunec.compiler.types import RowType
from tunec.compiler.wording import text_of
from tunec.dsl.source import Source
from tunec.runtime.engine.engine import Engine
from tunec.runtime.parallel import workers
from tunec.runtime.rows import write_parquet
from tunec.runtime.sources.outside import Outside
from tunec.runtime.store.files import files_under, hash_file, link_or_copy, within, write_atomically
from tunec.runtime.store.published import VersionDamaged, manifest_of, versions_in
from tunec.runtime.versions.card import write_card
from tunec.runtime.versions.ledger import make_ledger, rows_steps, training_ledger
from tunec.runtime.versions.manifest import make_manifest, node_names
from tunec.runtime.versions.numbers import check_number
from tunec.runtime.versions.report import write_report

if TYPE_CHECKING:
    import polars as pl

#: Files of a version that its id does not hash, because they tell names, places or times: renaming a source must not
#: make another version.
UNHASHED = ("manifest.json", "run.json", "report.html", "README.md")
#: The benchmarks that the data sets of a version promise not to hold, with their words hashed.
BENCHMARKS = "benchmarks.parquet"


class PromiseBroken(Exception):
    """Published rows break a promise; nothing was published."""


@dataclass(frozen=True, slots=True)
class Published:
    """A published version: its id (`NAME@VERSION+HASH`), its folder in the store, and the folder for people."""

    version: str
    folder: Path
    out: Path


def publish(
    engine: Engine, outside: Outside, sources: Mapping[str, Source], names: list[str], out: Path, run: dict[str, Json]
) -> Published:
    """Write a version of the given targets, put it in the store unless it is there, and show it under `out`.

    Raises PromiseBroken, and VersionTaken where other content is published under the number.
    """
    graph, store = engine.plan.graph, engine.store
    draft = store.temporary()
    try:
        with ThreadPoolExecutor(1) as pool:
            hidden = pool.submit(_benchmarks, engine, names, draft)
            facts = {name: _target(engine, name, draft) for name in names}
            hidden.result()
        engine.release()
        contents = contents_of(draft)
        identity = f"{graph.spec['version']}+{content_hash(contents)[:12]}"
        version = f"{graph.spec['name']}@{identity}"
        manifest = make_manifest(engine, outside, sources, names, facts, contents, version)
        target = within(store.root / "versions", f"{graph.spec['name']}/{identity}")
        _clear(engine, target)
        check_number(store.root, draft, manifest)
        # Through JSON once, so that the checksum is that of what a reader gets.
        plain = json.loads(canonical(manifest))
        write_atomically(draft / "manifest.json", canonical_indented({**plain, "check": digest(plain)}))
        with ThreadPoolExecutor(workers()) as pool:
            report = pool.submit(write_report, draft, draft / "report.html")
            for name in names:
                if graph.targets[name].kind == "dataset":
                    write_card(draft, name, manifest)
            report.result()
        place = within(out, str(graph.spec["name"]))
        run = {**run, "store": os.path.relpath(store.root.resolve(), place.resolve())}
        write_atomically(draft / "run.json", canonical_indented(run))
        show(draft, place)
        if not target.exists():
            store.publish(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Published(version, target, place)


def intact(version: Path) -> bool:
    """Whether a version's folder is there and holds what its manifest says."""
    if not (version / "manifest.json").exists():
        return False
    try:
        return bool(contents_of(version) == manifest_of(version)["contents"])
    except VersionDamaged:
        return False


def _clear(engine: Engine, target: Path) -> None:
    """Set damaged versions of the spec aside: of the one to be published every file is looked at, of others the
    manifest."""
    for version in versions_in(engine.store.root, target.parent.name):
        try:
            manifest_of(version.folder)
            whole = version.folder != target or intact(target)
        except VersionDamaged:
            whole = False
        if not whole:
            engine.store.warn(f"damaged: {version.name} is not as it was published; it is set aside")
            engine.store.put_aside(version.folder)


def show(version: Path, place: Path) -> None:
    """Make `place` show a version: hard links where the file system allows them, copies elsewhere.

    Replaces only what tunec wrote there. Raises NotOurs.
    """
    check_ours(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(version, fresh, copy_function=link_or_copy)
    fresh.chmod(0o755)
    if place.exists():
        old = place.with_name(f".{place.name}.{os.getpid()}.old")
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)
        fresh.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.rename(place)


class NotOurs(Exception):
    """What stands where a version would be shown is not of tunec, and is not touched."""


def check_ours(place: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise NotOurs unless tunec may put a version at `place`: nothing is there, or only files that a build wrote.

    `inputs` are the files that the spec reads: none of them may lie inside of what is replaced.
    """
    if not place.exists() and not place.is_symlink():
        return
    other = "choose another folder with --out, or move it away"
    if place.is_symlink() or not place.is_dir():
        raise NotOurs(f"{place} is not a folder that tunec wrote; {other}")
    real = place.resolve()
    read = next((path for path in inputs if path.resolve().is_relative_to(real)), None)
    if read is not None:
        raise NotOurs(f"{read} is an input of the spec, and publishing replaces {place}; {other}")
    found = sorted(p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_symlink() or not p.is_dir())
    written = _written(place)
    foreign = [name for name in found if name not in written]
    if foreign:
        named = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3:,} more" if len(foreign) > 3 else "")
        raise NotOurs(f"{place} holds files that tunec did not write ({named}); {other}")


def _written(place: Path) -> set[str]:
    """The names of the files that the build which filled a folder wrote there; none where its manifest is gone."""
    try:
        manifest = json.loads((place / "manifest.json").read_bytes())
        contents, targets = set(manifest["contents"]), list(manifest["targets"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {*contents, *UNHASHED, *(f"datasets/{name}/README.md" for name in targets)}


def contents_of(folder: Path) -> dict[str, str]:
    """The hash of every file that makes up a version, by name."""
    return {name: hash_file(path) for name, path in files_under(folder).items() if path.name not in UNHASHED}


def content_hash(contents: Mapping[str, str]) -> str:
    """What a version's id is made of: the hash of the names and contents of its files."""
    return digest([[name, sha] for name, sha in sorted(contents.items())])


def canonical_indented(value: Json) -> str:
    """JSON that is sorted and that people can read."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def _target(engine: Engine, name: str, folder: Path) -> dict[str, Json]:
    kind = engine.plan.graph.targets[name].kind
    if kind == "dataset":
        return _dataset(engine, name, folder)
    if kind == "train":
        _model(engine, name, folder)
    elif kind == "evaluate":
        _evaluation(engine, name, folder)
    return {}


def _dataset(engine: Engine, name: str, folder: Path) -> dict[str, Json]:
    import polars as pl

    graph = engine.plan.graph
    node = graph.node(graph.targets[name].node)
    rows = engine.load(node.id)
    kind = node.rows or RowType.TEXT
    splits = [str(s) for s in dict(rows["split"].value_counts().iter_rows())] if "split" in rows.columns else ["train"]
    order = [key for key, _ in _split_shares(graph, node.id)] or sorted(splits)
    place = folder / "datasets" / name
    place.mkdir(parents=True)
    (folder / "ledger").mkdir(exist_ok=True)
    parts = {s: rows.filter(pl.col("split") == s).drop("split") if "split" in rows.columns else rows for s in order}
    against = _against(engine, name)
    ledger = make_ledger(engine, node.id)
    with ThreadPoolExecutor(workers()) as pool:
        # Packing and looking for benchmark items each take a while, and do not need each other.
        written = [
            pool.submit(write_parquet, ledger, folder / "ledger" / f"{name}.parquet"),
            *(pool.submit(write_parquet, _published(p, kind), place / f"{s}-00000.parquet") for s, p in parts.items()),
        ]
        _check_benchmarks(engine, name, rows, against)
        for done in written:
            done.result()
    return {
        "splits": {split: part.height for split, part in parts.items()},
        "benchmarks": [graph.origins.get(a, (a,))[0] for a in against],
        "rows": rows.height,
        "entered": ledger.height,
        "doc": graph.targets[name].doc,
    }


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
            return [(str(name), share) for name, share in shares_of(node.params)]
        node = graph.node(node.inputs[0])
    return []


def _against(engine: Engine, name: str) -> list[str]:
    """The nodes of the benchmarks that a data set promises not to hold."""
    graph = engine.plan.graph
    found: dict[str, None] = {}
    steps = set(rows_steps(engine.plan, graph.targets[name].node))
    for part in (n for s in engine.plan.steps if s.step.id in steps for n in s.step.nodes):
        if part.op == "stages.decontaminate" and part.params.get("action") == "drop":
            found |= dict.fromkeys(references(part.params["against"]))
    return list(found)


def _check_benchmarks(engine: Engine, name: str, rows: pl.DataFrame, against: list[str]) -> None:
    """Check on the final text that no benchmark item is in it."""
    if not against:
        return
    params: dict[str, Lowered] = {
        "against": tuple(Ref(node) for node in against),
        "rules": (Call("decontaminate.exact", {}),),
        "action": "drop",
    }
    operator = engine.catalogue.at("stages.decontaminate")
    for parameter in operator.parameters:
        params.setdefault(parameter.name, parameter.default)
    node = engine.plan.graph.node(engine.plan.graph.targets[name].node)
    outcome = engine.binder(node).stage(operator.path, params, rows)
    if outcome.drops.height:
        first = outcome.drops.row(0, named=True)
        row = rows.row(first["row"], named=True)["id"]
        raise PromiseBroken(
            f"`{name}`: {outcome.drops.height:,} rows still hold a benchmark item, the first is row {row}: "
            f"{first['partner_text']!r}; add `exact()` to `decontaminate`"
        )


def _benchmarks(engine: Engine, names: list[str], folder: Path) -> None:
    graph = engine.plan.graph
    against = {a for n in names if graph.targets[n].kind == "dataset" for a in _against(engine, n)}
    if not against:
        return
    from tunec.runtime.text.convictions import items_of
    from tunec.runtime.versions.hidden_items import hidden_items

    items = items_of([engine.load(a) for a in sorted(against, key=lambda a: engine.plan.prints[a])], "question")
    write_parquet(hidden_items(items), folder / BENCHMARKS)


def _model(engine: Engine, name: str, folder: Path) -> None:
    node = engine.plan.graph.targets[name].node
    step = engine.store.checked(engine.plan.prints[node])
    place = folder / "models" / name
    shutil.copytree(step / "model", place, copy_function=link_or_copy)
    link_or_copy(str(step / "training.json"), str(place / "training.json"))
    (folder / "ledger").mkdir(exist_ok=True)
    write_parquet(training_ledger(engine, node), folder / "ledger" / f"{name}.parquet")


def _evaluation(engine: Engine, name: str, folder: Path) -> None:
    graph = engine.plan.graph
    target = graph.targets[name]
    step = engine.store.checked(engine.plan.prints[target.node])
    scores = json.loads((step / "scores.json").read_text(encoding="utf-8"))
    called = expect_items(graph.node(target.node).params["measures"])
    measures = [text_of(_with_names(call, node_names(graph)), engine.catalogue) for call in called]
    origins = {engine.origin(i): n[0] for i, n in graph.origins.items()}
    named: list[Json] = [
        {
            "measure": measure,
            "models": {m: _renamed(v, origins) for m, v in zip(target.names, s["models"], strict=True)},
        }
        for measure, s in zip(measures, scores, strict=True)
    ]
    place = folder / "evaluations"
    place.mkdir(exist_ok=True)
    (place / f"{name}.json").write_text(canonical_indented(named), encoding="utf-8")


def _with_names(call: Lowered, names: Mapping[str, str]) -> Lowered:
    """A call with the names of declarations in place of references to their nodes, for people."""

    def named(part: Lowered) -> Lowered:
        return Field(names[part.node]) if isinstance(part, Ref) and part.node in names else part

    return rebuilt(call, named)


def _renamed(numbers: dict[str, Json], origins: Mapping[str, str]) -> dict[str, Json]:
    by_origin = numbers.get("by_origin")
    if not isinstance(by_origin, Mapping):
        return numbers
    return {**numbers, "by_origin": {origins.get(origin, origin): number for origin, number in by_origin.items()}}
