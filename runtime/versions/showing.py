"""The folder that shows people the latest version of a spec."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from tunec.runtime.store.files import NotAsWritten, hash_file, held, left_behind, link_or_copy, read_object
from tunec.runtime.store.published import run_of
from tunec.runtime.store.store import Store
from tunec.runtime.versions.contents import UNHASHED
from tunec.runtime.versions.kinds import kind_of


class NotOurs(Exception):
    """What stands where a version would be shown is not of tunec, and is not touched."""


def show(version: Path, folder: Path, store: Store) -> None:
    """Make `folder` show a version: hard links where the file system allows them, copies elsewhere.

    Replaces only what tunec wrote there; where somebody has changed it, it is kept in the store. Raises NotOurs.
    """
    check_ours(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in left_behind(folder.parent, shown=True):
        shutil.rmtree(left)
    fresh = folder.with_name(f".{folder.name}.{os.urandom(8).hex()}")
    fresh.mkdir()
    with held(fresh):
        shutil.copytree(version, fresh, copy_function=link_or_copy, dirs_exist_ok=True)
        fresh.chmod(0o755)
        keep_changed(folder, store)
        if folder.exists():
            old = fresh.with_name(f"{fresh.name}.old")
            folder.rename(old)
            fresh.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            fresh.rename(folder)


def keep_changed(folder: Path, store: Store) -> None:
    """Keep a folder that shows a version in the store, if files in it no longer hold what tunec wrote there: they may
    be somebody's work. A file that has another name, in the store, is looked at there."""
    if not (folder / "manifest.json").exists():
        return
    written = {**read_object(folder / "manifest.json")["contents"], **run_of(folder).get("files", {})}
    alone = {name: path for name in written if (path := folder / name).is_file() and path.stat().st_nlink == 1}
    changed = sorted(name for name, path in alone.items() if hash_file(path) != written[name])
    if changed:
        named = ", ".join(changed[:3]) + (f" and {len(changed) - 3:,} more" if len(changed) > 3 else "")
        kept = store.put_aside(folder)
        store.warn(f"{folder} has changed since it was published ({named}); it is kept as {kept} until `tunec gc`")


def check_ours(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise NotOurs unless tunec may put a version at `folder`: nothing is there, or only files that a build wrote.

    `inputs` are the files that the spec reads: none of them may lie inside of what is replaced.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    other = "choose another folder with --out, or move it away"
    if folder.is_symlink() or not folder.is_dir():
        raise NotOurs(f"{folder} is not a folder that tunec wrote; {other}")
    real = folder.resolve()
    read = next((path for path in inputs if path.resolve().is_relative_to(real)), None)
    if read is not None:
        raise NotOurs(f"{read} is an input of the spec, and publishing replaces {folder}; {other}")
    manifest = folder / "manifest.json"
    written = _written(folder)
    if written is None:
        raise NotOurs(
            f"{manifest} is damaged and no longer says which files of {folder} a build wrote; move {folder} away (what "
            "was published is still in the store), and build again"
        )
    present = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir())
    foreign = [name for name in present if name not in written]
    if foreign:
        named = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3:,} more" if len(foreign) > 3 else "")
        raise NotOurs(f"{folder} holds files that tunec did not write ({named}); {other}")


def _written(folder: Path) -> set[str] | None:
    """The names of the files that the build which filled a folder wrote there; nothing where it has no manifest, and
    None where that is damaged."""
    try:
        manifest = read_object(folder / "manifest.json")
        contents = set(manifest["contents"])
        cards = {f"{kind_of(t['kind']).place(name)}/README.md" for name, t in manifest["targets"].items()}
    except FileNotFoundError:
        return set()
    except (OSError, NotAsWritten, ValueError, KeyError, TypeError, AttributeError):
        return None
    return {*contents, *UNHASHED, *cards}
