"""The normal form of texts, in which they are compared (`docs/semantics.md`, normal form).

Characters have one spelling, in lower case. Only differences of spelling go: full and half width, ligatures,
presentation forms, composed and decomposed letters, entities of HTML, traditional and simplified Chinese. A
superscript, a fraction or a circled number is another character than the digits in it. `tunec.runtime.text.signs` says
which characters of the normal form count.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

import polars as pl

from tunec.runtime.text.blanks import spaced
from tunec.runtime.text.han import SIMPLIFIED, TRADITIONAL

#: Kinds of compatibility characters that are the same character in another shape. Superscripts, subscripts, fractions,
#: circled and squared ones and mathematical alphabets say something of their own.
_SHAPES = ("<wide>", "<narrow>", "<small>", "<vertical>", "<compat>", "<initial>", "<medial>", "<final>", "<isolated>")
#: A character as pages write it. Without its semicolon it may be part of an address: `?a=1&copy=2`.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
#: How often a text may have been escaped: `&amp;lt;` is `&lt;`, which is `<`.
_TIMES = 4
_SIMPLIFIED = str.maketrans(TRADITIONAL, SIMPLIFIED)
#: Where characters are that have another shape: a look at all of Unicode takes a tenth of a second.
_BLOCKS = ((0x80, 0x3400), (0xA600, 0xAC00), (0xF900, 0x10000), (0x10700, 0x10800), (0x1D000, 0x1F300))


def collapsed(texts: pl.Series) -> pl.Series:
    """The normal form with every run of white space one blank and none at the ends: the form of `exact` duplicates."""
    return spaced(folded(texts))


def folded(texts: pl.Series) -> pl.Series:
    """The normal form, white space as it is. ASCII only loses its capitals, and is most of what comes."""
    texts = _unescaped(texts)
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
    spelled = spelled.str.to_lowercase()
    # Python tells at a glance that a text is composed, as most are; to compose one takes long.
    apart = [not unicodedata.is_normalized("NFC", text) for text in spelled.to_list()]
    if any(apart):
        loose = pl.Series(apart).arg_true()
        spelled = spelled.scatter(loose, spelled.gather(loose).str.normalize("NFC"))
    han = spelled.str.contains(_any_traditional()).arg_true()
    if len(han):
        simplified = [text.translate(_SIMPLIFIED) for text in spelled.gather(han)]
        spelled = spelled.scatter(han, pl.Series(simplified, dtype=pl.String))
    # `scatter` writes into what it is called on.
    return lower.clone().scatter(wide, spelled)


def _unescaped(texts: pl.Series) -> pl.Series:
    """The texts with the characters that entities stand for."""
    marked = texts.str.contains("&", literal=True).fill_null(False).arg_true()
    if not len(marked):
        return texts
    held = texts.gather(marked)
    # Most of them have an `&` alone.
    escaped = held.str.contains(r"&(?:#|[A-Za-z])[A-Za-z0-9]{1,31};").arg_true()
    if not len(escaped):
        return texts
    # Again in lower case, which the form has: so that it stays as it is.
    plain = pl.Series([_plain(_plain(text).lower()) for text in held.gather(escaped)], dtype=pl.String)
    return texts.clone().scatter(marked.gather(escaped), plain)


def _plain(text: str) -> str:
    for _ in range(_TIMES):
        before, text = text, _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
        if before == text:
            break
    return text


@cache
def _any_traditional() -> str:
    return "[" + "".join(rf"\x{{{ord(character):x}}}" for character in TRADITIONAL) + "]"


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
