"""Normal forms under which two texts count as the same."""

from __future__ import annotations

import polars as pl


def collapsed(texts: pl.Series) -> pl.Series:
    """Compatibility characters unified (NFKC), lower-cased, white space collapsed: the form of `exact` duplicates."""
    return nfkc(texts).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def stripped(texts: pl.Series) -> pl.Series:
    """NFKC, lower-cased, punctuation and symbols deleted: the words in which benchmark items are looked for (GPT-3,
    appendix C; lm-evaluation-harness, `Janitor`)."""
    return nfkc(texts).str.to_lowercase().str.replace_all(r"[^\w\s]|\p{Pc}", "")


def unpunctuated(texts: pl.Series) -> pl.Series:
    """`collapsed`, with punctuation deleted and symbols kept: `2 + 2 = ?` must not equal `22`."""
    plain = nfkc(texts).str.to_lowercase().str.replace_all(r"\p{P}", "")
    return plain.str.replace_all(r"\s+", " ").str.strip_chars()


def nfkc(texts: pl.Series) -> pl.Series:
    """Compatibility characters unified. ASCII has none, and is most of what comes."""
    wide = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(False).arg_true()
    # `scatter` writes into what it is called on.
    return texts.clone().scatter(wide, texts.gather(wide).str.normalize("NFKC")) if len(wide) else texts
