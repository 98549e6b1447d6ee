"""The promise that no training row holds a benchmark item, kept in a form that anyone can check later.

A version carries its benchmarks as hashes: enough to look for the items in its rows again, and nothing that a crawler
could take for the benchmark's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def hidden_items(ids: pl.Series, hidden: pl.DataFrame) -> pl.DataFrame:
    """Hashed benchmark items (`verbatim.HIDDEN`) sorted, each once, with their ids as `item`."""
    return hidden.select(ids.alias("item"), *hidden).unique("whole", keep="first", maintain_order=True).sort("item")


def contaminated(read: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The rows (`row`: index) that hold a hidden item (`item`: its id), the first of each row. `read` has the texts of
    the rows that are looked at (`row`, `text`)."""
    import polars as pl

    from tunec.runtime.text.verbatim import Verbatim, held

    texts = read["text"].unique(maintain_order=True)
    text, item = held(texts, Verbatim(items))
    inside = pl.DataFrame({"content": texts.gather(text), "item": items["item"].gather(item)})
    found = read.rename({"text": "content"}).join(inside, on="content")
    return found.select("row", "item").sort("row", "item").unique("row", keep="first", maintain_order=True)
