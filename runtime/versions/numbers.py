"""Whether a version's number is taken by other content, and which number it should have instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.runtime.store.published import Version, bumped, is_fixed, manifest_of, versions_in

_LEVELS = ("patch", "minor", "major")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of a new build from a published version. `level` is the part of the number that it raises."""

    level: str
    text: str


class VersionTaken(Exception):
    """Another content is published under this number. `proposed` is the number to use instead."""

    def __init__(self, earlier: Version, changes: list[Change], proposed: str) -> None:
        self.earlier = earlier
        self.changes = changes
        self.proposed = proposed
        said = "\n".join(f"  {c.text}" for c in changes)
        super().__init__(
            f"{earlier.name} is published and differs:\n{said}\n"
            f'  a published number never changes: write version: "{proposed}" in the spec, or build with --bump'
        )


def check_number(store: Path, draft: Path, manifest: dict[str, Any]) -> None:
    """Raise VersionTaken where a version of the same number holds other content for a target of the draft."""
    spec = manifest["spec"]
    number = str(spec["version"])
    if not is_fixed(number):
        return
    every = versions_in(store, str(spec["name"]))
    for earlier in (v for v in every if v.number == number):
        changes = changes_between(earlier.folder, draft, manifest)
        if changes:
            level = max((c.level for c in changes), key=_LEVELS.index)
            taken = {v.number for v in every}
            proposed = bumped(number, level)
            while proposed in taken:
                proposed = bumped(proposed, level)
            raise VersionTaken(earlier, changes, proposed)


def changes_between(before: Path, draft: Path, now: dict[str, Any]) -> list[Change]:
    """What differs in the targets that both have: major where the schema or row type changes, minor where rows or
    weights do, patch where only metadata does."""
    old = manifest_of(before)
    found = []
    for name, target in now["targets"].items():
        if name not in old["targets"]:
            continue
        kind = target["kind"]
        if kind != old["targets"][name]["kind"]:
            found.append(Change("major", f"`{name}` was a {old['targets'][name]['kind']} and is a {kind}"))
        elif kind == "dataset":
            found += _data_set(name, before, draft, old, now)
        elif _hashes(old, kind, name) != _hashes(now, kind, name):
            what = {"train": "other weights", "merge": "other weights", "evaluate": "other numbers"}[kind]
            found.append(Change("minor", f"`{name}` has {what}"))
    found += [
        Change("patch", f"{key} of the spec: {old['spec'][key]!r} → {now['spec'][key]!r}")
        for key in ("license", "description")
        if old["spec"][key] != now["spec"][key]
    ]
    # Origins that both have: a source that came or went shows among the rows.
    changed = {o for o in old["licences"].keys() & now["licences"].keys() if old["licences"][o] != now["licences"][o]}
    for origin in sorted(changed):
        name = now["origins"][origin][0]
        found.append(Change("patch", f"licence of `{name}`: {old['licences'][origin]!r} → {now['licences'][origin]!r}"))
    return found


def _data_set(name: str, before: Path, draft: Path, old: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    if _hashes(old, "dataset", name) == _hashes(now, "dataset", name):
        return []
    if old["row_types"][name] != now["row_types"][name]:
        return [Change("major", f"`{name}` held {old['row_types'][name]} rows and holds {now['row_types'][name]} rows")]
    was, is_ = _schema(before, name), _schema(draft, name)
    if was != is_:
        names = sorted(c for c in was.keys() | is_.keys() if was.get(c) != is_.get(c))
        said = ", ".join(f"{c} ({was.get(c, 'absent')} → {is_.get(c, 'absent')})" for c in names)
        return [Change("major", f"`{name}` has other columns: {said}")]
    import polars as pl

    # By content alone: a source that got a row more is another origin for all of its rows.
    ids = [pl.read_parquet(_files(folder, name), columns=["id"], glob=False) for folder in (before, draft)]
    gone = ids[0].join(ids[1], on="id", how="anti").height
    new = ids[1].join(ids[0], on="id", how="anti").height
    if gone or new:
        return [Change("minor", f"`{name}`: {new:,} rows added, {gone:,} removed")]
    return [Change("minor", f"`{name}`: the same rows with other text, order, or splits")]


def _schema(folder: Path, name: str) -> dict[str, str]:
    import polars as pl

    found = {k: str(v) for k, v in pl.scan_parquet(_files(folder, name), glob=False).collect_schema().items()}
    splits = sorted(p.name.removesuffix("-00000.parquet") for p in _files(folder, name))
    return {**found, "(splits)": ", ".join(splits)}


def _files(folder: Path, name: str) -> list[Path]:
    return sorted((folder / "datasets" / name).glob("*.parquet"))


def _hashes(manifest: dict[str, Any], kind: str, name: str) -> dict[str, str]:
    place = {"dataset": f"datasets/{name}/", "evaluate": f"evaluations/{name}.json"}.get(kind, f"models/{name}/")
    return {path: sha for path, sha in manifest["contents"].items() if path.startswith(place)}
