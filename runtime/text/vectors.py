"""Vectors of texts, and which of them are close.

Vectors come rounded to float16. Products and sums of such numbers of length one are exact in float64, whatever the
order of summation: so a cosine is the same number on every machine, and a threshold the same line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.matches import joined

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, Progress

F16 = NDArray[np.float16]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_BLOCK = 2048
_CHUNK = 1_000  # pairs of vectors that are compared exactly at once: few enough to stay near the processor
_SLACK = 1e-4  # how far the quick cosine in float32 may be off; far more than it is


@dataclass(frozen=True, slots=True)
class Embedded:
    """Distinct vectors, shape (vectors, dimensions), in the order in which texts first have them, and for each text
    the number of its vector, or -1 where the text is missing or blank."""

    vectors: F16
    vector_of: I64

    def first(self) -> I64:
        """The first text with each vector."""
        known = np.flatnonzero(self.vector_of >= 0)
        _, first = np.unique(self.vector_of[known], return_index=True)
        return known[first]


def embedded(ctx: Context, using: EmbedderSpec, texts: pl.Series) -> Embedded:
    """The vectors of texts; every distinct text is embedded once."""
    frame = pl.DataFrame({"text": texts.cast(pl.String)}).with_columns(
        blank=pl.col("text").str.strip_chars().eq("").fill_null(True)
    )
    distinct = frame.filter(~pl.col("blank"))["text"].unique(maintain_order=True)
    vector_of = np.full(len(texts), -1, dtype=np.int64)
    if not len(distinct):
        return Embedded(np.empty((0, 1), dtype=np.float16), vector_of)
    # Negative zero equals zero, but has other bytes.
    vectors = np.ascontiguousarray(ctx.embed(using, distinct.to_list()), dtype=np.float16) + np.float16(0)
    rows = vectors.view(np.dtype((np.void, vectors.dtype.itemsize * vectors.shape[1]))).ravel()
    _, first, group = np.unique(rows, return_index=True, return_inverse=True)
    by_first = np.argsort(first, kind="stable")
    number = np.empty(len(first), dtype=np.int64)
    number[by_first] = np.arange(len(first))
    known = (
        frame.filter(~pl.col("blank"))
        .select("text")
        .join(
            pl.DataFrame({"text": distinct, "number": number[group.ravel()]}),
            on="text",
            how="left",
            maintain_order="left",
        )
    )
    vector_of[~frame["blank"].to_numpy()] = known["number"].to_numpy()
    return Embedded(vectors[first[by_first]], vector_of)


def cosines(left: F16, right: F16) -> F64:
    """The cosine of each row of `left` with the same row of `right`; 0 for a vector of length zero."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    length = np.sqrt(np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b))
    product = np.einsum("ij,ij->i", a, b)
    quotient: F64 = np.divide(product, length, out=np.zeros_like(product), where=length > 0)
    return quotient


def cosines_of(vectors: F16, left: I64, right: I64) -> F64:
    """The cosines of pairs of vectors, by their numbers, with few of them in float64 at once."""
    parts = ((left[p : p + _CHUNK], right[p : p + _CHUNK]) for p in range(0, len(left), _CHUNK))
    return np.concatenate([np.empty(0), *(cosines(vectors[a], vectors[b]) for a, b in parts)])


def quiet(done: int, total: int, what: str) -> None:
    """Says nothing, where the caller tells how far it is."""


def close_pairs(vectors: F16, threshold: float, progress: Progress) -> tuple[I64, I64, F64]:
    """Pairs (left < right, cosine) of distinct vectors with a cosine of at least the threshold, by position."""
    left, right, value = close(vectors, vectors, threshold, progress, above_diagonal=True)
    # 1 is kept for the very same vector (`matches.pairs`); rounding must not make two vectors one.
    return left, right, np.minimum(value, np.nextafter(1.0, 0.0))


def close(
    left: F16, right: F16, threshold: float, progress: Progress, *, above_diagonal: bool = False
) -> tuple[I64, I64, F64]:
    """All (left, right, cosine) with a cosine of at least the threshold, by position."""
    found: list[tuple[I64, I64, F64]] = []
    for start in range(0, len(left), _BLOCK):
        progress(start, len(left), "comparing vectors")
        rows = unit(left[start : start + _BLOCK])
        for column in range(start if above_diagonal else 0, len(right), _BLOCK):
            quick = rows @ unit(right[column : column + _BLOCK]).T
            a, b = np.nonzero(quick >= threshold - _SLACK)
            a, b = a + start, b + column
            if above_diagonal:
                a, b = a[a < b], b[a < b]
            for chunk in range(0, len(a), _CHUNK):
                x, y = a[chunk : chunk + _CHUNK], b[chunk : chunk + _CHUNK]
                value = cosines(left[x], right[y])
                near = value >= threshold
                found.append((x[near], y[near], value[near]))
    values = np.concatenate([np.empty(0), *(value for _, _, value in found)])
    return joined(x for x, _, _ in found), joined(y for _, y, _ in found), values


def unit(vectors: F16) -> NDArray[np.float32]:
    """The vectors as float32, of length one; a vector of length zero stays."""
    wide = vectors.astype(np.float32)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    wide /= np.where(length > 0, length, 1)
    return wide
