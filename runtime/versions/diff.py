"""Two versions side by side: steps, rows, shares, splits, contamination, scores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tunec.compiler.planning.fingerprint import SHORT
from tunec.compiler.types import CONTENT, FIELDS, RowType
from tunec.runtime.store.published import data_sets, manifest_of, rows_of
from tunec.runtime.versions.kind import Edition, Measured
from tunec.runtime.versions.kinds import changes_of, kind_of
from tunec.runtime.versions.rules import shown
from tunec.runtime.versions.sampled import DataSet, beside, sampled, spoken

if TYPE_CHECKING:
    import polars as pl

#: Names the kind of task that each prompt sets.
Task: TypeAlias = "Callable[[pl.Series], pl.Series]"

#: Rows whose language and length are looked at; the ids are hashes, so the first in their order are a fair sample.
SAMPLE = 5_000
#: Lengths in words (characters where they stand without spaces), by their upper ends.
LENGTHS = (10, 30, 100, 300, 1000)
_LABELS = [f"to {n:,} words" for n in LENGTHS] + [f"over {LENGTHS[-1]:,} words"]
_NAMED = 5
#: Values up to which the shares of a column are compared.
_FEW = 50


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step that differs: `state` is `changed`, `added` or `removed`; `why` says what of its making changed."""

    step: str
    state: str
    why: tuple[str, ...]
    before: tuple[int, int] | None = None  # rows in and rows out
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A row for people to look at."""

    id: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class DataDiff:
    """What became of a data set. `moved` counts rows by (split before, split after); `leaked` are rows that training
    now sees and did not before. `shares` hold, by view and value, the share before and after."""

    name: str
    rows: tuple[int, int]
    words: tuple[int, int]
    splits: Mapping[str, tuple[int, int]]
    added: int
    removed: int
    changed: int
    moved: Mapping[tuple[str, str], int]
    leaked: tuple[str, ...]
    shares: Mapping[str, Mapping[str, tuple[float, float]]]
    drops: Mapping[str, tuple[int, int]]
    benchmarks: tuple[tuple[str, ...], tuple[str, ...]]
    examples: Mapping[str, tuple[Example, ...]]


@dataclass(frozen=True, slots=True)
class Diff:
    """Two versions. `changed` says what differs in targets that hold neither rows nor numbers; `scores` holds
    (measure, model, number) with both values, where they differ."""

    before: str
    after: str
    spec: tuple[str, ...]
    steps: tuple[StepChange, ...]
    data: tuple[DataDiff, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]  # targets that one of them alone has
    changed: tuple[str, ...]
    scores: tuple[tuple[str, str, str, float | None, float | None], ...]

    @property
    def same(self) -> bool:
        """Whether nothing of what is published differs."""
        moved = any(d.added or d.removed or d.changed or d.moved for d in self.data)
        return not (moved or self.changed or self.scores or any(self.only) or self.spec)


def compare(before: Path, after: Path, task: Task | None = None) -> Diff:
    """Compare two versions, given as folders; also by the kind of task, where `task` tells it of prompts."""
    old, new = manifest_of(before), manifest_of(after)
    editions = Edition(before, old), Edition(after, new)
    names = [n for n in data_sets(before) if n in data_sets(after)]
    targets = [tuple(n for n in a["targets"] if n not in b["targets"]) for a, b in ((old, new), (new, old))]
    spec = tuple(
        f"{key}: {old['spec'].get(key)!r} → {new['spec'].get(key)!r}"
        for key in sorted(old["spec"].keys() | new["spec"].keys())
        if old["spec"].get(key) != new["spec"].get(key)
    )
    return Diff(
        old["version"],
        new["version"],
        spec,
        tuple(steps_between(old, new)),
        tuple(_data(name, before, after, old, new, task) for name in names),
        (targets[0], targets[1]),
        tuple(_changed(*editions)),
        tuple(_scores(*editions)),
    )


def steps_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[StepChange]:
    """The steps of two manifests that differ, those of the newer first; steps are known by their labels."""
    was = {s["label"]: s for s in old["steps"]}
    is_ = {s["label"]: s for s in new["steps"]}
    prints = [{s["fingerprint"] for s in side.values()} for side in (was, is_)]
    for label, step in is_.items():
        if step["fingerprint"] in prints[0]:
            continue  # the same under whatever name
        if label not in was:
            yield StepChange(label, "added", (), None, _counts(step))
        else:
            why = tuple(_reasons(was[label], step, old, new))
            yield StepChange(label, "changed", why, _counts(was[label]), _counts(step))
    for label, step in was.items():
        if label not in is_ and step["fingerprint"] not in prints[1]:
            yield StepChange(label, "removed", (), _counts(step), None)


def _counts(step: Mapping[str, Any]) -> tuple[int, int] | None:
    return (step["rows_in"] + step.get("made", 0), step["rows_out"]) if "rows_out" in step else None


def _reasons(
    was: Mapping[str, Any], is_: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[str]:
    """What of a step's making changed: rules by their text, other arguments by their path, or only its input."""
    left, right = _parts(was, old), _parts(is_, new)
    gone = [r for r in _rules(was, old) if r not in _rules(is_, new)]
    come = [r for r in _rules(is_, new) if r not in _rules(was, old)]
    if len(gone) == len(come):
        yield from (f"{a} → {b}" for a, b in zip(gone, come, strict=True))
    else:
        yield from (f"without {a}" for a in gone)
        yield from (f"with {b}" for b in come)
    explained = bool(gone or come)
    if [op for op, _ in left] != [op for op, _ in right]:
        explained = True
        yield f"{' '.join(op for op, _ in left)} → {' '.join(op for op, _ in right)}"
    else:
        for (op, a), (_, b) in zip(left, right, strict=True):
            for key, word in (("arguments", ""), ("operator", "operator version "), ("outside", "")):
                for path, x, y in leaves(a[key], b[key]):
                    if (gone or come) and path.startswith("rules"):
                        continue
                    explained = True
                    yield f"{word}{op} {path}: {_short(x)} → {_short(y)}"
    if not explained or left[0][1]["inputs"] != right[0][1]["inputs"]:
        yield "its input"


def _parts(step: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The name and the ingredients of each stage of a step. A node's id begins with its operator's name."""
    return [(i.rsplit("-", 1)[0], manifest["fingerprints"][i]) for i in step["ids"]]


def _rules(step: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    # Rules are kept by fingerprint, those of a generation by its origin.
    origins = {manifest["nodes"][origin]["id"]: origin for origin in manifest["origins"] if origin in manifest["nodes"]}
    prints = [origins.get(i) or manifest["fingerprints"][i]["print"][:SHORT] for i in step["ids"]]
    return sorted(shown(manifest, print_, rule) for print_ in prints for rule in manifest["rules"].get(print_, ()))


def leaves(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON values differ: the path, and what stands there in each (None where nothing does)."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            below = f"{path}.{key}" if path else key
            yield from leaves(before.get(key), after.get(key), below)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (a, b) in enumerate(zip(before, after, strict=True)):
            yield from leaves(a, b, path if len(before) == 1 else f"{path}[{number}]")
    elif before != after:
        yield path.removeprefix("params."), before, after


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:16] + "…"


def _data(
    name: str, before: Path, after: Path, old: dict[str, Any], new: dict[str, Any], task: Task | None
) -> DataDiff:
    import polars as pl

    from tunec.runtime.rows.frame import derived
    from tunec.runtime.text.words import count_words

    # A source is known by its fingerprint, or else by its name: appending a row changes the one, renaming the other.
    named = {o: n[0] for o, n in new["origins"].items()} | {o: n[0] for o, n in old["origins"].items()}
    frames = []
    for folder, manifest in ((before, old), (after, new)):
        kind = RowType(manifest["row_types"][name])
        rows = rows_of(folder, name).with_columns(
            pl.col("origin").replace_strict(named, default=pl.col("origin")).alias("source"),
            derived(kind, "text").alias("_text"),
            derived(kind, "prompt" if "prompt" in FIELDS[kind] else "text").alias("_prompt"),
            pl.struct(CONTENT[kind]).alias("_all"),
        )
        frames.append(rows.with_columns(count_words(rows["_text"]).alias("_words")))
    key = ["id", "source"]
    once = [f.unique(key, keep="first", maintain_order=True) for f in frames]
    both = once[0].select(*key, "split", "_all").join(once[1].select(*key, "split", "_all"), on=key, suffix="_new")
    added, removed = once[1].join(once[0], on=key, how="anti"), once[0].join(once[1], on=key, how="anti")
    changed = both.filter(pl.col("_all").ne_missing(pl.col("_all_new")))
    crossed = both.filter(pl.col("split") != pl.col("split_new"))
    by_move = crossed.group_by("split", "split_new").len().sort("split", "split_new")
    leaked = crossed.filter(pl.col("split_new") == "train").sort("id")
    examples = {"added": _examples(added), "removed": _examples(removed)}
    counts = [dict(f["split"].value_counts().iter_rows()) for f in frames]
    return DataDiff(
        name,
        (frames[0].height, frames[1].height),
        (int(frames[0]["_words"].sum()), int(frames[1]["_words"].sum())),
        {s: (counts[0].get(s, 0), counts[1].get(s, 0)) for s in sorted(counts[0].keys() | counts[1].keys())},
        added.height,
        removed.height,
        changed.height,
        {(a, b): n for a, b, n in by_move.iter_rows()},
        tuple(leaked["id"]),
        _shares(frames[0], frames[1], task),
        _drops(name, old, new, before, after),
        (tuple(old["targets"][name]["benchmarks"]), tuple(new["targets"][name]["benchmarks"])),
        examples,
    )


def _examples(rows: pl.DataFrame) -> tuple[Example, ...]:
    import polars as pl

    few = rows.sort("id").head(_NAMED).select("id", "source", pl.col("_text").fill_null(""))
    return tuple(Example(i, source, text[:300]) for i, source, text in few.iter_rows())


def shares_of(data: DataSet, manifest: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The shares of one version's rows by source, language, length and small columns; language and length of its
    sample, and so of fewer rows than a comparison looks at, because every build writes a report."""
    from tunec.runtime.rows.frame import derived

    names = {o: n[0] for o, n in manifest["origins"].items()}
    rows = beside(data)
    views = {
        "source": rows["origin"].replace_strict(names, default=rows["origin"]),
        "language": spoken(data).fill_null("none"),
        "length": _lengths(sampled(data).select(derived(data.kind, "text").alias("text"))["text"]),
    }
    shares = {view: _pairs(values, values) for view, values in (views | _small(rows)).items()}
    return {view: {k: a for k, (a, _) in both.items()} for view, both in shares.items()}


def _small(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """The other columns that have few different values, as texts."""
    from tunec.runtime.text.readable import as_text

    few = [c for c in rows.columns if c.startswith("meta.") and _count(rows[c]) <= _FEW]
    return {c: as_text(rows[c]).fill_null("none") for c in few}


def _lengths(texts: pl.Series) -> pl.Series:
    import polars as pl

    from tunec.runtime.text.words import count_units

    units = count_units(texts).fill_null(0)
    return pl.Series(_LABELS).gather(pl.Series(LENGTHS).search_sorted(units, "left"))


def _count(column: pl.Series) -> int:
    """How many different values a column has; of lists and objects how many texts."""
    from tunec.runtime.text.readable import as_text

    return (as_text(column) if column.dtype.is_nested() else column).n_unique()


def _views(rows: pl.DataFrame, task: Task | None) -> dict[str, pl.Series]:
    from tunec.runtime.ops.functions.lang import lang

    sample = rows[rows["id"].arg_sort().head(SAMPLE)]
    spoken = lang(sample["_text"]).fill_null("none")
    views = {"source": rows["source"], "language": spoken, "length": _lengths(sample["_text"])}
    if task is not None:
        views["task"] = task(sample["_prompt"]).fill_null("none")
    return views | _small(rows)


def _shares(before: pl.DataFrame, after: pl.DataFrame, task: Task | None) -> dict[str, dict[str, tuple[float, float]]]:
    left, right = _views(before, task), _views(after, task)
    return {view: _pairs(left[view], right[view]) for view in left if view in right}


def _pairs(before: pl.Series, after: pl.Series) -> dict[str, tuple[float, float]]:
    counts = [dict(s.value_counts().iter_rows()) for s in (before, after)]
    order = {label: number for number, label in enumerate(_LABELS)}
    common = {k: -max(c.get(k, 0) for c in counts) for k in counts[0].keys() | counts[1].keys()}
    keys = sorted(common, key=lambda k: (order.get(k, common[k]), str(k)))
    totals = [max(1, len(before)), max(1, len(after))]
    return {str(k): (counts[0].get(k, 0) / totals[0], counts[1].get(k, 0) / totals[1]) for k in keys}


def _drops(name: str, old: Any, new: Any, before: Path, after: Path) -> dict[str, tuple[int, int]]:
    import polars as pl

    counts = []
    for folder, manifest in ((before, old), (after, new)):
        ledger = pl.scan_parquet(folder / "ledger" / f"{name}.parquet", glob=False).filter(pl.col("node").is_not_null())
        rules = ledger.group_by("node", "rule").len().collect()
        by_rule: dict[str, int] = {}
        for node, rule, count in rules.iter_rows():
            stage = manifest["nodes"][node]["op"].split(".")[-1]
            label = f"{stage}: {shown(manifest, node, rule)}"
            by_rule[label] = by_rule.get(label, 0) + count
        counts.append(by_rule)
    return {k: (counts[0].get(k, 0), counts[1].get(k, 0)) for k in sorted(counts[0].keys() | counts[1].keys())}


def _changed(before: Edition, after: Edition) -> Iterator[str]:
    """What differs in targets of which nothing else is shown: those that became another kind, and those of kinds that
    have neither rows nor numbers."""
    earlier: Mapping[str, Mapping[str, Any]] = before.manifest["targets"]
    for name, target in after.manifest["targets"].items():
        kind = kind_of(target["kind"])
        same = name in earlier and earlier[name]["kind"] == kind.keyword
        if name in earlier and not (same and (kind.compare or kind.numbers)):
            yield from (change.text for change in changes_of(name, before, after))


def _scores(before: Edition, after: Edition) -> Iterator[tuple[str, str, str, float | None, float | None]]:
    left, right = _numbers(before), _numbers(after)
    # A measure that one of them has not taken at all is no difference of numbers.
    measured = [{key[0] for key in side} for side in (left, right)]
    for key in sorted(k for k in left.keys() | right.keys() if k[0] in measured[0] & measured[1]):
        if left.get(key) != right.get(key):
            yield (*key, left.get(key), right.get(key))


def _numbers(edition: Edition) -> dict[Measured, float]:
    by_measure: dict[Measured, float] = {}
    for name, target in edition.manifest["targets"].items():
        numbers = kind_of(target["kind"]).numbers
        if numbers is not None:
            by_measure |= numbers(edition.folder, name)
    return by_measure
