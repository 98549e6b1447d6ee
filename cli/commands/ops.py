"""`tunec ops`."""

from __future__ import annotations

from dataclasses import asdict

import click

from tunec.compiler.catalogue import Operator
from tunec.console.opening import json_option
from tunec.console.output import echo, echo_json
from tunec.runtime.catalogue import load_catalogue


@click.command()
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> int:
    """List all operators, or show the reference page of NAME (a name, a kind, or KIND.NAME)."""
    catalogue = load_catalogue()
    found = sorted(catalogue.every(), key=lambda o: o.path)
    if name is not None:
        found = [o for o in found if name in (o.name, o.kind, o.path)]
        if not found:
            from tunec.compiler.names import closest

            near = closest(name, {part for o in catalogue.every() for part in (o.name, o.kind)})
            raise click.UsageError(f"unknown operator `{name}`" + (f"; did you mean `{near}`?" if near else ""))
    if as_json:
        echo_json([_described(o) for o in found])
    elif name is not None and len({o.kind for o in found} - {name}) > 0:
        echo("\n\n".join(f"{o.path}\n  {o.signature}\n\n{o.doc}" for o in found))
    else:
        kind = ""
        for operator in found:
            if operator.kind != kind:
                echo(("\n" if kind else "") + operator.kind)
                kind = operator.kind
            echo(f"  {operator.signature}\n      {operator.doc.splitlines()[0] if operator.doc else ''}")
    return 0


def _described(operator: Operator) -> dict[str, object]:
    return {
        "kind": operator.kind,
        "name": operator.name,
        "signature": operator.signature,
        "parameters": [
            {
                **{k: v for k, v in asdict(p).items() if k not in ("type", "words")},
                "type": str(p.type),
                "words": sorted(p.words()) if p.words is not None else None,
            }
            for p in operator.parameters
        ],
        "returns": str(operator.returns),
        "version": operator.version,
        "cost": operator.cost,
        "row_wise": operator.row_wise,
        "rows": list(operator.rows),
        "doc": operator.doc,
    }
