"""The summary at the end of a build: rows of each step, what each rule dropped, scores, and where things lie."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.planning.plan import Plan
from tunec.console.output import dollars, echo, style
from tunec.console.progress import clipped, columns, padded
from tunec.runtime.building.build import Built
from tunec.runtime.store.published import run_of
from tunec.runtime.store.store import Store
from tunec.runtime.versions.findings import searched, shares
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.rules import told_rules
from tunec.runtime.versions.scores import lines
from tunec.runtime.versions.variants import table_of

_RULES = 6  # shown of a stage; the report knows them all


def print_summary(built: Built, sample: int | None) -> None:
    """Print the summary on standard output."""
    published = built.published
    if not built.ran and published is not None and not built.anew:
        echo(f"nothing to do: {published.version} is up to date")
        echo(f"  {len(built.cached)} steps stored, {built.seconds:.2f} s")
        echo(f"  {published.out}")
        return
    if sample is not None:
        echo(f"\nsample of at most {sample:,} rows per source; nothing was published")
    print_steps(built.planning.plan, built.planning.store, built.engine.catalogue, built.ran)
    if published is None:
        _generations(built)
        return
    targets = {n: kind_of(t.kind) for n, t in built.planning.plan.graph.targets.items() if n in built.planning.targets}
    for name, kind in sorted(targets.items()):
        told = list(kind.summary(published.out, name)) if kind.summary is not None else []
        if told:
            echo("\n" + "\n".join(f"  {line}" for line in told))
    _variants(published.out)
    requests = built.engine.services.requests
    if requests["asked"]:
        again = f", {requests['repeated']:,} of them repeated after an interruption" if requests["repeated"] else ""
        echo(f"\n  {requests['asked']:,} requests{again}, {requests['recorded']:,} answered from the store")
    _costs(built)
    vectors = built.engine.services.vectors
    if vectors["computed"] or vectors["recorded"]:
        echo(f"\n  {vectors['computed']:,} texts embedded, {vectors['recorded']:,} vectors from the store")
    scores = built.engine.services.scores
    if scores["computed"] or scores["recorded"]:
        echo(f"\n  {scores['computed']:,} texts scored by a model, {scores['recorded']:,} scores from the store")
    counts = f"{len(built.ran)} steps run, {len(built.cached)} stored, {built.seconds:.1f} s"
    echo(f"\n{style(published.version, bold=True)}   {counts}")
    for name, kind in targets.items():
        echo(f"  {kind.keyword:<9} {name:<16} {published.out / kind.place(name)}")
    echo(f"  {'ledger':<9} {'':<16} {published.out / 'ledger'}")
    echo(f"  {'report':<9} {'':<16} {published.out / 'report.html'}")


def _variants(version: Path) -> None:
    """The numbers of all variants of a spec, side by side."""
    for measured in run_of(version).get("variants", ()):
        echo("\n" + "\n".join(f"  {line}" for line in lines(table_of(measured))))


def _costs(built: Built) -> None:
    """What each step asked models that have a price, and what was paid."""
    steps: dict[str, dict[str, Any]] = dict(built.costs.get("costs", {}))  # type: ignore[arg-type]
    if not steps:
        return
    width = min(46, columns() - 48)
    echo(f"\n  {'step':<{width}} {'requests':>9} {'tokens in':>11} {'tokens out':>11} {'cost':>11}")
    for label, of_step in steps.items():
        asked = [of_step[name] for name in ("requests", "prompt_tokens", "completion_tokens")]
        named, dear = padded(clipped(label, width), width), dollars(of_step["cost"])
        echo(f"  {named} {asked[0]:>9,} {asked[1]:>11,} {asked[2]:>11,} {dear:>11}")
    now, in_all, lost = (float(str(built.costs[name])) for name in ("cost", "cost_in_all", "possibly_paid"))
    interrupted = f"; with what interrupted runs paid, {dollars(in_all)}" if in_all > now else ""
    cut_off = f"; at most {dollars(lost)} more for requests that were cut off" if lost else ""
    echo(f"  paid in this run: {dollars(now)}{interrupted}{cut_off}")


def _generations(built: Built) -> None:
    """Where the rows of generations are, which were built by themselves."""
    graph, store = built.planning.plan.graph, built.planning.store
    for name in built.planning.targets:
        if graph.targets[name].kind == "generate":
            rows = store.info(built.planning.plan.prints[graph.targets[name].node])["rows_out"]
            echo(f"\n{style(name, bold=True)}   {rows:,} rows, stored and not published: `tunec peek SPEC {name}`")


def print_steps(plan: Plan, store: Store, catalogue: Catalogue, ran: Collection[str] | None = None) -> None:
    """Print what the steps that are stored did with rows. Those that did not run just now (`ran`) are marked."""
    told = told_rules(plan, catalogue)
    width = min(46, columns() - 42)
    echo(f"\n  {'step':<{width}} {'in':>9} {'made':>9} {'dropped':>9} {'out':>9}")
    for step in plan.steps:
        info = store.info(step.fingerprint) if store.has(step.fingerprint) else {}
        if "nodes" not in info:
            continue
        mark = " " if ran is None or step.label in ran else "·"
        counts = "".join(f" {info[key]:>9,}" for key in ("rows_in", "made", "dropped", "rows_out"))
        echo(f"{mark} {padded(clipped(step.label, width), width)}{counts}")
        for node in info["nodes"]:
            rules = sorted(node["rules"].items(), key=lambda item: (-item[1], item[0]))
            for rule, count in rules[:_RULES]:
                named = clipped(told.get((node["node"], rule), rule), width + 10)
                echo(f"      {padded(named, width + 10)} {count:>9,} dropped")
            if len(rules) > _RULES:
                others = sum(count for _, count in rules[_RULES:])
                echo(f"      {f'{len(rules) - _RULES} more rules':<{width + 10}} {others:>9,} dropped")
            for what, told_share in shares(node).items():
                echo(f"      {what}: {told_share}")
            for line in searched(node):
                echo(f"      {line}")
