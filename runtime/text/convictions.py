"""Which rows match a benchmark, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from tunec.runtime.text.normal import collapsed
from tunec.runtime.text.turns import answers, questions

if TYPE_CHECKING:
    from tunec.runtime.values import Bound

#: The plainest evidence first.
_RULES = ("exact", "ngram", "tokens", "cosine")


def items_of(benchmarks: Sequence[pl.DataFrame], with_: str) -> pl.DataFrame:
    """The different items of benchmarks, columns `id` and `text`; the first of equal ones."""
    frames = []
    for rows in benchmarks:
        text = questions(rows)
        if with_ == "question_answer":
            text = pl.select(pl.concat_str([text, answers(rows)], separator="\n", ignore_nulls=True)).to_series()
        frames.append(pl.DataFrame({"id": rows["id"], "text": text, "key": collapsed(text)}))
    items = pl.concat(frames) if frames else pl.DataFrame(schema=dict.fromkeys(("id", "text", "key"), pl.String))
    items = items.filter(pl.col("key").fill_null("") != "")
    return items.unique("key", keep="first", maintain_order=True).drop("key")


def convictions(rows: pl.DataFrame, read: pl.DataFrame, items: pl.DataFrame, rules: Sequence[Bound]) -> pl.DataFrame:
    """For each row that matches, in order: `row`, `rule`, `value`, `threshold`, `item`, as `decontaminate` promises.

    `read` holds the texts of the rows (`row`, `text`), `items` the items (`id`, `text`).
    """
    texts = read.select(pl.col("text").unique(maintain_order=True))["text"]
    number = pl.DataFrame({"content": texts, "text": pl.Series(range(len(texts)), dtype=pl.UInt32)})
    of_row = read.rename({"text": "content"}).join(number, on="content").select("row", "text").unique()
    found = [_empty()]
    for rule in rules:
        matches = rule.call(rows, texts=texts, items=items["text"])
        if "threshold" not in matches.columns:
            matches = matches.with_columns(threshold=pl.lit(""))
        place = _RULES.index(rule.name) if rule.name in _RULES else len(_RULES)
        matches = matches.with_columns(rule=pl.lit(rule.text), place=pl.lit(place, dtype=pl.Int32))
        best = matches.sort("text", -pl.col("value"), "item").unique("text", keep="first", maintain_order=True)
        found.append(best.select(_empty().columns))
    by_row = pl.concat(found).join(of_row, on="text")
    by_row = by_row.sort("row", "place", -pl.col("value"), "rule", "item")
    return by_row.unique("row", keep="first", maintain_order=True)


def _empty() -> pl.DataFrame:
    kinds = {"text": pl.UInt32, "item": pl.UInt32, "value": pl.Float64, "threshold": pl.String, "rule": pl.String}
    return pl.DataFrame(schema={**kinds, "place": pl.Int32})
