"""Which rows match a benchmark, by what, and how much of the benchmark they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from tunec.runtime.text.leaks import classes
from tunec.runtime.text.short_items import embedded
from tunec.runtime.text.signs import word_lists
from tunec.runtime.text.spans import SPANS, covered

if TYPE_CHECKING:
    from tunec.runtime.base.values import Bound

#: The plainest evidence first.
_RULES = ("exact", "ngram", "tokens", "cosine", "confirm")
_Types: TypeAlias = Mapping[str, type[pl.DataType]]
_MATCH: _Types = {"text": pl.UInt32, "item": pl.UInt32, "value": pl.Float64, "threshold": pl.String}
_FOUND: _Types = {**_MATCH, "rule": pl.String, "name": pl.String, "place": pl.Int32}
_BY_ROW: _Types = {**_FOUND, "row": pl.UInt32}
#: What is measured of a short item inside of a text.
_SHORT = "contained, with its answer or as a sentence"


@dataclass(frozen=True, slots=True)
class Convictions:
    """What was found. `rows` has for each row that matches, in order, `row`, `rule`, `value`, `threshold`, `item`, and
    the `class` of the match. `of_row` says which texts a row has (`row`, `text`). `spans` are the words of items that
    texts cover, where a rule said so (`text`, `item`, `first`, `after`)."""

    rows: pl.DataFrame
    of_row: pl.DataFrame
    spans: pl.DataFrame | None


def convictions(rows: pl.DataFrame, read: pl.DataFrame, items: pl.DataFrame, rules: Sequence[Bound]) -> Convictions:
    """What the rules find, as `decontaminate` promises.

    `read` holds the texts of the rows (`row`, `text`), `items` the items (`id`, `text`). Where there is a `confirm`,
    the matches of `cosine` are what it is asked about, and convict nobody by themselves.
    """
    texts = read.select(pl.col("text").unique(maintain_order=True))["text"]
    number = pl.DataFrame({"content": texts, "text": pl.Series(range(len(texts)), dtype=pl.UInt32)})
    of_row = read.rename({"text": "content"}).join(number, on="content").select("row", "text").unique()
    given = {"texts": texts, "items": items["text"]}
    judges = [rule for rule in rules if rule.name == "confirm"]
    found, suspects, spans = [_empty()], [pl.DataFrame(schema=_MATCH)], list[pl.DataFrame]()
    short = list[pl.DataFrame]()
    for rule in rules:
        if rule in judges:
            continue
        matches = rule.call(rows, **given)
        if "threshold" not in matches.columns:
            matches = matches.with_columns(threshold=pl.lit(""))
        if "spans" in matches.columns:
            spans.append(matches.select("text", "item", "spans").explode("spans").unnest("spans"))
        if rule.name == "exact" and "convicts" in matches.columns:
            held = embedded(matches.filter(~pl.col("convicts")).select("text", "item"), texts, of_row, items)
            short.append(held.with_columns(value=pl.lit(1.0), threshold=pl.lit(_SHORT), rule=pl.lit(rule.text)))
        if "convicts" in matches.columns:
            matches = matches.filter("convicts")
        if judges and rule.name == "cosine":
            suspects.append(matches.select(list(_MATCH)).cast(pl.Schema(_MATCH)))
        else:
            found.append(_best(matches, rule))
    # What a plainer rule convicts goes by that rule, whatever a judge would say.
    convicted = pl.concat(found).filter(pl.col("place") < _RULES.index("confirm")).select("text")
    for judge in judges:
        best = pl.concat(suspects).sort("text", "item", "value").unique(["text", "item"], keep="last")
        best = best.join(convicted, on="text", how="anti")
        found.append(_best(judge.call(rows, **given, suspects=best.sort("text", "item")), judge))
    by_row = pl.concat([pl.concat(found).join(of_row, on="text"), *map(_by_row, short)])
    by_row = by_row.sort("row", "place", -pl.col("value"), "rule", "item", "text")
    by_row = by_row.unique("row", keep="first", maintain_order=True)
    pairs = by_row.select(
        content=texts.gather(by_row["text"]),
        wanted=items["text"].gather(by_row["item"]),
        exact=pl.col("name") == "exact",
        confirmed=pl.col("name") == "confirm",
    )
    all_spans = pl.concat([s.cast(pl.Schema(SPANS)) for s in spans]) if spans else None
    return Convictions(by_row.with_columns(classes(pairs)), of_row, all_spans)


def findings(found: Convictions, rows: int, items: pl.DataFrame, gone: pl.Series) -> dict[str, Any]:
    """What a report says of the matches: rows by class, and for each benchmark its items, those that a row matches
    best, and, where spans were looked for, how many are clean before and after the rows in `gone` are dropped."""
    by_class = found.rows["class"].value_counts().sort("class")
    matched = items.with_row_index("item").filter(pl.col("item").is_in(found.rows["item"].unique().implode()))
    counts = dict(matched["origin"].value_counts().iter_rows())
    stays = found.of_row.filter(~pl.col("row").is_in(gone.implode()))["text"].unique()
    benchmarks = [
        {"origin": origin, "items": whole, "matched": counts.get(origin, 0)}
        for origin, whole in items.group_by("origin", maintain_order=True).len().iter_rows()
    ]
    if found.spans is not None:
        length = word_lists(items["text"]).list.len().cast(pl.Int64)
        every = items.select("origin", item=pl.int_range(pl.len(), dtype=pl.Int64), length=length)
        before = _cleanness(found.spans, every)
        after = _cleanness(found.spans.filter(pl.col("text").is_in(stays.implode())), every)
        for said in benchmarks:
            said |= {"before": before[said["origin"]], "after": after[said["origin"]]}
    return {"rows": rows, "classes": dict(by_class.iter_rows()), "benchmarks": benchmarks}


def _cleanness(spans: pl.DataFrame, items: pl.DataFrame) -> Mapping[str, Mapping[str, int]]:
    """The four subsets of Llama 2, appendix A.6, of each benchmark, by the share of an item's words that stand in the
    rows; an item may be in two of them. `items` has `item`, `origin` and `length` in words."""
    share = items.join(covered(spans, ["item"]), on="item", how="left").with_columns(pl.col("covered").fill_null(0))
    # In integers, so that an item on the threshold is on the right side of it.
    a_fifth, most = pl.col("covered") * 5 >= pl.col("length"), pl.col("covered") * 5 >= pl.col("length") * 4
    some = pl.col("covered") > 0
    counted = share.group_by("origin").agg(
        clean=(~(a_fifth & some)).sum(), not_clean=(a_fifth & some).sum(),
        not_dirty=(~(most & some)).sum(), dirty=(most & some).sum(),
    )  # fmt: skip
    return {row.pop("origin"): {name: int(n) for name, n in row.items()} for row in counted.iter_rows(named=True)}


def _best(matches: pl.DataFrame, rule: Bound) -> pl.DataFrame:
    """The best match of each text by a rule."""
    place = _RULES.index(rule.name) if rule.name in _RULES else len(_RULES)
    best = matches.sort("text", -pl.col("value"), "item").unique("text", keep="first", maintain_order=True)
    return (
        best.with_columns(rule=pl.lit(rule.text), name=pl.lit(rule.name), place=pl.lit(place, dtype=pl.Int32))
        .select(list(_FOUND))
        .cast(pl.Schema(_FOUND))
    )


def _by_row(short: pl.DataFrame) -> pl.DataFrame:
    """Rows that hold short items, as other rules find texts."""
    place = pl.lit(_RULES.index("exact"))
    return short.with_columns(name=pl.lit("exact"), place=place).select(*_FOUND, "row").cast(pl.Schema(_BY_ROW))


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=_FOUND)
