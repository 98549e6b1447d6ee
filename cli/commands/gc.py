"""`tunec gc`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import click

from tunec.console.opening import fail, json_option, out_option, store_folder, store_option, version_folder
from tunec.console.output import echo, echo_json
from tunec.runtime.store.gc import alone, garbage, remove
from tunec.runtime.store.store import Store, StoreError


@click.command()
@click.argument("spec", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@click.option("--drop", "dropping", multiple=True, metavar="VERSION", help="Also delete this version (repeatable).")
@store_option
@out_option
@json_option
def command(
    spec: Path | None, dry_run: bool, dropping: tuple[str, ...], store: Path | None, out: Path | None, as_json: bool
) -> int:
    """Delete unreferenced data from the store next to SPEC.

    Deletes the results of steps that neither a version nor the last build of a spec refers to, with the model answers
    and embeddings that only these steps used. Versions are kept unless they are named with --drop.
    """
    root = store_folder(spec, store)
    if not (root / "format").exists():
        raise click.UsageError(f"no store in {root}; give a SPEC, or the store with --store")
    place = Store(root)
    try:
        place.check_format()
        with alone(place):
            dropped = tuple(_in_store(root, name, out) for name in dropping)
            found = garbage(place, dropped, out or Path("build"))
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
        things = [{"kind": g.kind, "path": os.path.relpath(g.path, root), "bytes": g.size} for g in found]
        echo_json({"removed": not dry_run, "garbage": things})
        return 0
    counts = Counter(item.kind for item in found)
    for kind, count in sorted(counts.items()):
        echo(f"  {kind:<14} {count:>7,}   {sizes[kind] / 1e6:>10,.1f} MB")
    verb = "would be deleted" if dry_run else "deleted"
    echo(f"{sum(sizes.values()) / 1e6:,.1f} MB {verb}" if found else "nothing to delete")
    return 0


def _in_store(root: Path, name: str, out: Path | None) -> Path:
    folder = version_folder(name, root, out)
    inside = root / "versions" / folder.parent.name / folder.name
    if not (inside / "manifest.json").exists():
        raise click.UsageError(f"{name} is not a version in {root}; `tunec versions` lists them")
    return inside
