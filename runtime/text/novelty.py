"""Which texts are too near to what was accepted before them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tunec.runtime.text.bm25 import Bm25Pool
from tunec.runtime.text.fractions import share
from tunec.runtime.text.rouge import NoveltyPool, tokens
from tunec.runtime.text.words import words


def matched(texts: pl.Series, seeds: Sequence[str], rouge_l: float, bm25: float | None) -> list[tuple[int, int, float]]:
    """The texts that are too near: (number, number of the nearest among seeds and then texts, score)."""
    pool: NoveltyPool | Bm25Pool = NoveltyPool(share(rouge_l)) if bm25 is None else Bm25Pool(bm25)
    every = [*seeds, *texts]
    cut = tokens(every) if bm25 is None else words(pl.Series(every, dtype=pl.String).fill_null("")).to_list()
    for seed in cut[: len(seeds)]:
        pool.add(seed)
    known = list(range(len(seeds)))  # the pool's numbers → numbers among seeds and texts
    found = []
    for row, text in enumerate(cut[len(seeds) :]):
        match = pool.match(text)
        if match is None:
            pool.add(text)
            known.append(len(seeds) + row)
        else:
            found.append((row, known[match.number], float(match.score)))
    return found
