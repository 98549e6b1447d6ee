"""Rows that bring something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import Frame, Outcome, Pool, Share, TextColumn


@operator(version=1, cost="index")
def novel(rows: Frame, text: TextColumn, *, rouge_l: Share = 0.7, against: Pool) -> Outcome:
    """Drops a row whose text is too near to a seed or to a row accepted before it: ROUGE-L above the threshold.

    Rows are taken in their order; a row on the threshold stays. ROUGE-L is the F-measure over words, or characters in
    scripts without spaces, where the original makes every Chinese text equal.

    Args:
        text: what is compared.
        rouge_l: the highest ROUGE-L that stays.

    Source: Self-Instruct (2212.10560), section 2.2; `bootstrap_instructions.py` rejects above 0.7.

    Example:
        novel(instruction, rouge_l: 0.7)
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.fractions import share, shown
    from tunec.runtime.text.headline import LIMIT
    from tunec.runtime.text.rouge import NoveltyPool, tokens
    from tunec.runtime.values import Outcome, no_drops

    pool = NoveltyPool(share(rouge_l))
    names: list[tuple[str | None, str | None]] = []
    for seed, words in zip(against, tokens(against), strict=True):
        pool.add(words)
        names.append((None, seed))
    gone, values, partners = [], [], []
    ids = rows["id"].to_list()
    texts = text.to_list()
    for row, words in enumerate(tokens(texts)):
        match = pool.match(words)
        if match is None:
            pool.add(words)
            names.append((ids[row], texts[row]))
        else:
            gone.append(row)
            values.append(shown(float(match.score)))
            partners.append(names[match.number])
    if not gone:
        return Outcome(rows, no_drops())
    drops = pl.DataFrame(
        {
            "row": pl.Series(gone, dtype=pl.UInt32),
            "rule": pl.repeat(f"novel(rouge_l: {shown(rouge_l)})", len(gone), dtype=pl.String, eager=True),
            "value": values,
            "threshold": pl.repeat(f"> {shown(rouge_l)}", len(gone), dtype=pl.String, eager=True),
            "partner": pl.Series([name for name, _ in partners], dtype=pl.String),
            "partner_text": pl.Series([t and t[:LIMIT] for _, t in partners], dtype=pl.String),
        }
    )
    stays = np.ones(rows.height, dtype=np.bool_)
    stays[gone] = False
    return Outcome(rows.filter(stays), drops)
