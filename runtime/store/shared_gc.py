"""Frees what nothing refers to in a store that machines share, and what the cache before it does not need."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tunec.runtime.store.format import StoreError
from tunec.runtime.store.gc import Garbage, alone, here, recordings_of, remove, steps_of_last_builds
from tunec.runtime.store.published import versions_in
from tunec.runtime.store.remote import Remote, grows
from tunec.runtime.store.shared import record_of
from tunec.runtime.store.store import Store

#: How long answers that were paid for are kept though nothing rests on them: a build may come back for them.
PAID = timedelta(days=30)
_RECORDINGS = ("answers", "vectors", "scores")


def garbage_there(remote: Remote, dropping: tuple[str, ...] = ()) -> list[Garbage]:
    """What can go from a shared store, once the versions in `dropping` are gone too, records first: nobody shall see
    one whose files are gone. Paths are names there. Raises StoreError where it cannot be told what is needed."""
    sizes = {
        f"{kind}/{name}": size
        for kind in ("versions", "steps", "objects", *_RECORDINGS, "last")
        for name, size in remote.sizes(kind, deep=True).items()
    }
    dropped = {record_of(version) for version in dropping}
    versions = _records(remote, [name for name in sizes if name.startswith("versions/") and name not in dropped])
    last = _records(remote, [name for name in sizes if name.startswith("last/")])
    alive = {step for version in versions.values() for step in version["steps"]}
    alive |= {step["fingerprint"] for note in last.values() for step in note.values()}
    steps = _records(remote, [name for step in alive if (name := f"steps/{step}.json") in sizes])
    needed = {*versions, *last, *steps}
    for record in (*versions.values(), *steps.values()):
        needed |= {f"objects/{sha[:2]}/{sha}" for sha, _ in record["files"].values()}
        needed |= set(record.get("recordings", ()))
    unneeded = [name for name in sizes if name not in needed and not (grows(name) and _is_new(remote, name))]
    return [Garbage(name.partition("/")[0], Path(name), sizes[name]) for name in unneeded]


def remove_there(remote: Remote, found: list[Garbage]) -> None:
    """Delete it."""
    names = [item.path.as_posix() for item in found]
    records = [name for name in names if name.startswith(("versions/", "steps/"))]
    for some in (records, [name for name in names if name not in set(records)]):
        if some:
            remote.remove(some)


def trim(store: Store) -> None:
    """Let go of what a cache holds besides what the last build of each spec here used and the newest version of each,
    where the shared store has it."""
    if store.remote is None:
        return
    with suppress(StoreError), alone(store):  # another build here may need it
        remove(store, _idle(store, store.remote))


def _idle(store: Store, remote: Remote) -> list[Garbage]:
    root, alive = store.root, steps_of_last_builds(store)
    found = [p for p in root.glob("steps/*/*") if p.name not in alive and remote.has_step(p.name)]
    versions = versions_in(root)
    newest = {version.name.partition("@")[0]: version for version in versions}.values()
    older = [version for version in versions if version not in newest]
    found += [version.folder for version in older if remote.size(record_of(version.name)) is not None]
    kept = recordings_of(store, alive)
    for kind in _RECORDINGS:
        files = [p for p in (root / kind).rglob("*") if p.is_file() and p.relative_to(root).as_posix() not in kept]
        there = remote.sizes(kind, deep=True) if files else {}
        found += [p for p in files if there.get(p.relative_to(root / kind).as_posix(), -1) >= p.stat().st_size]
    return [here(path.relative_to(root).parts[0], path) for path in found]


def _records(remote: Remote, names: list[str]) -> dict[str, dict[str, Any]]:
    """Records and notes by name. Raises StoreError where one is damaged: nobody can tell what it needs."""
    found = remote.records(names)
    lost = [name for name in names if name not in found]
    if lost:
        raise StoreError(f"damaged: {remote.url}/{lost[0]}; build once more before gc, which cannot tell what it needs")
    return found


def _is_new(remote: Remote, name: str) -> bool:
    when = remote.written(name)
    return when is not None and datetime.now(UTC) - when < PAID
