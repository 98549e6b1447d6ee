"""Rows that bring something new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Outcome, Pool, Portions, Share, TextColumn


@operator(version=1, cost="index", packages=("rapidfuzz", "rjieba"))
def novel(
    rows: Portions,
    text: TextColumn,
    *,
    rouge_l: Share = 0.7,
    bm25: Annotated[float, "0<.."] | None = None,
    against: Pool,
) -> Outcome:
    """Drops a row whose text is too similar to a seed or to a row accepted before it: ROUGE-L above the threshold.

    Rows are taken in their order; a row exactly at the threshold is kept. ROUGE-L is the F-measure over words, or over
    characters in scripts without spaces, where the original makes all Chinese texts equal. BM25 has no upper limit, and
    what is high depends on the length and the number of the texts: 18 is BELLE's value for Chinese instructions.

    Args:
        text: the text to compare.
        rouge_l: the highest ROUGE-L that is kept.
        bm25: instead, the highest BM25 score that is kept.

    Source: Self-Instruct (2212.10560), section 2.2, whose code rejects above 0.7; BELLE (2304.07854), which uses BM25.

    Example:
        novel(instruction, rouge_l: 0.7)
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.headline import LIMIT
    from tunec.runtime.text.novelty import matched

    held = portioned(rows)
    found = matched(text, against, rouge_l, bm25)
    if not found:
        return Outcome(held.taken(), no_drops())
    ids = held.column("id")
    name, limit = ("rouge_l", rouge_l) if bm25 is None else ("bm25", bm25)
    known = [*against, *text]  # seeds, then rows
    partners = [number - len(against) for _, number, _ in found]
    drops = pl.DataFrame(
        {
            "row": pl.Series([row for row, _, _ in found], dtype=pl.UInt32),
            "rule": pl.repeat(f"novel({name}: {shown(limit)})", len(found), dtype=pl.String, eager=True),
            "value": [shown(score) for _, _, score in found],
            "threshold": pl.repeat(f"> {shown(limit)}", len(found), dtype=pl.String, eager=True),
            "partner": pl.Series([ids[p] if p >= 0 else None for p in partners], dtype=pl.String),
            "partner_text": pl.Series([(known[n] or "")[:LIMIT] for _, n, _ in found], dtype=pl.String),
        }
    )
    stays = np.ones(rows.height, dtype=np.bool_)
    stays[drops["row"].to_numpy()] = False
    return Outcome(held.kept(stays), drops)
