"""Which script a text is written in, and which languages are written in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

#: Letters by script, as Rust's engine names them.
SCRIPTS: Mapping[str, str] = {
    "latin": r"\p{Latin}", "han": r"\p{Han}", "kana": r"[\p{Hiragana}\p{Katakana}]", "hangul": r"\p{Hangul}",
    "cyrillic": r"\p{Cyrillic}", "arabic": r"\p{Arabic}", "devanagari": r"\p{Devanagari}", "greek": r"\p{Greek}",
    "hebrew": r"\p{Hebrew}", "thai": r"\p{Thai}", "bengali": r"\p{Bengali}", "tamil": r"\p{Tamil}",
    "telugu": r"\p{Telugu}", "kannada": r"\p{Kannada}", "malayalam": r"\p{Malayalam}", "gujarati": r"\p{Gujarati}",
    "gurmukhi": r"\p{Gurmukhi}", "oriya": r"\p{Oriya}", "sinhala": r"\p{Sinhala}", "lao": r"\p{Lao}",
    "khmer": r"\p{Khmer}", "myanmar": r"\p{Myanmar}", "tibetan": r"\p{Tibetan}", "georgian": r"\p{Georgian}",
    "armenian": r"\p{Armenian}", "ethiopic": r"\p{Ethiopic}", "thaana": r"\p{Thaana}",
}  # fmt: skip
#: How much a letter says beside one of an alphabet: a Chinese text is about a third as long as its translation.
WEIGHTS: Mapping[str, float] = {"han": 3.0, "kana": 1.5, "hangul": 2.0}
#: The languages of a script, the first of them where nothing tells them apart. Those that are in no other script here
#: are written in the Latin one.
LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "cyrillic": (
        "ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg", "tt", "ba", "cv", "os", "ce", "av", "sah", "xal",
        "krc", "kv", "lez", "mhr", "mrj", "myv", "rue", "tyv", "bxr",
    ),
    "arabic": ("ar", "fa", "ur", "ps", "sd", "ug", "ckb", "arz", "azb", "mzn", "pnb"),
    "devanagari": ("hi", "mr", "ne", "sa", "bh", "gom", "mai", "new", "dty"),
    "hebrew": ("he", "yi"), "bengali": ("bn", "as", "bpy"), "ethiopic": ("am",), "greek": ("el",), "thai": ("th",),
    "tamil": ("ta",), "telugu": ("te",), "kannada": ("kn",), "malayalam": ("ml",), "gujarati": ("gu",),
    "gurmukhi": ("pa",), "oriya": ("or",), "sinhala": ("si",), "lao": ("lo",), "khmer": ("km",), "myanmar": ("my",),
    "tibetan": ("bo",), "georgian": ("ka", "xmf"), "armenian": ("hy",), "thaana": ("dv",),
    "han": ("zh",), "kana": ("ja",), "hangul": ("ko",),
}  # fmt: skip
_ELSEWHERE = frozenset(code for codes in LANGUAGES.values() for code in codes) | {"yue", "wuu"}
_EASTERN = ("han", "kana", "hangul")
_NAME = r"\p{Lu}[\p{Latin}\p{M}'’-]*"
#: The share of kana, or of hangul, among East Asian letters from which on a text is not Chinese with a quotation.
_JAPANESE, _KOREAN = 0.1, 0.3


def allowed(script: str, language: str) -> bool:
    """Whether a language is written in a script."""
    return language in LANGUAGES[script] if script in LANGUAGES else language not in _ELSEWHERE


def script_of(texts: pl.Series) -> pl.Series:
    """The script that says most of each text; missing where there is no letter, or a single one of an alphabet."""
    import polars as pl

    latin = texts.str.contains(r"\p{Latin}\P{Latin}*\p{Latin}").fill_null(False)
    found = pl.select(pl.when(latin).then(pl.lit("latin"))).to_series()
    other = texts.str.contains(r"[\p{L}--\p{Latin}]").fill_null(False).arg_true()
    return found.scatter(other, _of_several(_without_names(texts.gather(other)))) if len(other) else found


def _of_several(texts: pl.Series) -> pl.Series:
    import polars as pl

    counts = {name: texts.str.count_matches(letters).cast(pl.Float64) for name, letters in SCRIPTS.items()}
    frame = pl.DataFrame(counts)
    total = frame.select(pl.sum_horizontal(*_EASTERN)).to_series()
    weighed = frame.select(pl.col(name) * WEIGHTS.get(name, 1.0) for name in SCRIPTS)
    group = weighed.with_columns(east=pl.sum_horizontal(*_EASTERN)).drop(_EASTERN)
    most = pl.Series(group.columns).gather(pl.Series(group.to_numpy().argmax(axis=1)))
    korean = (frame["hangul"] > _KOREAN * total) & (frame["hangul"] >= frame["kana"])
    japanese = pl.when(frame["kana"] > _JAPANESE * total).then(pl.lit("kana")).otherwise(pl.lit("han"))
    eastern = pl.when(korean).then(pl.lit("hangul")).otherwise(japanese)
    some = (frame.select(pl.sum_horizontal(pl.all())).to_series() > 1) | (total > 0)
    return pl.select(pl.when(some).then(pl.when(most == "east").then(eastern).otherwise(most))).to_series()


def _without_names(texts: pl.Series) -> pl.Series:
    """Chinese with Latin names, Amazon or Le Bernardin, is Chinese: they do not count beside other letters."""
    mixed = texts.str.contains(r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]") & texts.str.contains(r"\p{Lu}")
    place = mixed.fill_null(False).arg_true()
    return texts.scatter(place, texts.gather(place).str.replace_all(_NAME, " ")) if len(place) else texts


def only(texts: pl.Series, scripts: pl.Series) -> pl.Series:
    """Each text without the letters of other scripts than its own."""
    kept = texts.clone()
    for name in scripts.drop_nulls().unique():
        written = (scripts == name).fill_null(False)
        if name == "latin":  # ASCII has no other letters
            written &= texts.str.len_bytes() != texts.str.len_chars()
        place = written.arg_true()
        other = rf"[\p{{L}}--{SCRIPTS[name]}]+"
        kept = kept.scatter(place, texts.gather(place).str.replace_all(other, " "))
    return kept
