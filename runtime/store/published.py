"""Published versions: finding them by name, reading what they hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import digest
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.rows.messages import completed
from tunec.runtime.store.files import NotAsWritten, read_object
from tunec.runtime.store.forms import MANIFEST, RUN, disjointed, misfit

if TYPE_CHECKING:
    import polars as pl


class NoSuchVersion(Exception):
    """No version of that name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Version:
    """A published version: `NAME@NUMBER+HASH`, and the folder that holds its files."""

    name: str
    folder: Path
    finished: str

    @property
    def number(self) -> str:
        """The number that the spec states, without the hash."""
        return self.name.partition("@")[2].partition("+")[0]


def versions_in(store: Path, spec: str = "") -> list[Version]:
    """The versions in a store, of one spec or of all, oldest first."""
    found = []
    specs = [store / "versions" / spec] if spec else _folders(store / "versions")
    for folder in (folder for place in specs for folder in _folders(place)):
        manifest = folder / "manifest.json"
        if not manifest.exists():
            continue
        version = Version(f"{folder.parent.name}@{folder.name}", folder, str(run_of(folder).get("finished", "")))
        # Two builds may end within one second.
        found.append((version.finished, manifest.stat().st_mtime_ns, version.name, version))
    return [version for *_, version in sorted(found, key=lambda entry: entry[:3])]


def _folders(folder: Path) -> list[Path]:
    """What is in a folder, if there is one. Unlike `glob` this raises OSError where it cannot be read: `gc` must not
    take versions that it cannot see for none."""
    return list(folder.iterdir()) if folder.is_dir() else []


def version_before(store: Path, name: str) -> Path | None:
    """The folder of the version that was published before the one of this name: the newest, where there is none yet."""
    found = versions_in(store, name.partition("@")[0])
    place = next((number for number, version in enumerate(found) if version.name == name), len(found))
    return found[place - 1].folder if place else None


def find_version(name: str, store: Path | None, out: Path, usual: Path | None = None) -> Path:
    """The folder of a version: a folder, `NAME` (the newest), `NAME@VERSION`, `NAME@VERSION+HASH`, or a spec file.

    Without a store, it is looked for in what `out` shows, in the `usual` store, or in `.tunec` and in the stores that
    the versions shown under `out` come from.
    """
    if (Path(name) / "manifest.json").exists():
        return Path(name)
    spec, _, number = name.partition("@")
    only = store or usual
    stores = [only] if only is not None else [Path(".tunec"), *_stores_of(out)]
    if spec.endswith(".tune"):
        stores.insert(0, Path(spec).parent / ".tunec")
        spec = Path(spec).stem
    if store is None and not number and (out / spec / "manifest.json").exists():
        return out / spec
    found = [v for place in stores for v in versions_in(place, spec)]
    matching = [v for v in found if matches(v.name.partition("@")[2], number)]
    if matching:
        return max(matching, key=lambda v: (v.finished, v.name)).folder
    known = sorted({v.name for place in stores for v in versions_in(place)})
    raise NoSuchVersion(f"no version `{name}`; there is {', '.join(known) or 'none yet: run `tunec build`'}")


def is_here(name: str, out: Path) -> bool:
    """Whether a name of a version is that of a folder, or of what `out` shows."""
    spec = Path(name).stem if name.endswith(".tune") else name
    return (Path(name) / "manifest.json").exists() or ("@" not in spec and (out / spec / "manifest.json").exists())


def matches(full: str, wanted: str) -> bool:
    """Whether `NUMBER+HASH` is what is wanted: nothing in particular, a number, or one with the start of a hash."""
    number, _, content = wanted.partition("+")
    have, _, hashed = full.partition("+")
    return (not number or have == number) and hashed.startswith(content)


def run_of(folder: Path) -> dict[str, Any]:
    """What `run.json` says of the run that made a version; nothing where it is gone or broken: nothing rests on it."""
    path = folder / "run.json"
    try:
        run = read_object(path) if path.exists() else {}
    except (NotAsWritten, OSError):
        return {}
    return {} if misfit(run, RUN) else run


def store_of(folder: Path) -> Path | None:
    """The store that a version's folder lies in or was shown from, where that is known and still there."""
    place = folder.resolve()
    if place.parent.parent.name == "versions":
        return place.parents[2]
    said = run_of(folder).get("store")
    found = Path(os.path.normpath(place / said)) if said is not None else None
    return found if found is not None and (found / "steps").is_dir() else None


def _stores_of(out: Path) -> list[Path]:
    found = [store_of(manifest.parent) for manifest in sorted(out.glob("*/manifest.json"))]
    return [store for store in dict.fromkeys(found) if store is not None]


class VersionDamaged(Exception):
    """The manifest of a version has changed since it was written."""


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a version. Raises VersionDamaged."""
    path = folder / "manifest.json"
    try:
        found = read_object(path)
        whole = found.pop("check", None) == digest(found)
    except (NotAsWritten, OSError, ValueError, RecursionError) as error:
        raise VersionDamaged(f"damaged: {path} cannot be read") from error
    if not whole:
        raise VersionDamaged(f"damaged: {path} has changed since it was written")
    strange = misfit(found, MANIFEST) or disjointed(found)
    if strange:
        raise VersionDamaged(f"damaged: {path} is not a manifest: `{strange}` is missing or of another form")
    # Whoever opens a pipe waits for ever.
    pipe = next((p for p in map(folder.joinpath, found["contents"]) if p.exists() and not p.is_file()), None)
    if pipe is not None:
        raise VersionDamaged(f"damaged: {pipe} is not a regular file")
    return found


def data_sets(folder: Path) -> dict[str, dict[str, Path]]:
    """The data sets of a version with the files of their splits, in the order in which the spec has them."""
    targets = manifest_of(folder)["targets"]
    return {name: files_of(folder, name, target["splits"]) for name, target in targets.items() if "splits" in target}


def files_of(folder: Path, name: str, splits: Iterable[str]) -> dict[str, Path]:
    """The files of a data set's splits in a version's folder."""
    return {split: folder / "datasets" / name / f"{split}-00000.parquet" for split in splits}


def rows_of(folder: Path, name: str) -> pl.DataFrame:
    """The rows of a published data set with their `split`, as the engine had them, but for `position`."""
    import polars as pl

    frames = [pl.read_parquet(p, glob=False).with_columns(split=pl.lit(s)) for s, p in data_sets(folder)[name].items()]
    rows = pl.concat(frames, how="diagonal_relaxed")
    kind = RowType(manifest_of(folder)["row_types"][name])
    # What no row has is not published.
    rows = completed(rows, kind)
    return rows.select("id", "origin", "parents", *CONTENT[kind], *_others(rows, kind))


def _others(rows: pl.DataFrame, kind: RowType) -> list[str]:
    return [c for c in rows.columns if c not in ("id", "origin", "parents", *CONTENT[kind])]


_NUMBER = re.compile(r"(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?")


def is_fixed(number: str) -> bool:
    """Whether a version of this number may never change: not before a spec states one (`0.0.0`), and not a pre-release
    (`1.1.0-dev`)."""
    found = _NUMBER.fullmatch(number)
    return number != "0.0.0" and not (found and found[4])


def bumped(number: str, level: str) -> str:
    """The next number after a `major`, `minor` or `patch` change."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise ValueError(f"{number} is not a semantic version")
    major, minor, patch = (int(found[k]) for k in (1, 2, 3))
    following = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return ".".join(str(part) for part in following[level])
