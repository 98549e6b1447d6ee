"""The data card: the README of a published data set, with the YAML header that the Hugging Face hub reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import digest
from tunec.compiler.licences import strictest, told
from tunec.runtime.versions.findings import licence_conflicts, masked, nodes_above, reported
from tunec.runtime.versions.hub_licence import licence_lines
from tunec.runtime.versions.markdown import templates
from tunec.runtime.versions.rules import shown
from tunec.runtime.versions.sampled import data_set, languages

if TYPE_CHECKING:
    import polars as pl

TEMPLATE = "card.md.j2"
#: Sizes that the hub knows, with the rows from which the next one holds.
_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"),
)  # fmt: skip


def write_card(folder: Path, name: str, manifest: Mapping[str, Any]) -> None:
    """Write the card of a data set into a version's folder, beside its files."""
    import polars as pl

    ledger = pl.read_parquet(
        folder / "ledger" / f"{name}.parquet", glob=False, columns=["origin", "verdict", "node", "rule"]
    )
    spoken = languages(data_set(folder, name, manifest))
    (folder / "datasets" / name / "README.md").write_text(card(name, manifest, ledger, spoken), encoding="utf-8")


def card(name: str, manifest: Mapping[str, Any], ledger: pl.DataFrame, spoken: list[str]) -> str:
    """The text of the card of a data set, from its manifest, its ledger and the languages of its rows."""
    target, spec = manifest["targets"][name], manifest["spec"]
    sources = sources_of(manifest, ledger)
    rolled = strictest((s["license"] for s in sources if s["read"] and s["kept"]), spec["license"])
    return _render(
        {
            "header": header(
                name,
                rolled,
                spoken,
                target["splits"],
                manifest["row_types"][name],
                _content(name, manifest),
                _made(sources, manifest),
            ),
            "name": name,
            "manifest": manifest,
            "spec": spec,
            "doc": target["doc"] or spec["description"] or "A data set built with tunec.",
            "licence": rolled,
            "conflicts": conflicts_of(name, manifest),
            "earlier": earlier_of(name, manifest),
            "splits": list(target["splits"].items()),
            "sources": sources,
            "dropped": dropped_of(manifest, ledger),
            "entered": ledger.height,
            "benchmarks": target["benchmarks"],
            "reported": reported(manifest, name),
            "masked": masked(manifest, name),
            "key": re.sub(r"\W+", "_", manifest["version"]),
        }
    )


def _content(name: str, manifest: Mapping[str, Any]) -> str:
    """The hash of the names and contents of a data set's files."""
    start = f"datasets/{name}/"
    return digest([[path, sha] for path, sha in sorted(manifest["contents"].items()) if path.startswith(start)], 16)


def _made(sources: list[dict[str, Any]], manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Who wrote the rows and where they are from, in the words of the hub."""
    ops = {node["id"]: node for node in manifest["graph"]["nodes"]}
    kept = [ops.get(manifest["nodes"].get(s["origin"], {}).get("id", "")) for s in sources if s["kept"]]
    found = [node for node in kept if node is not None]
    read = [node for node in found if node["op"] != "generate"]
    hub = [str(n["params"]["repository"]) for n in read if n["op"] == "connectors.hub"]
    ways = [("found", bool(read)), ("machine-generated", len(read) < len(found))]
    original = ["original"] if len(hub) < len(found) else []
    return {
        "annotations_creators": [word for word, holds in ways if holds],
        "source_datasets": [*original, *(f"extended|{name}" for name in dict.fromkeys(hub))],
    }


def header(
    name: str,
    licence: str,
    spoken: list[str],
    splits: Mapping[str, int],
    rows: str,
    content: str,
    made: Mapping[str, list[str]] | None = None,
) -> str:
    """The YAML header. Every value is written as JSON, which YAML reads as it is.

    `content` moves with the files. `datasets` keeps what it loaded under a key made of this header alone where there
    are `configs`, and would go on giving old rows.
    """
    count = sum(splits.values())
    size = next((word for below, word in _SIZES if count < below), "n>1T")
    task = {"text": "text-generation", "choice": "question-answering"}.get(rows, "text-generation")
    lines = [f"pretty_name: {json.dumps(name)}"]
    if licence:
        lines += licence_lines(licence)
    if spoken:
        lines.append(f"language: {json.dumps(spoken)}")
    lines += [f"task_categories: {json.dumps([task])}", f"size_categories: {json.dumps([size])}", 'tags: ["tunec"]']
    lines += [f"{key}: {json.dumps(words)}" for key, words in (made or {}).items() if words]
    # A split without rows is a file, but no part of the config: `datasets` would refuse to load the whole.
    filled = [split for split, count in splits.items() if count]
    if filled:
        lines += ["configs:", "- config_name: default", f"  description: {json.dumps(f'content {content}')}"]
        lines.append("  data_files:")
    for split in filled:
        lines += [f"  - split: {json.dumps(split)}", f"    path: {json.dumps(split + '-*.parquet')}"]
    return "\n".join(lines)


def sources_of(manifest: Mapping[str, Any], ledger: pl.DataFrame) -> list[dict[str, Any]]:
    """Where the rows of a ledger came from, with how many of them entered and were kept."""
    import polars as pl

    kept = dict(ledger.filter(pl.col("verdict") == "kept")["origin"].value_counts().iter_rows())
    entered = dict(ledger["origin"].value_counts().iter_rows())
    return [
        {
            "name": manifest["origins"].get(origin, [origin])[0],
            "origin": origin,
            "read": origin in manifest["licences"],
            "license": manifest["licences"].get(origin, ""),
            "entered": count,
            "kept": kept.get(origin, 0),
        }
        for origin, count in sorted(entered.items(), key=lambda item: manifest["origins"].get(item[0], [item[0]]))
    ]


def conflicts_of(name: str, manifest: Mapping[str, Any]) -> list[str]:
    """What does not go together among the licences, with the reason for which the spec accepts it."""
    reasons = {entry["message"]: entry["reason"] for entry in manifest["accepted"]}
    sentences = [told(c, str(manifest["spec"]["license"])) for c in licence_conflicts(manifest, name)]
    return [f"{s}; accepted in the spec: {reasons[s]}" if s in reasons else s for s in dict.fromkeys(sentences)]


def earlier_of(name: str, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The earlier versions that rows of a data set come from, and what these were made of."""
    above = nodes_above(manifest["graph"], name)
    return [
        {**read, "name": manifest["origins"].get(origin, [origin])[0]}
        for origin, read in manifest["earlier"].items()
        if manifest["nodes"].get(origin, {}).get("id") in above
    ]


def dropped_of(manifest: Mapping[str, Any], ledger: pl.DataFrame) -> list[dict[str, Any]]:
    """What every rule dropped."""
    import polars as pl

    dropped = ledger.filter(pl.col("node").is_not_null()).group_by("node", "rule").len().sort("node", "rule")
    return [
        {
            "stage": manifest["nodes"][node]["op"].split(".")[-1],
            "rule": shown(manifest, node, rule),
            "count": count,
        }
        for node, rule, count in dropped.iter_rows()
    ]


def _render(values: dict[str, Any]) -> str:
    """The card. What data and specs say is escaped."""
    return templates(Path(__file__).parent, trim=False).get_template(TEMPLATE).render(values)
