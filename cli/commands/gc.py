"""`tunec gc`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import click

from tunec.console.opening import fail, json_option, open_store, out_option, store_option, usual_out, version_folder
from tunec.console.output import echo, echo_json
from tunec.runtime.store.gc import Garbage, alone, garbage, remove
from tunec.runtime.store.marks import collecting
from tunec.runtime.store.remote import Remote
from tunec.runtime.store.shared import versions_there
from tunec.runtime.store.shared_gc import garbage_there, remove_there
from tunec.runtime.store.store import StoreError


@click.command()
@click.argument("spec", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@click.option("--drop", "dropping", multiple=True, metavar="VERSION", help="Also delete this version (repeatable).")
@store_option
@out_option
@json_option
def command(
    spec: Path | None, dry_run: bool, dropping: tuple[str, ...], store: str | None, out: Path | None, as_json: bool
) -> int:
    """Delete unreferenced data from the store next to SPEC, or from a shared store.

    Deletes the results of steps that neither a version nor the last build of a spec refers to, with the model answers
    and embeddings that only these steps used. Versions are kept unless they are named with --drop.
    """
    place = open_store(spec, store)
    root = place.root
    if place.remote is None and not (root / "format").exists():
        raise click.UsageError(f"no store in {root}; give a SPEC, or the store with --store")
    try:
        if place.remote is not None:
            found = _shared(place.remote, dropping, dry_run)
        else:
            place.check_format()
            with alone(place):
                dropped = tuple(_in_store(root, name, out) for name in dropping)
                found = garbage(place, dropped, out or usual_out())
                if not dry_run:
                    remove(place, found)
    except StoreError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or root}: {error.strerror or error}")
    sizes: Counter[str] = Counter()
    for item in found:
        sizes[item.kind] += item.size
    if as_json:
        paths = [str(g.path) if place.remote is not None else os.path.relpath(g.path, root) for g in found]
        things = [{"kind": g.kind, "path": path, "bytes": g.size} for g, path in zip(found, paths, strict=True)]
        echo_json({"removed": not dry_run, "garbage": things})
        return 0
    counts = Counter(item.kind for item in found)
    for kind, count in sorted(counts.items()):
        echo(f"  {kind:<14} {count:>7,}   {sizes[kind] / 1e6:>10,.1f} MB")
    verb = "would be deleted" if dry_run else "deleted"
    echo(f"{sum(sizes.values()) / 1e6:,.1f} MB {verb}" if found else "nothing to delete")
    return 0


def _shared(remote: Remote, dropping: tuple[str, ...], dry_run: bool) -> list[Garbage]:
    """What can go, or went, from a shared store."""
    with collecting(remote):
        known = {version.version for version in versions_there(remote)} if dropping else set()
        for name in dropping:
            if name not in known:
                raise click.UsageError(f"{name} is not a version in {remote.url}; `tunec versions` lists them")
        found = garbage_there(remote, dropping)
        if not dry_run:
            remove_there(remote, found)
    return found


def _in_store(root: Path, name: str, out: Path | None) -> Path:
    folder = version_folder(name, str(root), out)
    inside = root / "versions" / folder.parent.name / folder.name
    if not (inside / "manifest.json").exists():
        raise click.UsageError(f"{name} is not a version in {root}; `tunec versions` lists them")
    return inside
