"""The normal form of texts, in which they are compared (`docs/semantics.md`, normal form).

Characters have one spelling, in lower case. Only differences of spelling go: full and half width, ligatures,
presentation forms, composed and decomposed letters. A superscript, a fraction or a circled number is another character
than the digits in it. `tunec.runtime.text.signs` says which characters of the normal form count.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import polars as pl

#: Kinds of compatibility characters that are the same character in another shape. Superscripts, subscripts, fractions,
#: circled and squared ones and mathematical alphabets say something of their own.
_SHAPES = ("<wide>", "<narrow>", "<small>", "<vertical>", "<compat>", "<initial>", "<medial>", "<final>", "<isolated>")
#: Where such characters are: a look at all of Unicode takes a tenth of a second.
_BLOCKS = ((0x80, 0x3400), (0xA600, 0xAC00), (0xF900, 0x10000), (0x10700, 0x10800), (0x1D000, 0x1F300))


def collapsed(texts: pl.Series) -> pl.Series:
    """The normal form with every run of white space one blank and none at the ends: the form of `exact` duplicates."""
    return folded(texts).str.replace_all(r"\s+", " ").str.strip_chars()


def folded(texts: pl.Series) -> pl.Series:
    """The normal form, white space as it is. ASCII only loses its capitals, and is most of what comes."""
    lower = texts.str.to_lowercase()
    wide = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(False).arg_true()
    if not len(wide):
        return lower
    spelled = texts.gather(wide)
    shapes, plain, any_shape = _shapes()
    # Most texts have none, and to replace many characters takes a while to prepare.
    shaped = spelled.str.contains(any_shape).arg_true()
    if len(shaped):
        spelled = spelled.scatter(shaped, spelled.gather(shaped).str.replace_many(shapes, plain))
    # `scatter` writes into what it is called on.
    return lower.clone().scatter(wide, spelled.str.to_lowercase().str.normalize("NFC"))


@cache
def _shapes() -> tuple[list[str], list[str], str]:
    """The characters that have another shape, what they become, and a pattern for any of them."""
    found: dict[str, str] = {}
    for number in (n for block in _BLOCKS for n in range(*block)):
        character = chr(number)
        kind = unicodedata.decomposition(character).partition(" ")[0]
        if kind in _SHAPES:
            plain = unicodedata.normalize("NFKC", character)
            # A blank in it belongs to a mark that stands alone, as in `´`.
            if " " not in plain:
                found[character] = plain
    listed = "".join(rf"\x{{{ord(character):x}}}" for character in found)
    return list(found), list(found.values()), f"[{listed}]"
