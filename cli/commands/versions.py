"""`tunec versions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tunec.console.opening import json_option, open_store, out_option, store_option
from tunec.console.output import echo, echo_json, style
from tunec.runtime.store.published import VersionDamaged, manifest_of, store_of, versions_in
from tunec.runtime.store.shared import versions_there


@click.command()
@click.argument("spec", required=False)
@store_option
@out_option
@json_option
def command(spec: str | None, store: str | None, out: Path | None, as_json: bool) -> int:
    """List published versions of SPEC (a name or a file), or of all specs, oldest first."""
    path = Path(spec) if spec and spec.endswith(".tune") else None
    name = path.stem if path else spec
    opened = open_store(path, store)
    places = [opened.root]
    if store is None and path is None and opened.remote is None:
        shown = [store_of(m.parent) for m in sorted((out or Path("build")).glob("*/manifest.json"))]
        places += [s for s in shown if s is not None and s.resolve() != places[0].resolve()]
    found: dict[str, dict[str, Any]] = {}
    for version in (v for place in dict.fromkeys(places) for v in versions_in(place, name or "")):
        try:
            targets = {n: t.get("rows") for n, t in manifest_of(version.folder)["targets"].items()}
        except VersionDamaged as error:
            echo(f"{style('warning', fg='yellow', bold=True)}: {error}; `tunec build` publishes it again", err=True)
            continue
        told: dict[str, Any] = {"version": version.name, "finished": version.finished, "targets": targets}
        found.setdefault(version.name, {**told, "folder": str(version.folder)})
    if opened.remote is not None:
        for shared in versions_there(opened.remote, name or ""):
            told = {"version": shared.version, "finished": shared.finished, "targets": shared.targets}
            found.setdefault(shared.version, {**told, "folder": None})
        found = dict(sorted(found.items(), key=lambda entry: (entry[1]["finished"], entry[0])))
    if as_json:
        echo_json(list(found.values()))
        return 0
    for said in found.values():
        rows = ", ".join(f"{n} {r:,} rows" if r is not None else n for n, r in dict(said["targets"]).items())
        echo(f"{said['version']:<32} {said['finished']}  {rows}")
    if not found:
        others = sorted({v.name for place in dict.fromkeys(places) for v in versions_in(place)}) if name else []
        told_of = f" of `{name}`; there is {', '.join(others)}" if others else " yet; run `tunec build SPEC`"
        echo(f"no versions{told_of}")
    return 0
