"""Words of a text in any script (`docs/semantics.md`, values).

Two cuts of a text. *Words*, for counts: lower-cased runs of word characters; scripts written without spaces are
segmented. *Units*, for n-grams and shingles: the same, but every character of such a script stands alone, so that two
texts never differ because a segmenter cut them differently.

The expressions are Rust's: Python's `\\w` has no combining marks and would cut Hindi words apart.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.rows.nested import typed

#: Scripts written without spaces; the long-vowel mark belongs to two of them and is listed alone.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_HAS_UNSPACED = rf"[\w&&[{UNSPACED}]]"
_UNIT = rf"[\w&&[{UNSPACED}]]|[\w--[{UNSPACED}]]+"
#: The ASCII characters that are in no word.
_BETWEEN = "".join(c for c in map(chr, range(128)) if not (c.isalnum() or c in "_ "))
#: Kana change at word ends often enough to cut by. No segmenter is at hand for Thai and its neighbours: there a word
#: is a letter with its marks, which counts too many words rather than one for a whole sentence.
_PIECE = rf"\p{{Han}}+|\p{{Hiragana}}+|[\p{{Katakana}}ー]+|[\w&&[{UNSPACED}]]\p{{M}}*|[\w--[{UNSPACED}]]+"


def units(texts: pl.Series) -> pl.Series:
    """Lower-cased units of each text, as a list column; missing for a missing text."""
    return texts.str.to_lowercase().str.extract_all(_UNIT)


def flat_units(texts: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """`units` of all texts one after another, and how many each text has (none for a missing text), in half of the
    time: what is between words is replaced by blanks, and of most texts that is ASCII."""
    plain = texts.str.to_lowercase()
    wide = (plain.str.len_bytes() != plain.str.len_chars()).fill_null(False).arg_true()
    if len(wide):
        blanked = plain.gather(wide).str.replace_all(r"\W", " ").str.replace_all(rf"({_HAS_UNSPACED})", " $1 ")
        plain = plain.clone().scatter(wide, blanked)  # `scatter` writes into what it is called on
    lists = plain.str.replace_many(list(_BETWEEN), [" "] * len(_BETWEEN)).str.split(" ")
    flat = lists.explode(empty_as_null=False, keep_nulls=False)
    word = (flat != "").to_numpy()
    text = np.repeat(np.arange(len(lists)), lists.list.len().fill_null(0).to_numpy())
    return flat.filter(word), np.bincount(text[word], minlength=len(lists)).astype(np.int64)


def count_words(texts: pl.Series) -> pl.Series:
    """The number of words of each text."""
    counts = texts.str.count_matches(r"\w+").cast(pl.Int64)
    # Only texts beyond ASCII can have such a script, and few have.
    wide = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(False).arg_true()
    unspaced = wide.filter(texts.gather(wide).str.contains(_HAS_UNSPACED))
    if not len(unspaced):
        return counts
    return counts.scatter(unspaced, words(texts.gather(unspaced)).list.len().cast(pl.Int64))


def count_units(texts: pl.Series) -> pl.Series:
    """The number of units of each text: of words, and of characters of scripts written without spaces. Needs no
    dictionary."""
    return texts.str.count_matches(_UNIT).cast(pl.Int64)


def words(texts: pl.Series) -> pl.Series:
    """Lower-cased words of each text, as a list column; missing for a missing text."""
    pieces = texts.str.to_lowercase().str.extract_all(_PIECE)
    written = texts.str.contains(r"\p{Han}").fill_null(False)
    if not written.any():
        return pieces
    flat = pieces.filter(written).explode(empty_as_null=False, keep_nulls=False).unique()
    cuts = {piece: _segment(piece) for piece in flat.filter(flat.str.contains(r"^\p{Han}"))}
    cut = [[word for piece in row for word in cuts.get(piece, (piece,))] for row in pieces.filter(written)]
    # The others first, and then every row at its place.
    both = pl.concat([pieces.filter(~written), typed("", cut, pl.List(pl.String()))])
    place = pl.select(pl.when(written).then((~written).sum() + written.cum_sum()).otherwise((~written).cum_sum()) - 1)
    return both.gather(place.to_series()).alias(texts.name)


def _segment(run: str) -> tuple[str, ...]:
    # jieba's dictionary and algorithm in Rust: the same cuts (of 55,918 runs of real text all), ready in a tenth of the
    # time.
    import rjieba

    return tuple(rjieba.cut(run, False))


def count_tokens(texts: pl.Series) -> pl.Series:
    """The number of tokens of each text without a model: units and marks of punctuation, 0 for a missing text.

    Within a few per cent of a byte-pair tokenizer for English prose; good for shares, not for fitting a context.
    """
    return texts.str.count_matches(rf"{_UNIT}|[^\w\s]").fill_null(0).cast(pl.Int64)
