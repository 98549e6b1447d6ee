"""The promise that no training row holds a benchmark item, kept in a form that anyone can check later.

A version carries its benchmarks with every word replaced by a hash: enough to look for the items in its rows again,
and nothing that a crawler could take for the benchmark's text.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

#: Columns of the hidden items: the id of the item; the hash of the whole; the hashes of its words where it has at least
#: eight, which is when a text that contains it counts as contaminated.
COLUMNS = ("item", "whole", "words")


def hidden_items(items: pl.DataFrame) -> pl.DataFrame:
    """Benchmark items (`id`, `text`) as hashes, sorted, each once."""
    import polars as pl

    from tunec.runtime.text.normal import stripped, unpunctuated
    from tunec.runtime.text.verbatim import LONG
    from tunec.runtime.text.words import count_words

    text = items["text"]
    long = count_words(stripped(text)).fill_null(0) >= LONG
    words = hidden(text)
    hashed = pl.DataFrame(
        {
            "item": items["id"],
            "whole": _wholes(unpunctuated(text)),
            "words": pl.select(pl.when(long).then(words)).to_series(),
        }
    )
    return hashed.unique(["whole", "words"], keep="first", maintain_order=True).sort("item")


def contaminated(rows: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The rows (`row`: index) that hold a hidden item (`item`: its id), the first of each row."""
    import polars as pl

    from tunec.runtime.text.normal import unpunctuated
    from tunec.runtime.text.turns import turns
    from tunec.runtime.text.verbatim import contained

    read = turns(rows, ["prompt", "response"])
    texts = read["text"].unique(maintain_order=True)
    long = items.filter(pl.col("words").is_not_null())
    text, item = contained(hidden(texts), long["words"])
    inside = pl.DataFrame({"content": texts.gather(text.tolist()), "item": long["item"].gather(item.tolist())})
    wholes = pl.DataFrame({"content": texts, "whole": _wholes(unpunctuated(texts))}).filter(pl.col("whole") != "")
    equal = wholes.join(items.filter(pl.col("whole") != ""), on="whole").select("content", "item")
    found = read.rename({"text": "content"}).join(pl.concat([inside, equal]), on="content")
    return found.select("row", "item").sort("row", "item").unique("row", keep="first", maintain_order=True)


def hidden(texts: pl.Series) -> pl.Series:
    """Each text as its normalised words, every word replaced by eight hex digits of a hash."""
    import polars as pl

    from tunec.runtime.text.normal import stripped
    from tunec.runtime.text.words import units

    lists = units(stripped(texts))
    vocabulary = lists.explode().drop_nulls().unique()
    digests = pl.Series([_hash(word, 4) for word in vocabulary], dtype=pl.String)
    hashed = lists.list.eval(pl.element().replace_strict(vocabulary, digests, return_dtype=pl.String))
    return hashed.list.join(" ")


def _wholes(texts: pl.Series) -> pl.Series:
    import polars as pl

    return pl.Series([_hash(text, 16) if text else "" for text in texts], dtype=pl.String)


def _hash(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
