"""Compares rankings of rows with a choice of rows that was published: the 5 % of Alpaca that Cherry took by IFD.

    python bench/selection.py [--rows 200] [--write docs/results.md]

As many rows that Cherry took as rows that it did not take are drawn with a fixed seed. The area under the curve says
how often a row that was taken ranks above one that was not, each with each (one half is chance), with the 95 % interval
of a bootstrap over rows. The overlap is how many of the rows that a ranking puts into its upper half were taken.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from functions import ALPACA, DATA, tell
from scipy.stats import rankdata, spearmanr
from scored import context

from tunec.runtime.ops.functions.ifd import ifd
from tunec.runtime.ops.models.bundled import bundled
from tunec.runtime.store.store import Store

CHERRY = DATA / "ratings/alpaca_cherry5_idx.parquet"
SAMPLES = 2000


def drawn(count: int) -> pl.DataFrame:
    """`count` rows that Cherry took, and as many that it did not take: `prompt`, `response`, `taken`."""
    rows = pl.read_parquet(ALPACA).filter(pl.col("output").str.strip_chars() != "")
    rows = rows.with_columns(taken=pl.col("idx").is_in(pl.read_parquet(CHERRY)["alpaca_idx"].implode()))
    both = pl.col("instruction") + "\n\n" + pl.col("input")
    prompt = pl.when(pl.col("input") == "").then("instruction").otherwise(both)
    named = rows.select(prompt=prompt, response="output", taken="taken")
    return pl.concat([named.filter(pl.col("taken") == side).sample(count, seed=17) for side in (True, False)])


def curve(values: np.ndarray, taken: np.ndarray) -> float:
    """How often a taken row has the higher value; a tie is half."""
    ranks, own = rankdata(values), int(taken.sum())
    return float((ranks[taken].sum() - own * (own + 1) / 2) / (own * (len(values) - own)))


def interval(values: np.ndarray, taken: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile interval of the area, drawing rows of each side with replacement."""
    draw = np.random.Generator(np.random.PCG64(0))
    sides = [np.flatnonzero(taken), np.flatnonzero(~taken)]
    found = []
    for _ in range(SAMPLES):
        rows = np.concatenate([draw.choice(side, len(side)) for side in sides])
        found.append(curve(values[rows], taken[rows]))
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def rankings(rows: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """The rankings by name, each a value a row."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.prepare()
        ctx, model = context(store), bundled("smollm2-135m-instruct")
        prompt, response = rows["prompt"], rows["response"]
        yield "characters of the response", response.str.len_chars().cast(pl.Float64)
        yield "`ifd`", ifd(prompt, response, using=model, ctx=ctx)


def table(count: int) -> Iterator[str]:
    """The lines of the table."""
    rows = drawn(count)
    taken = rows["taken"].to_numpy()
    found = dict(rankings(rows))
    yield "| ranking | rows | area under the curve (95 %) | taken in the upper half | rank correlation with `ifd` |"
    yield "| --- | ---: | --- | ---: | ---: |"
    for name, column in found.items():
        known = (column.is_not_null() & found["`ifd`"].is_not_null()).to_numpy()
        values, mine = column.fill_null(0).to_numpy()[known], taken[known]
        low, high = interval(values, mine)
        upper = np.argsort(-values, kind="stable")[: len(values) // 2]
        rank = spearmanr(values, found["`ifd`"].fill_null(0).to_numpy()[known]).statistic
        overlap = f"{int(mine[upper].sum())} of {len(upper)}"
        yield f"| {name} | {len(values)} | {curve(values, mine):.3f} ({low:.3f}–{high:.3f}) | {overlap} | {rank:.2f} |"


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="rows of each side")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    tell(table(given.rows), "cherry", given.write)


if __name__ == "__main__":
    main()
