"""The life of a row: where it came from, what touched it, and why it was kept or dropped."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.planning.fingerprint import SHORT
from tunec.dsl.visible import say
from tunec.runtime.rows import messages
from tunec.runtime.sources.framing import located
from tunec.runtime.store.files import within
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.making import Made, making, round_of
from tunec.runtime.versions.rules import name_of, shown, shown_threshold, shown_value

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Touch:
    """What a step did to a row: the text before and after where it changed, and columns that it added."""

    step: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    added: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Life:
    """One row of a ledger with the names and places that the manifest knows."""

    dataset: str
    id: str
    source: str
    record: str
    verdict: str
    split: str | None
    stage: str
    rule: str | None
    name: str
    value: str | None
    threshold: str | None
    place: str
    partner: str | None
    partner_text: str | None
    parents: tuple[str, ...]
    prompt: str
    response: str | None
    steps: tuple[Touch, ...] = ()
    made: Made = field(default_factory=Made)
    round: str = ""


def lives(version: Path, row: str, limit: int = 5, steps: Path | None = None) -> list[Life]:
    """The rows of a version that `row` means, at most `limit` of each data set: the beginning of an id, `FILE:LINE` of
    an input file, or a text that prompt or response holds.

    With `steps`, the folder of a store's steps, each life tells what every step did to the row.
    """
    manifest = manifest_of(version)
    traces = []
    for dataset, ledger in _ledgers(version):
        hits = _hits(ledger, row, limit, manifest)
        traces += [_life(dataset, line, manifest, steps) for line in hits.iter_rows(named=True)]
    return traces


def dropped_by(version: Path, rule: str, limit: int = 5) -> tuple[list[Life], dict[str, int]]:
    """A sample of the rows that a rule dropped, spread over all of them, and how many each matching rule dropped.

    `rule` is part of the rule's text, its name, or the stage.
    """
    import polars as pl

    manifest = manifest_of(version)
    traces: list[Life] = []
    counts: dict[str, int] = {}
    for dataset, ledger in _ledgers(version):
        dropped = ledger.filter(pl.col("node").is_not_null())
        rules = dropped.group_by("node", "rule").len().sort("node", "rule").collect()
        for node, text, count in rules.iter_rows():
            stage = manifest["nodes"].get(node, {}).get("op", "").split(".")[-1]
            name = name_of(manifest, node, text)
            named = shown(manifest, node, text)
            if rule in text or rule in named or rule in (name, stage):
                label = f"{dataset}: {stage} {named}"
                counts[label] = counts.get(label, 0) + count
                traces += sample_of(ledger, dataset, manifest, node, text, count, limit)
    return traces, counts


def sample_of(
    ledger: pl.LazyFrame, dataset: str, manifest: Mapping[str, Any], node: str, rule: str, count: int, limit: int
) -> list[Life]:
    """At most `limit` of the `count` rows that a rule of a node dropped, spread over all of them."""
    import polars as pl

    # Their numbers first: all of them with their texts may be more than the memory holds.
    of_rule = (pl.col("node") == node) & (pl.col("rule") == rule)
    numbers = ledger.select(pl.arg_where(of_rule)).collect().to_series().gather_every(max(1, count // limit))
    lines = [ledger.slice(number, 1).collect().row(0, named=True) for number in numbers.head(limit).to_list()]
    return [_life(dataset, line, manifest, None) for line in lines]


def rules_of(version: Path) -> list[str]:
    """The rules that dropped rows, for a message; checks of trainings by their names."""
    manifest = manifest_of(version)
    found = [ledger.select("node", "rule").drop_nulls("rule").unique().collect() for _, ledger in _ledgers(version)]
    rules = {pair for frame in found for pair in frame.iter_rows()}
    return sorted({_called(manifest, *pair) for pair in rules})


def _called(manifest: Mapping[str, Any], node: str, rule: str) -> str:
    op = manifest["nodes"].get(node, {}).get("op", "")
    return name_of(manifest, node, rule) if op == "train" else shown(manifest, node, rule)


def _ledgers(version: Path) -> list[tuple[str, pl.LazyFrame]]:
    import polars as pl

    names = sorted(name for name in manifest_of(version)["contents"] if name.startswith("ledger/"))
    return [(Path(name).stem, pl.scan_parquet(within(version, name), glob=False)) for name in names]


def _hits(ledger: pl.LazyFrame, row: str, limit: int, manifest: dict[str, Any]) -> pl.DataFrame:
    import polars as pl

    if re.fullmatch(r"[0-9a-f]{4,16}", row):
        hits = ledger.filter(pl.col("id").str.starts_with(row)).head(limit).collect()
        if hits.height:
            return hits
    location = re.fullmatch(r"(.+):(\d+)", row)
    if location:
        numbers = _numbers_of(location[1], int(location[2]), manifest)
        if numbers:
            matching = [(pl.col("origin") == origin) & (pl.col("position") == number) for origin, number in numbers]
            return ledger.filter(pl.any_horizontal(matching)).head(limit).collect()
    holds = pl.col("prompt").str.contains(row, literal=True) | pl.col("response").str.contains(row, literal=True)
    return ledger.filter(holds.fill_null(False)).head(limit).collect()


def _numbers_of(path: str, line: int, manifest: dict[str, Any]) -> list[tuple[str, int]]:
    """The records that a line of a file may be: origin, and number in the source. The file is named by its path as the
    spec has it, or by the end of that; of the files of a glob by its own."""
    wanted = os.path.normpath(path).replace(os.sep, "/")
    found = []
    for origin, stated in manifest["paths"].items():
        files = manifest.get("files", {}).get(origin, [])
        ends = [start for _, start in files[1:]] + [None]
        for (name, start), end in zip(files, ends, strict=False):
            if _is_called(name, wanted) and (end is None or start + line - 1 < end):
                found.append((origin, start + line - 1))
        if len(files) < 2 and _is_called(stated, wanted):
            found.append((origin, line - 1))
    return list(dict.fromkeys(found))


def _is_called(path: str, wanted: str) -> bool:
    said = os.path.normpath(path).replace(os.sep, "/")
    return said == wanted or said.endswith("/" + wanted) or wanted.endswith("/" + said.lstrip("./"))


def _life(dataset: str, line: dict[str, Any], manifest: Mapping[str, Any], steps: Path | None) -> Life:
    origin = line["origin"]
    names = manifest["origins"].get(origin, ["?"])
    path = manifest["paths"].get(origin)
    files = manifest.get("files", {}).get(origin, [])
    called, starts = [name for name, _ in files], [start for _, start in files]
    number = line["position"]
    record = located(number, starts, called, path) if path else f"number {number + 1}"
    node = manifest["nodes"].get(line["node"] or "", {})
    rule = manifest["rules"].get(line["node"] or "", {}).get(line["rule"] or "", {})
    of_round = round_of(line, manifest)
    return Life(
        dataset,
        line["id"],
        " = ".join(names),
        record,
        line["verdict"],
        line["split"],
        node.get("op", "").split(".")[-1],
        shown(manifest, line["node"], line["rule"]) if line["rule"] is not None else None,
        name_of(manifest, line["node"], line["rule"]),
        shown_value(manifest, line["value"]),
        shown_threshold(manifest, line["node"], line["rule"], line["threshold"] or "") or None,
        rule.get("place") or node.get("place", ""),
        line["partner"],
        line["partner_text"],
        tuple(line["parents"]),
        line["prompt"] or "",
        line["response"],
        _touches(dataset, line, manifest, steps) if steps is not None else (),
        making(line, manifest, steps) if steps is not None else Made(),
        of_round.told if of_round is not None else "",
    )


def _touches(dataset: str, line: dict[str, Any], manifest: Mapping[str, Any], steps: Path) -> tuple[Touch, ...]:
    """What each stored step did to the row, in order; a step without the row, or gone from the store, says nothing."""
    import polars as pl

    touches = []
    before: dict[str, Any] | None = None
    way = _way(manifest, line["origin"], dataset)
    # In the steps, an origin is a fingerprint.
    source = manifest["nodes"].get(line["origin"], {}).get("id", "")
    origin = manifest["fingerprints"].get(source, {}).get("print", "")[:SHORT]
    for step in manifest["steps"]:
        path = within(steps, f"{step['fingerprint'][:2]}/{step['fingerprint']}/rows.parquet")
        if step["ids"][-1] not in way or not path.is_file():
            continue
        here = (pl.col("id") == line["id"]) & (pl.col("origin") == origin)
        try:
            rows = pl.scan_parquet(path, glob=False).filter(here).head(1).collect()
        except pl.exceptions.PolarsError:
            say(f"damaged: {path} cannot be read; `tunec build` makes it again")
            continue
        if not rows.height:
            continue
        after = {k: v for k, v in rows.row(0, named=True).items() if k not in _IDENTITY}
        if before is None:
            touches.append(Touch(step["label"], {}, {}, {}))
        else:
            changed = {k for k in before.keys() & after.keys() if before[k] != after[k]}
            more = {k for k in after.keys() - before.keys() if k not in ("messages", "tools")}
            added = {k: _text(after[k]) for k in more}
            texts = [{k: _text(side[k]) for k in sorted(changed)} for side in (before, after)]
            touches.append(Touch(step["label"], texts[0], texts[1], dict(sorted(added.items()))))
        before = after
    return tuple(touches)


_IDENTITY = ("id", "origin", "position", "parents")


def _text(value: Any) -> str:
    """A value of a row as text; messages as JSON, without what they do not have."""
    if not isinstance(value, list):
        return str(value)
    return json.dumps(messages.shown(value), ensure_ascii=False, default=str)


def _way(manifest: Mapping[str, Any], origin: str, dataset: str) -> set[str]:
    """The nodes on the way from a source to a target, read off the graph."""
    nodes = manifest["graph"]["nodes"]  # in topological order
    inputs = {n["id"]: n["inputs"] for n in nodes}
    below: set[str] = set()
    todo = [manifest["graph"]["targets"][dataset]["node"]]
    while todo:
        node = todo.pop()
        if node not in below:
            below.add(node)
            todo += inputs[node]
    fed = {manifest["nodes"].get(origin, {}).get("id", "")}
    for node in nodes:
        if node["id"] in below and fed.intersection(node["inputs"]):
            fed.add(node["id"])
    return fed
