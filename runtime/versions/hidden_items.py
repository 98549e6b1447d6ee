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
    matches = read.rename({"text": "content"}).join(pl.concat([inside, equal]), on="content")
    return matches.select("row", "item").sort("row", "item").unique("row", keep="first", maintain_order=True)


def hidden(texts: pl.Series) -> pl.Series:
    """Each text as its normalised words, every word replaced by eight hex digits of a hash."""
    import numpy as np
    import polars as pl

    from tunec.runtime.text.normal import stripped
    from tunec.runtime.text.words import flat_units

    words, lengths = flat_units(stripped(texts))
    vocabulary = words.unique()
    digests = pl.DataFrame({"word": vocabulary, "hash": [_hash(word, 4) for word in vocabulary]})
    hashes = pl.DataFrame({"word": words}).join(digests, on="word", how="left", maintain_order="left")["hash"]
    text = np.repeat(np.arange(len(texts)), lengths)
    joined = pl.DataFrame({"text": text, "hash": hashes}).group_by("text").agg(pl.col("hash").str.join(" "))
    every = pl.DataFrame({"text": np.arange(len(texts)), "there": texts.is_not_null()})
    every = every.join(joined, on="text", how="left", maintain_order="left")
    return every.select(pl.when("there").then(pl.col("hash").fill_null(""))).to_series()


def _wholes(texts: pl.Series) -> pl.Series:
    import polars as pl

    return pl.Series([_hash(text, 16) if text else "" for text in texts], dtype=pl.String)


def _hash(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
