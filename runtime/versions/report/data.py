"""What the report says of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.versions.findings import leaks, masked, recorded
from tunec.runtime.versions.report.charts import Chart, bars, bounded, columns, lines
from tunec.runtime.versions.report.matches import Cluster, Pair, clusters, pairs
from tunec.runtime.versions.rules import shown
from tunec.runtime.versions.sampled import DataSet, data_set, sampled
from tunec.runtime.versions.why import Life, sample_of

if TYPE_CHECKING:
    import polars as pl

_SAMPLES = 3  # rows shown of what a rule dropped
_LENGTHS = (1, 3, 10, 30, 100, 300, 1000)
_BARS = 20  # values shown of a share
_BALANCED = 12


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from, and how many of them stayed."""

    name: str
    entered: int
    kept: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a rule dropped, with a few of the rows. `share` is of all rows that entered."""

    stage: str
    rule: str
    name: str
    place: str
    count: int
    share: float
    samples: tuple[Life, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What the report says of one data set."""

    name: str
    doc: str
    entered: int
    splits: Mapping[str, int]
    sources: tuple[Source, ...]
    dropped: tuple[Dropped, ...]
    benchmarks: tuple[str, ...]
    leaks: tuple[Mapping[str, Any], ...]  # what each `decontaminate` found: `place`, `classes`, `benchmarks`
    masked: Mapping[str, int]  # places by kind
    charts: tuple[Chart, ...]
    pairs: tuple[Pair, ...]
    matched: int
    clusters: tuple[Cluster, ...]
    clustered: int


def section(version: Path, name: str, manifest: Mapping[str, Any]) -> Section:
    """What the report says of a data set."""
    import polars as pl

    target = manifest["targets"][name]
    ledger = pl.scan_parquet(version / "ledger" / f"{name}.parquet", glob=False)
    data = data_set(version, name, manifest)
    sources = _sources(ledger, manifest)
    shown_pairs, matched = pairs(ledger, manifest)
    shown_clusters, clustered = clusters(ledger, manifest)
    return Section(
        name,
        target["doc"],
        target["entered"],
        target["splits"],
        sources,
        _dropped(ledger, name, target["entered"], manifest),
        tuple(target["benchmarks"]),
        tuple(leaks(manifest, name)),
        masked(manifest, name),
        tuple(_charts(data, sources, manifest)),
        shown_pairs,
        matched,
        shown_clusters,
        clustered,
    )


def _sources(ledger: pl.LazyFrame, manifest: Mapping[str, Any]) -> tuple[Source, ...]:
    import polars as pl

    kept = (pl.col("verdict") == "kept").sum().alias("kept")
    counts = ledger.group_by("origin").agg(pl.len(), kept).collect()
    named = [Source(manifest["origins"].get(o, [o])[0], n, k) for o, n, k in counts.iter_rows()]
    return tuple(sorted(named, key=lambda source: (-source.entered, source.name)))


def _dropped(ledger: pl.LazyFrame, name: str, entered: int, manifest: Mapping[str, Any]) -> tuple[Dropped, ...]:
    import polars as pl

    drops = ledger.filter(pl.col("node").is_not_null()).group_by("node", "rule").len().collect()
    nodes = [str(node["node"]) for step in manifest["steps"] for node in step.get("nodes", ())]
    order = {node: number for number, node in enumerate(nodes)}
    dropped = []
    for node, rule, count in sorted(drops.iter_rows(), key=lambda r: (order.get(r[0], 0), -r[2], r[1])):
        samples = sample_of(ledger, name, manifest, node, rule, count, _SAMPLES)
        stated = manifest["rules"].get(node, {}).get(rule, {})
        known = manifest["nodes"][node]
        location = stated.get("place") or known["place"]
        stage = known["op"].split(".")[-1]
        named, share = shown(manifest, node, rule), count / max(1, entered)
        dropped.append(Dropped(stage, named, stated.get("name", ""), location, count, share, tuple(samples)))
    return tuple(dropped)


def _charts(data: DataSet, sources: tuple[Source, ...], manifest: Mapping[str, Any]) -> list[Chart]:
    from tunec.runtime.versions.diff import shares_of

    gone = [s.entered - s.kept for s in sources[:_BARS]]
    found = [
        bars(
            "Rows of each source",
            [s.name for s in sources[:_BARS]],
            {"kept": [s.kept for s in sources[:_BARS]], "dropped": gone},
            stacked=True,
            colours=("$c", "$f"),
        )
    ]
    found += _balance(manifest, data.name)
    found += [*_searches(manifest, data.name), *_mixtures(manifest, data.name)]
    found += _lengths(data, sum(manifest["targets"][data.name]["splits"].values()))
    for view, shares in shares_of(data, manifest).items():
        if view in ("source", "length") or len(shares) < 2:
            continue
        most = sorted(shares.items(), key=lambda item: -item[1])[:_BARS]
        note = f"the {_BARS} commonest of {len(shares)}" if len(shares) > _BARS else ""
        values = {"share": [round(100 * share, 2) for _, share in most]}
        found.append(bars(f"By {view}", [value for value, _ in most], values, unit=" %", note=note))
    return found


def _lengths(data: DataSet, rows: int) -> list[Chart]:
    """How long prompts and responses are, or texts, of a sample by id."""
    import polars as pl

    from tunec.compiler.types import FIELDS
    from tunec.runtime.rows.frame import derived
    from tunec.runtime.text.words import count_units

    sample = sampled(data)
    if not sample.height:
        return []
    fields: list[str] = [f for f in ("prompt", "response", "chosen", "rejected") if f in FIELDS[data.kind]] or ["text"]
    labels = [f"≤{n:,}" for n in _LENGTHS] + [f">{_LENGTHS[-1]:,}"]
    series: dict[str, list[float]] = {}
    for field in fields:
        words = count_units(sample.select(derived(data.kind, field).alias("t"))["t"]).fill_null(0)
        counts = dict(pl.Series(_LENGTHS).search_sorted(words, "left").value_counts().iter_rows())
        series[field] = [counts.get(number, 0) for number in range(len(labels))]
    note = f"of {sample.height:,} of {rows:,} rows" if sample.height < rows else ""
    return [columns("Lengths in words, in Chinese and the like in characters", labels, series, note)]


def _balance(manifest: Mapping[str, Any], name: str) -> list[Chart]:
    """Shares before and after each `balance` against what the spec bounds."""
    found = []
    for node in recorded(manifest, name):
        for constraint in node.get("findings", {}).get("constraints", ()):
            values = sorted(constraint["shares"].items(), key=lambda item: -item[1][0])[:_BALANCED]
            series = {
                "before": [round(100 * before, 2) for _, (before, _) in values],
                "after": [round(100 * after, 2) for _, (_, after) in values],
            }
            title = f"Balance: {shown(manifest, node['node'], constraint['rule'])}"
            more = len(constraint["shares"]) - len(values)
            note = f"{more} more values" if more else ""
            bounds = [100 * bound for _, bound in constraint["bounds"]]
            colours = ("$soft", "$a")
            chart = bars(title, [v for v, _ in values], series, unit=" %", colours=colours, note=note)
            found.append(bounded(chart, bounds))
    return found


def _searches(manifest: Mapping[str, Any], name: str) -> list[Chart]:
    """The losses of the sizes that each `search` tried, beside those of as many random rows."""
    found = []
    for node in recorded(manifest, name):
        searched = node.get("findings", {}).get("search")
        if searched is None:
            continue
        curve = sorted(searched["curve"])
        series = {"chosen": [(rows, round(loss, 4)) for rows, loss, _ in curve]}
        if curve[0][2] is not None:
            series["random"] = [(rows, round(random, 4)) for rows, _, random in curve]
        note = f"nats for each token of the held-out rows; {searched['rows']:,} rows were taken"
        found.append(lines("Loss by size", series, "rows", note, logarithmic=True))
    return found


def _mixtures(manifest: Mapping[str, Any], name: str) -> list[Chart]:
    """The shares that each `mix` searched for, and the losses of its proxies."""
    found = []
    for node in recorded(manifest, name):
        mixture = node.get("findings", {}).get("mixture")
        if mixture is None:
            continue
        named = [(manifest["origins"].get(origin, [origin])[0], origin) for origin in mixture["proportional"]]
        names = {origin: called for called, origin in sorted(named)}
        series = {
            "predicted best": [round(100 * mixture["shares"].get(origin, 0), 1) for origin in names],
            "proportional": [round(100 * mixture["proportional"][origin], 1) for origin in names],
        }
        note = "taken" if mixture["better"] else "uninformative: proportional shares were taken"
        found.append(bars("Mixture", list(names.values()), series, unit=" %", note=note))
        proxies = sorted(mixture["proxies"], key=lambda proxy: proxy[1])
        labels = [
            ", ".join(f"{names[origin]} {count / sum(rows.values()):.0%}" for origin, count in rows.items())
            for rows, _ in proxies[:_BARS]
        ]
        note = f"the {_BARS} best of {len(proxies)}" if len(proxies) > _BARS else f"R2 of the fit {mixture['fit']:.2f}"
        found.append(bars("Losses of the proxies", labels, {"loss": [loss for _, loss in proxies[:_BARS]]}, note=note))
    return found
