"""What is known of a published data set: every number of its papers, counted in its ledger, manifest and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.licences import strictest
from tunec.compiler.types import RowType
from tunec.runtime.rows.messages import completed
from tunec.runtime.store.published import rows_of
from tunec.runtime.versions.card import conflicts_of, dropped_of, earlier_of, sources_of
from tunec.runtime.versions.findings import masked, nodes_above, reported
from tunec.runtime.versions.sampled import data_set, languages


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from. `kind`: `file`, `hub`, `version` or `generated`; `models`: what generated them."""

    name: str
    kind: str
    place: str
    licence: str
    entered: int
    kept: int
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """A data set of a version. `generated`: how many of its rows a model wrote; `words`: of all its texts."""

    version: str
    name: str
    doc: str
    row_type: str
    splits: Mapping[str, int]
    rows: int
    entered: int
    words: int
    languages: tuple[str, ...]
    sources: tuple[Source, ...]
    generated: int
    dropped: tuple[Mapping[str, Any], ...]  # `stage`, `rule`, `count`
    masked: Mapping[str, int]
    benchmarks: tuple[str, ...]
    reported: tuple[Mapping[str, Any], ...]
    licence: str
    conflicts: tuple[str, ...]
    earlier: tuple[Mapping[str, Any], ...]
    reviewed: bool


def facts_of(version: Path, name: str, manifest: Mapping[str, Any]) -> Facts:
    """Everything that the papers of a data set say, counted."""
    import polars as pl

    from tunec.runtime.rows.frame import derived
    from tunec.runtime.text.words import count_words

    ledger = pl.read_parquet(version / "ledger" / f"{name}.parquet", glob=False)
    kind = RowType(manifest["row_types"][name])
    rows = completed(rows_of(version, name), kind)
    target, spec = manifest["targets"][name], manifest["spec"]
    told = sources_of(manifest, ledger)
    sources = tuple(_source(source, manifest) for source in told)
    licences = [s["license"] for s in told if s["read"] and s["kept"]]
    texts = rows.select(derived(kind, "text").alias("t"))["t"]
    return Facts(
        manifest["version"],
        name,
        target["doc"] or spec["description"],
        str(kind),
        target["splits"],
        rows.height,
        ledger.height,
        int(count_words(texts).fill_null(0).sum()),
        tuple(languages(data_set(version, name, manifest))),
        sources,
        sum(source.kept for source in sources if source.kind == "generated"),
        tuple(dropped_of(manifest, ledger)),
        masked(manifest, name),
        tuple(target["benchmarks"]),
        tuple(reported(manifest, name)),
        strictest(licences, spec["license"]),
        tuple(conflicts_of(name, manifest)),
        tuple(earlier_of(name, manifest)),
        _reviewed(manifest, name),
    )


def _source(told: Mapping[str, Any], manifest: Mapping[str, Any]) -> Source:
    node = manifest["nodes"].get(told["origin"], {}).get("id", "")
    nothing: dict[str, Any] = {"op": "", "params": {}}
    found: dict[str, Any] = next((n for n in manifest["graph"]["nodes"] if n["id"] == node), nothing)
    kinds = {"generate": "generated", "connectors.hub": "hub", "connectors.version": "version"}
    place = manifest["paths"].get(told["origin"]) or _named(found["params"])
    return Source(
        told["name"],
        kinds.get(found["op"], "file"),
        place,
        told["license"],
        told["entered"],
        told["kept"],
        tuple(_models(found, manifest)) if found["op"] == "generate" else (),
    )


def _named(params: Mapping[str, Any]) -> str:
    return str(next((params[key] for key in ("repository", "id", "name") if isinstance(params.get(key), str)), ""))


def _models(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    """The models that a generation asks, by their own ids."""
    nodes = {n["id"]: n for n in manifest["graph"]["nodes"]}
    for reference in node["inputs"]:
        if nodes[reference]["op"].startswith("models."):
            yield str(nodes[reference]["params"].get("id", reference))


def _reviewed(manifest: Mapping[str, Any], name: str) -> bool:
    above = nodes_above(manifest["graph"], name)
    return any(n["id"] in above and n["op"] == "stages.review" for n in manifest["graph"]["nodes"])
