"""Sentences of a text, in English, Chinese and scripts with the same marks."""

from __future__ import annotations

import polars as pl

_SHORTENED = r"\b(Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|No|Fig|e\.g|i\.e|U\.S|[A-Z])\.\s"
_END = r"[.!?…؟।]+[\"'”’»)\]]*(?:\s+|$)|[。！？…｡]+[”’」』）]*"
_NUMBER = r"(?m)^[ \t]*\(?\d{1,3}[.)、][ \t]*"


def one_a_line(text: pl.Expr) -> pl.Expr:
    """The text with each sentence on a line, without the marks that end it and the numbers of lists."""
    return text.str.replace_all(_NUMBER, "").str.replace_all(_SHORTENED, "$1 ").str.replace_all(_END, "\n")


def sentences_of(texts: pl.Series) -> pl.Series:
    """The sentences of each text that have a word, as a list column; missing for a missing text."""
    lines = one_a_line(pl.col("text")).str.extract_all(r"[^\n]*\w[^\n]*").list.eval(pl.element().str.strip_chars())
    return texts.to_frame("text").select(lines).to_series().alias(texts.name)
