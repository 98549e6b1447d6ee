"""Checks every promise of a version again, from its published files alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunec.compiler.graph import digest
from tunec.compiler.licences import told
from tunec.compiler.planning.fingerprint import fingerprints
from tunec.compiler.types import RowType
from tunec.runtime.sources.outside import software_of
from tunec.runtime.store.published import VersionDamaged, data_sets, manifest_of, rows_of
from tunec.runtime.versions.contents import content_hash, contents_of, undescribed
from tunec.runtime.versions.crossings import crossings, group_of
from tunec.runtime.versions.findings import licence_conflicts
from tunec.runtime.versions.kind import Edition
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.promises import BENCHMARKS
from tunec.runtime.versions.table_forms import misformed

#: How many offenders a message names.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. `problems` is empty where it holds; `said` tells what was looked at."""

    promise: str
    said: str
    problems: tuple[str, ...]


def verify(folder: Path) -> list[Check]:
    """Every check of a version, in order. Where its files are not those that were published, the rest is not looked at:
    it would speak of another version."""
    try:
        manifest = manifest_of(folder)
        first = _files(folder, manifest)
    except VersionDamaged as damage:
        return [Check("files", "manifest.json", (str(damage),))]
    strange = first.problems or tuple(misformed(folder, manifest))
    if strange:
        return [replace(first, problems=strange)]
    checks: list[Callable[[Path, dict[str, Any]], Check]] = [
        _identity, _recipe, _conservation, _reasons, _splits, _benchmarks, _licences,
    ]  # fmt: skip
    return [first, *(check(folder, manifest) for check in checks)]


def damage(folder: Path) -> tuple[str, ...]:
    """What is wrong with the files of a version, and where it lies."""
    try:
        manifest = manifest_of(folder)
        problems = _files(folder, manifest).problems or tuple(misformed(folder, manifest))
        return tuple(f"{folder}: {problem}" for problem in problems)
    except VersionDamaged as damaged:
        return (str(damaged).removeprefix("damaged: "),)


def _files(folder: Path, manifest: dict[str, Any]) -> Check:
    present, promised = contents_of(folder), manifest["contents"]
    problems = [f"{name} is missing" for name in promised if name not in present]
    problems += [f"{n} has changed since it was published" for n, sha in promised.items() if present.get(n, sha) != sha]
    problems += [f"{name} was not published with this version" for name in present if name not in promised]
    problems += undescribed(folder)
    edition = Edition(folder, manifest)
    targets = {name: kind_of(target["kind"]) for name, target in manifest["targets"].items()}
    problems += [
        f"`{n}` has no files in {k.place(n)}" for n, k in targets.items() if k.path and not k.files(n, edition)
    ]
    unknown = [f"`{n}` is of a kind that is not known here ({k.keyword})" for n, k in targets.items() if not k.path]
    return Check("files", "; ".join([f"{len(promised)} files rehashed", *unknown]), tuple(problems))


def _identity(folder: Path, manifest: dict[str, Any]) -> Check:
    name = f"{manifest['spec']['name']}@{manifest['spec']['version']}+{content_hash(manifest['contents'])[:12]}"
    problems = () if name == manifest["version"] else (f"the files are those of {name}, not of {manifest['version']}",)
    return Check("version id", manifest["version"], problems)


def _recipe(folder: Path, manifest: dict[str, Any]) -> Check:
    """The fingerprints follow from what they were made of, and that from what the lock pins."""
    parts = {n: {k: v for k, v in part.items() if k != "print"} for n, part in manifest["fingerprints"].items()}
    prints = fingerprints(parts)
    wrong = [n for n, part in manifest["fingerprints"].items() if prints[n] != part["print"]]
    problems = [f"the fingerprint of {n} is not that of its ingredients" for n in wrong]
    targets = manifest["graph"]["targets"]
    if digest({name: prints[targets[name]["node"]] for name in manifest["targets"]}) != manifest["recipe"]:
        problems.append("the recipe is not that of the targets")
    pinned = {value for pin in manifest["lock"].values() for value in pin.values()}
    for node, part in parts.items():
        outside = part["outside"]
        used = [*outside.get("files", ()), *([outside["revision"]] if "revision" in outside else [])]
        used += software_of(str(outside.get("backend", ""))).values()
        used += [pin for key in ("packages", "resources") for pin in outside.get(key, {}).values()]
        problems += [f"{node} uses {item[:16]}…, which the lock does not pin" for item in used if item not in pinned]
    checked = f"{len(parts)} fingerprints recomputed, {len(manifest['lock'])} pins"
    return Check("recipe and lock", checked, tuple(problems))


def _conservation(folder: Path, manifest: dict[str, Any]) -> Check:
    """Rows in and rows made are rows out and rows dropped, at every step and for every data set; and the rows that the
    ledger calls kept are those that were published."""
    import polars as pl

    problems = []
    counted = 0
    for step in manifest["steps"]:
        for node in step.get("nodes", ()):
            counted += 1
            if node["rows_in"] + node["made"] != node["rows_out"] + node["dropped"]:
                problems.append(f"{step['label']}: {node['op']} loses rows")
            if sum(node["rules"].values()) != node["dropped"]:
                problems.append(f"{step['label']}: {node['op']} dropped rows without a reason")
    for name in data_sets(folder):
        ledger = pl.read_parquet(folder / "ledger" / f"{name}.parquet", glob=False)
        entered = manifest["targets"][name]["entered"]
        if ledger.height != entered:
            problems.append(f"{name}: {entered:,} rows entered and the ledger has {ledger.height:,}")
        kept = ledger.filter(pl.col("verdict") == "kept").select("id", "origin").sort("id", "origin")
        rows = rows_of(folder, name).select("id", "origin").sort("id", "origin")
        if not kept.equals(rows):
            problems.append(f"{name}: the published rows are not those that the ledger calls kept")
    return Check("no row lost", f"{counted} stages, {len(data_sets(folder))} ledgers", tuple(problems))


def _reasons(folder: Path, manifest: dict[str, Any]) -> Check:
    import polars as pl

    problems = []
    dropped = 0
    for path in sorted((folder / "ledger").glob("*.parquet")):
        gone = pl.read_parquet(path, glob=False).filter(pl.col("verdict") != "kept")
        dropped += gone.height
        bare = gone.filter(pl.col("rule").is_null() | (pl.col("rule") == "") | pl.col("node").is_null())
        if bare.height:
            problems.append(f"{path.stem}: {bare.height:,} dropped rows have no reason, such as {_ids(bare)}")
        strange = gone.filter(~pl.col("node").is_in(list(manifest["nodes"]))).drop_nulls("node")
        if strange.height:
            problems.append(f"{path.stem}: {strange.height:,} rows were dropped by a stage that the manifest has not")
    return Check("every drop has a reason", f"{dropped:,} dropped rows", tuple(problems))


def _splits(folder: Path, manifest: dict[str, Any]) -> Check:
    problems = []
    compared = 0
    for name, splits in data_sets(folder).items():
        if len(splits) > 1:
            rows = rows_of(folder, name)
            compared += rows.height
            kind = RowType(manifest["row_types"][name])
            problems += [f"{name}: {found}" for found in crossings([rows], kind, group_of(manifest["graph"], name))]
    return Check("splits are disjoint", f"{compared:,} rows compared by id and prompt", tuple(problems))


def _benchmarks(folder: Path, manifest: dict[str, Any]) -> Check:
    import polars as pl

    from tunec.runtime.text.turns import compared
    from tunec.runtime.versions.hidden_items import contaminated

    path = folder / BENCHMARKS
    names = sorted({b for t in manifest["targets"].values() for b in t.get("benchmarks", ())})
    if not names:
        return Check("no benchmark item in a row", "no data set promises it", ())
    items = pl.read_parquet(path, glob=False)
    if "data_set" not in items.columns:
        outdated = "the benchmarks are hashed as an earlier tunec did it; build again to have this checked"
        return Check("no benchmark item in a row", ", ".join(names), (outdated,))
    problems = []
    for (name, fields, with_), part in items.group_by("data_set", "fields", "with", maintain_order=True):
        rows = rows_of(folder, str(name))
        matches = contaminated(compared(rows, str(fields).split(","), str(with_)), part)
        if matches.height:
            ids = rows["id"].gather(matches["row"])
            problems.append(f"{name}: {matches.height:,} rows hold an item, such as {', '.join(ids[:_NAMED])}")
    return Check(
        "no benchmark item in a row", f"{items['item'].n_unique():,} items of {', '.join(names)}", tuple(problems)
    )


def _licences(folder: Path, manifest: dict[str, Any]) -> Check:
    """As `lint` and `build` judge the sources of each data set, without what the spec accepts with a comment."""
    ours = str(manifest["spec"]["license"])
    accepted = {entry["message"] for entry in manifest.get("accepted", ())}
    found = dict.fromkeys(conflict for name in data_sets(folder) for conflict in licence_conflicts(manifest, name))
    sentences = {told(conflict, ours): conflict.reason for conflict in found}
    problems = [
        text for text, reason in sentences.items() if reason not in ("unknown", "excluded") and text not in accepted
    ]
    stated = sum(1 for licence in manifest["licences"].values() if licence)
    warned = [text for text in sentences if text not in problems]
    checked = "; ".join([f"{stated} stated, the spec is under {ours or 'none'}", *warned])
    return Check("licences", checked, tuple(problems))


def _ids(rows: Any) -> str:
    return ", ".join(rows["id"].head(_NAMED))
