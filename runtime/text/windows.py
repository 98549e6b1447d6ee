"""Vectors of texts of any length: one a text, or one for each window where the embedder does not read it whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tunec.runtime.base.values import Progress
from tunec.runtime.text.fitness import check_apart
from tunec.runtime.text.matches import stars
from tunec.runtime.text.vectors import F16, F64, I64, embedded

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec

Find = Callable[[F16, float, Progress], tuple[I64, I64, F64]]


@dataclass(frozen=True, slots=True)
class Windowed:
    """Distinct vectors, in the order in which windows first have them, and the windows: `text` they belong to, `vector`
    that they have. A missing or blank text has none. `sample` is a text with each vector."""

    vectors: F16
    windows: pl.DataFrame
    sample: pl.Series


def windowed(ctx: Context, using: EmbedderSpec, texts: pl.Series, like: Sequence[str] | None = None) -> Windowed:
    """The vectors of texts, window by window (`Context.cut`); how many texts are longer than the embedder reads is
    said."""
    every = texts.cast(pl.String).fill_null("")
    found = ctx.cut(using, every.to_list(), like)
    if found.longer:
        ctx.note(
            f"{found.longer:,} of {len(texts):,} texts are longer than the {found.reads} pieces that `{using.id}` "
            "reads, and are compared in windows"
        )
    flat = pl.Series([part for parts in found.parts for part in parts], dtype=pl.String)
    text = np.repeat(np.arange(len(every)), [len(parts) for parts in found.parts])
    made = embedded(ctx, using, flat)
    check_apart(using, flat, made.vector_of, ctx)
    windows = pl.DataFrame({"text": text.astype(np.int64), "vector": made.vector_of}).filter(pl.col("vector") >= 0)
    return Windowed(made.vectors, windows, flat.gather(made.first()))


def contained(ours: Windowed, theirs: Windowed, near: tuple[I64, I64, F64]) -> pl.DataFrame:
    """Texts that have all windows of an item, from pairs of vectors that are near: `text`, `item`, and as `value` the
    cosine of the window that is found worst."""
    pairs = pl.DataFrame(dict(zip(("left", "right", "value"), near, strict=True)))
    item = theirs.windows.rename({"text": "item"}).with_row_index("window")
    many = item.group_by("item").len("windows")
    best = pairs.join(ours.windows, left_on="left", right_on="vector").join(item, left_on="right", right_on="vector")
    best = best.group_by("text", "item", "window").agg(pl.col("value").max())
    whole = best.group_by("text", "item").agg(pl.col("value").min(), found=pl.len())
    return whole.join(many, on="item").filter(pl.col("found") == pl.col("windows")).select("text", "item", "value")


def same(of: Windowed, threshold: float, find: Find, progress: Progress) -> tuple[I64, I64, F64]:
    """Pairs of texts each of whose windows has one of the other that is near (left < right, and the worst of the best
    cosines), as `matches.pairs` wants them: of texts with the very same vectors, the first with each other one."""
    keys = of.windows.group_by("text", maintain_order=True).agg("vector")
    numbers, text = keys["vector"].to_list(), keys["text"].to_numpy()
    known: dict[tuple[int, ...], int] = {}
    document = np.array([known.setdefault(tuple(vectors), len(known)) for vectors in numbers], dtype=np.int64)
    left, right = stars(pl.Series(document, dtype=pl.Int64))
    first = text[np.unique(document, return_index=True)[1]] if len(document) else text
    a, b, value = _near(list(known), find(of.vectors, threshold, progress), len(of.vectors))
    return (
        np.concatenate([text[left], first[a]]),
        np.concatenate([text[right], first[b]]),
        np.concatenate([np.ones(len(left)), value]),
    )


def _near(documents: list[tuple[int, ...]], near: tuple[I64, I64, F64], vectors: int) -> tuple[I64, I64, F64]:
    """Pairs of documents, each the numbers of its vectors, by the near pairs of vectors."""
    one = np.full(vectors, -1, dtype=np.int64)
    single = np.array([len(document) == 1 for document in documents], dtype=np.bool_)
    for number in np.flatnonzero(single).tolist():
        one[documents[number][0]] = number
    a, b, value = near
    short = (one[a] >= 0) & (one[b] >= 0)
    pairs = [(one[a][short], one[b][short], value[short])]
    if not single.all():
        pairs.append(_of_long(documents, single, near))
    left, right, worst = (np.concatenate(part) for part in zip(*pairs, strict=True))
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low))
    return low[order], high[order], worst[order]


def _of_long(documents: list[tuple[int, ...]], single: np.ndarray, near: tuple[I64, I64, F64]) -> tuple[I64, I64, F64]:
    """Near pairs of documents of which one at least has several windows."""
    a, b, value = near
    window = pl.DataFrame({"document": np.arange(len(documents)), "vector": documents}).explode("vector").unique()
    window = window.with_columns(single=pl.Series(single).gather(window["document"]))
    vectors = window["vector"].unique()
    same_vector = pl.DataFrame({"a": vectors, "b": vectors, "value": np.nextafter(np.ones(len(vectors)), 0)})
    both = pl.DataFrame(
        {"a": np.concatenate([a, b]), "b": np.concatenate([b, a]), "value": np.concatenate([value] * 2)}
    )
    both = pl.concat([both.cast({"a": pl.Int64, "b": pl.Int64}), same_vector])
    joined = window.join(both, left_on="vector", right_on="a").join(window, left_on="b", right_on="vector", suffix="_2")
    joined = joined.filter((pl.col("document") != pl.col("document_2")) & ~(pl.col("single") & pl.col("single_2")))
    best = joined.group_by("document", "document_2", "vector").agg(pl.col("value").max())
    whole = best.group_by("document", "document_2").agg(pl.col("value").min(), found=pl.len())
    whole = whole.join(window.group_by("document").len("windows"), on="document")
    whole = whole.filter(pl.col("found") == pl.col("windows"))
    back = whole.select("document", "document_2", other="value")
    pairs = whole.filter(pl.col("document") < pl.col("document_2")).join(
        back, left_on=["document", "document_2"], right_on=["document_2", "document"]
    )
    pairs = pairs.sort("document", "document_2")
    worst = pairs.select(pl.min_horizontal("value", "other")).to_series()
    return pairs["document"].to_numpy(), pairs["document_2"].to_numpy(), worst.to_numpy()
