"""Published versions in a store that machines share.

A version lies there as its files, by their content, and a record that names them, with what is to be known of a version
before its files are fetched. They are fetched one version at a time, into the store here.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tunec.runtime.store.files import files_under, hash_file, within, write_checked
from tunec.runtime.store.format import StoreError
from tunec.runtime.store.published import manifest_of, matches, run_of
from tunec.runtime.store.remote import Remote, RemoteDamaged
from tunec.runtime.store.store import Damaged, Store


@dataclass(frozen=True, slots=True)
class Shared:
    """A version in a shared store: `NAME@NUMBER+HASH`, when its build ended, the fingerprints of its steps, and the
    rows of its targets (None of those that have none)."""

    version: str
    finished: str
    steps: tuple[str, ...]
    targets: dict[str, int | None]

    @property
    def number(self) -> str:
        """The number that the spec states, without the hash."""
        return self.version.partition("@")[2].partition("+")[0]


def record_of(version: str) -> str:
    """The name of a version's record in a shared store."""
    return f"versions/{version.replace('@', '/', 1)}.json"


def send(store: Store, folder: Path) -> None:
    """Send a published version to the shared store, unless it is there."""
    if store.remote is None:
        return
    manifest = manifest_of(folder)
    if is_shared(store, str(manifest["version"])):
        return
    steps = tuple(step["fingerprint"] for step in manifest["steps"])
    targets = {name: target.get("rows") for name, target in manifest["targets"].items()}
    shared = Shared(str(manifest["version"]), str(run_of(folder).get("finished", "")), steps, targets)
    files = {name: [hash_file(path), path.stat().st_size] for name, path in files_under(folder).items()}
    draft = store.temporary()
    try:
        write_checked(draft / "record.json", {**asdict(shared), "files": files})
        store.remote.push(record_of(shared.version), folder, draft / "record.json")
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def is_shared(store: Store, version: str) -> bool:
    """Whether everyone can have a version: always, where the store is not shared."""
    return store.remote is None or store.remote.size(record_of(version)) is not None


def versions_there(remote: Remote, spec: str = "") -> list[Shared]:
    """The versions in a shared store, of one spec or of all, oldest first."""
    folder = f"versions/{spec}" if spec else "versions"
    names = [f"{folder}/{name}" for name in remote.sizes(folder, deep=True) if name.endswith(".json")]
    found = [_read(record) for record in remote.records(names).values()]
    return sorted(found, key=lambda v: (v.finished, v.version))


def _read(record: Any) -> Shared:
    try:
        return Shared(record["version"], record["finished"], tuple(record["steps"]), dict(record["targets"]))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError("a record of a version in the shared store is of another form") from error


def fetch_version(store: Store, name: str) -> None:
    """Bring the version here that a name means (`NAME`, the newest, `NAME@NUMBER`, `NAME@NUMBER+HASH`), if the shared
    store has it. Raises StoreError where it is damaged there."""
    spec, _, wanted = name.partition("@")
    spec = Path(spec).stem if spec.endswith(".tune") else spec
    if store.remote is not None and spec not in ("", ".", "..") and "/" not in spec:
        found = [v for v in versions_there(store.remote, spec) if matches(v.version.partition("@")[2], wanted)]
        try:
            for version in found[-1:]:
                _bring(store, version)
        except RemoteDamaged as damage:
            raise StoreError(f"{found[-1].version}: {damage}; build it again") from damage


def numbers_there(store: Store, spec: str) -> frozenset[str]:
    """The numbers of a spec's versions in the shared store."""
    names = store.remote.names(f"versions/{spec}") if store.remote is not None else ()
    return frozenset(name.partition("+")[0] for name in names)


def fetch_others(store: Store, name: str, same_number: bool = False) -> None:
    """Bring the versions here that the one of this name is compared with: that which was published before it, the
    newest where it is not published yet, and others of the same number."""
    if store.remote is None:
        return
    spec, _, number = name.partition("+")[0].partition("@")
    found = versions_there(store.remote, spec)
    place = next((n for n, version in enumerate(found) if version.version == name), len(found))
    others = [v for v in found if same_number and v.number == number and v.version != name]
    for version in [*found[max(place - 1, 0) : place], *others]:
        try:
            _bring(store, version)
        except RemoteDamaged as damage:
            store.warn(f"{version.version}: {damage}")


def fetch_steps(store: Store, folder: Path) -> None:
    """Bring the results of a version's steps here, as far as the shared store has them."""
    if store.remote is not None:
        for step in manifest_of(folder)["steps"]:
            try:
                if store.has(step["fingerprint"]):
                    store.checked(step["fingerprint"])
            except Damaged as damage:
                store.warn(str(damage))


def _bring(store: Store, version: Shared) -> None:
    target = within(store.root / "versions", version.version.replace("@", "/", 1))
    if store.remote is None or (target / "manifest.json").exists():
        return
    with Store(store.root).lease():  # no build here clears away what is half here
        draft = store.temporary()
        try:
            store.remote.pull(record_of(version.version), draft / "version", draft / "record.json")
            store.publish(draft / "version", target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
