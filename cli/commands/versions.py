"""`tunec versions`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tunec.opening import json_option, store_folder, store_option


@click.command()
@click.argument("spec", required=False)
@store_option
@json_option
def command(spec: str | None, store: Path | None, as_json: bool) -> int:
    """List the published versions, of SPEC (a name or a file) or of all specs, oldest first."""
    path = Path(spec) if spec and spec.endswith(".tune") else None
    name = path.stem if path else spec
    folder = store_folder(path, store) / "versions"
    found = []
    for manifest in sorted(folder.glob(f"{name or '*'}/*/manifest.json"), key=lambda p: p.stat().st_mtime):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        targets = {n: t.get("rows") for n, t in said["targets"].items()}
        finished = json.loads((manifest.parent / "run.json").read_text(encoding="utf-8"))["finished"]
        found.append(
            {"version": said["version"], "finished": finished, "targets": targets, "folder": str(manifest.parent)}
        )
    if as_json:
        click.echo(json.dumps(found, indent=1, sort_keys=True))
        return 0
    for version in found:
        rows = ", ".join(f"{n} {r:,} rows" if r is not None else n for n, r in version["targets"].items())
        click.echo(f"{version['version']:<32} {version['finished']}  {rows}")
    if not found:
        click.echo("no versions yet: run `tunec build SPEC`")
    return 0
