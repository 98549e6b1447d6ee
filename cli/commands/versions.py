"""`tunec versions`."""

from __future__ import annotations

from pathlib import Path

import click

from tunec.console.opening import json_option, out_option, store_folder, store_option
from tunec.console.output import echo, echo_json, style
from tunec.runtime.store.published import VersionDamaged, manifest_of, store_of, versions_in


@click.command()
@click.argument("spec", required=False)
@store_option
@out_option
@json_option
def command(spec: str | None, store: Path | None, out: Path | None, as_json: bool) -> int:
    """List published versions of SPEC (a name or a file), or of all specs, oldest first."""
    path = Path(spec) if spec and spec.endswith(".tune") else None
    name = path.stem if path else spec
    places = [store_folder(path, store)]
    if store is None and path is None:
        shown = [store_of(m.parent) for m in sorted((out or Path("build")).glob("*/manifest.json"))]
        places += [s for s in shown if s is not None and s.resolve() != places[0].resolve()]
    found = []
    for version in (v for place in dict.fromkeys(places) for v in versions_in(place, name or "")):
        try:
            targets = {n: t.get("rows") for n, t in manifest_of(version.folder)["targets"].items()}
        except VersionDamaged as error:
            echo(f"{style('warning', fg='yellow', bold=True)}: {error}; `tunec build` publishes it again", err=True)
            continue
        folder = str(version.folder)
        found.append({"version": version.name, "finished": version.finished, "targets": targets, "folder": folder})
    if as_json:
        echo_json(found)
        return 0
    for said in found:
        rows = ", ".join(f"{n} {r:,} rows" if r is not None else n for n, r in dict(said["targets"]).items())
        echo(f"{said['version']:<32} {said['finished']}  {rows}")
    if not found:
        echo("no versions yet; run `tunec build SPEC`")
    return 0
