"""Frees what nothing refers to: steps and recordings that no version and no last build rests on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tunec.runtime.sources.fetched import unneeded
from tunec.runtime.store.files import is_draft, left_behind
from tunec.runtime.store.published import VersionDamaged, manifest_of, versions_in
from tunec.runtime.store.store import Damaged, Store, StoreError


@dataclass(frozen=True, slots=True)
class Garbage:
    """Something in the store that nothing refers to. `kind` is the folder that it lies in."""

    kind: str
    path: Path
    size: int


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Keep builds out of the store. Raises StoreError where one is at work."""
    from filelock import FileLock

    with FileLock(store.root / "gc.lock"):
        others = store.others_at_work()
        if others:
            raise StoreError(f"a build is at work in {store.root} (process {', '.join(others)}): wait for it to end")
        yield


def garbage(store: Store, dropping: tuple[Path, ...] = (), out: Path | None = None) -> list[Garbage]:
    """What can go, once the versions in `dropping` are gone too, in the order of names; also what killed builds left
    beside the store and in the folder `out`."""
    kept = [v.folder for v in versions_in(store.root) if v.folder not in dropping]
    alive = _steps_of_versions(kept) | steps_of_last_builds(store)
    recordings = recordings_of(store, alive)
    paid = any((store.root / "spending").glob("*.log"))
    found = [here("versions", folder) for folder in dropping]
    found += [here("steps", p) for p in sorted(store.root.glob("steps/*/*")) if p.name not in alive]
    found += [here("work", p) for p in sorted(store.root.glob("work/*")) if p.name not in alive]
    for kind in ("answers", "vectors", "scores"):
        files = sorted(p for p in (store.root / kind).rglob("*") if p.is_file())
        if paid:  # answers that a build paid for and did not come to use yet
            files = [p for p in files if p.suffix != ".log"]
        found += [here(kind, p) for p in files if p.relative_to(store.root).as_posix() not in recordings]
    for note in sorted(store.root.glob("publications/*.json")):
        said = store.note(f"publications/{note.name}")
        if said is None or store.root / said["folder"] not in kept:
            found.append(here("publications", note))
    found += [here("fetched", path) for path in unneeded(store.root)]
    for kind in ("damaged", "tmp", "locks"):
        found += [here(kind, p) for p in sorted((store.root / kind).glob("*"))]
    left = [*store.unfinished(), *left_behind(store.root.parent), *(left_behind(out, shown=True) if out else ())]
    return found + [here("unfinished", path) for path in left]


def remove(store: Store, found: list[Garbage]) -> None:
    """Delete it. Raises OutsideRoot where a link in the store leads out of it."""
    for item in found:
        if item.path.parent != store.root and item.path.is_relative_to(store.root):
            store.at(str(item.path.parent.relative_to(store.root)))
        if item.path.is_dir() and not item.path.is_symlink():
            shutil.rmtree(item.path)
        else:
            item.path.unlink(missing_ok=True)


def _steps_of_versions(folders: list[Path]) -> set[str]:
    try:
        return {step["fingerprint"] for folder in folders for step in manifest_of(folder)["steps"]}
    except VersionDamaged as damage:
        raise StoreError(f"{damage}; build once more before gc, which cannot tell what it rests on") from damage


def steps_of_last_builds(store: Store) -> set[str]:
    """The steps that the last build of each spec stood on, published or not."""
    found: set[str] = set()
    last = store.root / "last"
    for path in (p for p in (last.iterdir() if last.is_dir() else ()) if p.suffix == ".json" and not is_draft(p)):
        steps = store.note(f"last/{path.name}") or {}
        found |= {str(step["fingerprint"]) for step in steps.values()}
    return found


def recordings_of(store: Store, alive: set[str]) -> set[str]:
    """The recordings that steps rest on which are stored here, by name. Raises StoreError."""
    found: set[str] = set()
    for fingerprint in alive:
        if store.step(fingerprint).exists():
            try:
                found |= set(store.info(fingerprint)["recordings"])
            except Damaged as damage:
                said = f"{damage}; build once more before gc, which cannot tell what this step rests on"
                raise StoreError(said) from damage
    return found


def here(kind: str, path: Path) -> Garbage:
    """Something in the store here, with its size."""
    if not path.is_dir():
        return Garbage(kind, path, path.stat().st_size)
    sizes = (os.lstat(Path(folder) / name).st_size for folder, _, names in os.walk(path) for name in names)
    return Garbage(kind, path, sum(sizes))
