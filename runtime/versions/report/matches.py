"""Rows beside what they match: benchmark items with the common words marked, and groups of duplicates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.versions.rules import shown

if TYPE_CHECKING:
    import polars as pl

_PAIRS = 40  # shown of the rows that match a benchmark
_CLUSTERS = 12
_MEMBERS = 4  # shown of a group
_TEXT = 1_500  # characters of a text that is shown
_RUN = 3  # words in a row that are marked as the same

#: A text in pieces; True where the other text has the same words.
Marked = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A row that a check against benchmarks dropped, beside the item that it matches."""

    id: str
    source: str
    rule: str
    kind: str  # `duplicate`, `gray area`, `similar but different`
    measured: str
    field: str
    row: Marked
    item: Marked


@dataclass(frozen=True, slots=True)
class Cluster:
    """Rows that a `dedup` took for one: the text of the row that stayed, how many went, and a few of them."""

    partner: str
    text: str
    count: int
    members: tuple[tuple[str, str, str, str], ...]  # id, rule, measured value, text


def pairs(ledger: pl.LazyFrame, manifest: Mapping[str, Any]) -> tuple[tuple[Pair, ...], int]:
    """Pairs of rows and benchmark items, spread over the rules and kinds of matches; and how many there are."""
    import polars as pl

    found = ledger.filter(
        pl.col("node").is_in(_nodes(manifest, "decontaminate")) & pl.col("partner_text").is_not_null()
    )
    matched = found.with_columns(pl.col("value").str.split_exact(", ", 1).struct.field("field_1").alias("kind"))
    spread = matched.with_columns(pl.int_range(pl.len()).over("node", "rule", "kind").alias("turn"))
    frame = spread.sort("turn", "kind", "id").collect()
    return tuple(_pair(line, manifest) for line in frame.head(_PAIRS).iter_rows(named=True)), frame.height


def _pair(line: Mapping[str, Any], manifest: Mapping[str, Any]) -> Pair:
    item = line["partner_text"][:_TEXT]
    texts = {field: line[field] for field in ("prompt", "response") if line[field]}
    marked = {field: common(text, item) for field, text in texts.items()}
    field = max(marked, key=lambda f: sum(len(t) for t, same in marked[f][0] if same), default="prompt")
    row, other = marked.get(field, ((), ((item, False),)))
    measured = str(line["value"] or "").partition(", ")[0]
    source = manifest["origins"].get(line["origin"], ["?"])[0]
    rule = shown(manifest, line["node"], line["rule"])
    return Pair(line["id"], source, rule, line["kind"] or "", measured, field, row, other)


def common(text: str, item: str) -> tuple[Marked, Marked]:
    """Two texts with the runs of words marked that both have, in whichever order. A long text is cut to the part that
    the other one matches."""
    from difflib import SequenceMatcher

    left, right = _words(text), _words(item)
    matcher = SequenceMatcher(None, [w for w, _, _ in left], [w for w, _, _ in right], autojunk=False)
    blocks = [b for b in matcher.get_matching_blocks() if b.size >= min(_RUN, len(right))]
    if not blocks:
        return ((text[:_TEXT], False),), ((item, False),)
    spans = [
        [(words[b_[i]][1], words[b_[i] + b_.size - 1][2]) for b_ in blocks] for i, words in ((0, left), (1, right))
    ]
    start = max(0, spans[0][0][0] - _TEXT // 4)
    return _cut(text, spans[0], start if len(text) > _TEXT else 0), _cut(item, spans[1], 0)


def _words(text: str) -> list[tuple[str, int, int]]:
    """Words with where they begin and end; characters of scripts without spaces are words of their own."""
    pattern = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
    return [(m[0].lower(), m.start(), m.end()) for m in re.finditer(pattern, text)][:4_000]


def _cut(text: str, spans: Sequence[tuple[int, int]], start: int) -> Marked:
    return tuple(_pieces(text, spans, start, min(len(text), start + _TEXT)))


def _pieces(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[tuple[str, bool]]:
    if start:
        yield "…", False
    at = start
    for first, last in spans:
        first, last = max(first, at), min(last, end)
        if first < last:
            if at < first:
                yield text[at:first], False
            yield text[first:last], True
            at = last
    if at < end:
        yield text[at:end], False
    if end < len(text):
        yield "…", False


def clusters(ledger: pl.LazyFrame, manifest: Mapping[str, Any]) -> tuple[tuple[Cluster, ...], int]:
    """The largest groups of duplicates, by the row that stayed; and how many groups there are."""
    import polars as pl

    gone = ledger.filter(pl.col("node").is_in(_nodes(manifest, "dedup")) & pl.col("partner").is_not_null())
    counts = gone.group_by("partner").agg(pl.len().alias("count")).collect()
    counts = counts.sort("count", "partner", descending=[True, False])
    # The texts of these alone: those of all groups may be more than the memory holds.
    largest = gone.filter(pl.col("partner").is_in(counts["partner"].head(_CLUSTERS).implode()))
    groups = largest.group_by("partner").agg(
        pl.len().alias("count"),
        pl.col("partner_text").first(),
        pl.struct("id", "node", "rule", "value", "prompt").sort_by("id").head(_MEMBERS).alias("members"),
    )
    frame = groups.collect().sort("count", "partner", descending=[True, False])
    found = [
        Cluster(
            line["partner"],
            (line["partner_text"] or "")[:_TEXT],
            line["count"],
            tuple(
                (m["id"], shown(manifest, m["node"], m["rule"]), m["value"] or "", (m["prompt"] or "")[:_TEXT])
                for m in line["members"]
            ),
        )
        for line in frame.iter_rows(named=True)
    ]
    return tuple(found), counts.height


def _nodes(manifest: Mapping[str, Any], stage: str) -> list[str]:
    return sorted(node for node, known in manifest["nodes"].items() if known["op"] == f"stages.{stage}")
