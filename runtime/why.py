"""The life of a row: where it came from, and why it was kept or dropped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class NoSuchVersion(Exception):
    """No version of that name; the message lists those there are."""


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


def find_version(name: str, store: Path, out: Path) -> Path:
    """The folder of a version: a path, `NAME`, `NAME@VERSION`, or `NAME@VERSION+HASH`. The newest one wins."""
    if (Path(name) / "manifest.json").exists():
        return Path(name)
    spec, _, version = name.partition("@")
    if not version and (out / spec / "manifest.json").exists():
        return out / spec
    folders = sorted((store / "versions" / spec).glob(f"{version}*"), key=lambda p: p.stat().st_mtime)
    if folders:
        return folders[-1]
    known = sorted(f"{p.parent.name}@{p.name}" for p in (store / "versions").glob("*/*"))
    raise NoSuchVersion(f"no version `{name}`; there is {', '.join(known) or 'none yet: run `tunec build`'}")


def lives(version: Path, row: str, limit: int = 5) -> list[Life]:
    """The rows of a version whose id starts with `row`, or whose text holds it; at most `limit` of each data set."""
    import polars as pl

    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    found: list[Life] = []
    for path in sorted((version / "ledger").glob("*.parquet")):
        ledger = pl.scan_parquet(path)
        hits = ledger.filter(pl.col("id").str.starts_with(row)).head(limit).collect() if _is_id(row) else None
        if hits is None or hits.height == 0:
            text = pl.col("prompt").str.contains(row, literal=True) | pl.col("response").str.contains(row, literal=True)
            hits = ledger.filter(text).head(limit).collect()
        found += [_life(path.stem, line, manifest) for line in hits.iter_rows(named=True)]
    return found


def _is_id(text: str) -> bool:
    return 4 <= len(text) <= 16 and all(c in "0123456789abcdef" for c in text)


def _life(dataset: str, line: dict[str, Any], manifest: dict[str, Any]) -> Life:
    origin = line["origin"]
    names = manifest["origins"].get(origin, ["?"])
    path = manifest["paths"].get(origin)
    record = f"{path}:{line['position'] + 1}" if path else f"number {line['position'] + 1}"
    node = manifest["nodes"].get(line["node"] or "", {})
    rule = manifest["rules"].get(line["node"] or "", {}).get(line["rule"] or "", {})
    return Life(
        dataset,
        line["id"],
        " = ".join(names),
        record,
        line["verdict"],
        line["split"],
        node.get("op", "").split(".")[-1],
        line["rule"],
        rule.get("name", ""),
        line["value"],
        line["threshold"],
        rule.get("place") or node.get("place", ""),
        line["partner"],
        line["partner_text"],
        tuple(line["parents"]),
        line["prompt"] or "",
        line["response"],
    )
