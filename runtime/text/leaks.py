"""What kind of leak a match between a training text and a benchmark item is, for the people who read of it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import polars as pl

from tunec.runtime.text.normal import stripped
from tunec.runtime.text.words import units

#: The classes of Platypus (2308.07317), section 2.3.
DUPLICATE, GRAY, DIFFERENT = "duplicate", "gray area", "similar but different"

#: A text with this share of an item's different words is a copy of it.
_COPY = 0.8
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+|[二两三四五六七八九十]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_VALUES = {
    **{
        word: str(n)
        for n, word in enumerate(
            ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 2
        )
    },
    **{character: str(n) for n, character in enumerate("二三四五六七八九十", 2)},
    "两": "2",
}


def classes(pairs: pl.DataFrame) -> pl.Series:
    """The class of each pair, of which the columns are `content` and `wanted` (the text and the item), `exact` and
    `confirmed` (booleans).

    What the rule `exact` found is a duplicate. Otherwise, where the item has a number that the text has not, the two
    are similar but different: they ask about other values. Otherwise a text is a duplicate that has at least 80 % of
    the item's different words, or of which a judge said that it asks the same. All else is gray area. Numbers are
    digits, and two to twelve in words.
    """
    shared = _shared(pairs)
    found = []
    for text, item, exact, confirmed, part in zip(
        *(pairs[name].to_list() for name in ("content", "wanted", "exact", "confirmed")), shared, strict=True
    ):
        if exact:
            found.append(DUPLICATE)
        elif _numbers(item) - _numbers(text):
            found.append(DIFFERENT)
        else:
            found.append(DUPLICATE if confirmed or part >= _COPY else GRAY)
    return pl.Series("class", found, dtype=pl.String)


def _shared(pairs: pl.DataFrame) -> list[float]:
    """The share of the item's different words that the text has."""
    ours, theirs = (units(stripped(pairs[name])) for name in ("content", "wanted"))
    frame = pl.DataFrame({"ours": ours, "theirs": theirs.list.unique()})
    common = pl.col("theirs").list.set_intersection("ours").list.len()
    part = common / pl.col("theirs").list.len().clip(lower_bound=1)
    return frame.select(part.fill_null(0.0).alias("part"))["part"].to_list()


def _numbers(text: str) -> Counter[str]:
    plain = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())
    found = (_VALUES.get(word, word) for word in _NUMBER.findall(plain))
    return Counter(number for number in found if number[0].isdigit())
