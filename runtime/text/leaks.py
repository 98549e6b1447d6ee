"""What kind of leak a match between a training text and a benchmark item is, for the people who read of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

import polars as pl

from tunec.runtime.text.normal import folded
from tunec.runtime.text.signs import signs_of

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


#: Marks that do not change what is asked, if one of the two has more of them.
_NEUTRAL = frozenset("[]{}()|\\_~&@")
#: Words that do not make another question of one.
_SMALL = """
    a an the of in on at to for from by with and or is are was were be do does did has have had it its this that these
    those his her their your our my i you he she they we please following each any some just then so as
    的 了 吗 呢 吧 请 在 是 与 和 及 或 这 那 之 个 你 我 他 她 它
"""
_FUNCTION = frozenset(_SMALL.split())
_NOT = "not no never none without except cannot dont doesnt isnt arent didnt cant 不 没 非 无 未 勿"
_NEGATIONS = frozenset(_NOT.split())
#: Of a template so many words in a row differ at most; characters, in scripts without spaces.
_SLOT, _SLOT_UNSPACED = 2, 4
#: What differs is at least this share of the item's words with a meaning: another name in a long task changes nothing.
_WEIGHT = 0.1
#: Words as alike as this, which begin alike, are forms of one.
_STEM = 0.8


def classes(pairs: pl.DataFrame) -> pl.Series:
    """The class of each pair, of which the columns are `content` and `wanted` (the text and the item), `exact` and
    `confirmed` (booleans).

    What the rule `exact` found is a duplicate. Where the item has a number or an operator that the text has not, the
    two are similar but different: they ask about other values. Otherwise a judge's word counts. Without it, two that
    differ in one place alone, by a word that carries a good part of the meaning or by a negation, are similar but
    different too, as questions made from one template are; a text is a duplicate that has at least 80 % of the item's
    different words. All else is gray area. Numbers are digits, and two to twelve in words.
    """
    columns = [_read(pairs[name]) for name in ("content", "wanted")]
    given = (pairs[name].to_list() for name in ("content", "wanted", "exact", "confirmed"))
    found = []
    for text, item, exact, confirmed, (ours, our_marks), (theirs, their_marks) in zip(*given, *columns, strict=True):
        if exact:
            found.append(DUPLICATE)
        elif _numbers(item) - _numbers(text) or their_marks - our_marks:
            found.append(DIFFERENT)
        elif confirmed:
            found.append(DUPLICATE)
        elif _other_question(ours, theirs):
            found.append(DIFFERENT)
        else:
            words = set(theirs)
            found.append(DUPLICATE if len(words & set(ours)) >= _COPY * max(len(words), 1) else GRAY)
    return pl.Series("class", found, dtype=pl.String)


def _read(texts: pl.Series) -> list[tuple[list[str], Counter[str]]]:
    """The words of each text, and its marks with their number."""
    signs = signs_of(texts)
    words, every = (signs.written(marks=marks).str.split(" ").to_list() for marks in (False, True))
    return [
        ([_VALUES.get(w, w) for w in word if w], Counter(m for m in both if not m.isalnum() and m not in _NEUTRAL))
        for word, both in zip(words, every, strict=True)
    ]


def _other_question(text: Sequence[str], item: Sequence[str]) -> bool:
    """Whether a part of the text is the item but for one place, and asks something else there."""
    ops = SequenceMatcher(None, item, text, autojunk=False).get_opcodes()
    # What stands around the item in the text is no difference.
    ops = [op for op in ops if not (op[0] == "insert" and op[1] in (0, len(item)))]
    changed = [op for op in ops if op[0] != "equal"]
    if len(changed) != 1 or len(ops) == 1:
        return False
    _, a, b, c, d = changed[0]
    theirs, ours = list(item[a:b]), list(text[c:d])
    if a == 0:
        ours = ours[-len(theirs) :]
    elif b == len(item):
        ours = ours[: len(theirs)]
    if any((word in theirs) != (word in ours) for word in _NEGATIONS):
        return True
    theirs, ours = ([word for word in side if word not in _FUNCTION] for side in (theirs, ours))
    slot = _SLOT if all(word.isascii() for word in theirs + ours) else _SLOT_UNSPACED
    whole = sum(word not in _FUNCTION for word in item)
    if not theirs or not ours or max(len(theirs), len(ours)) > slot or len(theirs) < _WEIGHT * whole:
        return False
    return not (len(theirs) == len(ours) and all(map(_same_stem, theirs, ours)))


def _same_stem(one: str, other: str) -> bool:
    """Whether two words are forms or spellings of one, as `apple` and `apples`, `color` and `colour`."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _STEM and one[:3] == other[:3]


def _numbers(text: str) -> Counter[str]:
    plain = _THOUSANDS.sub("", folded(pl.Series([text])).item())
    found = (_VALUES.get(word, word) for word in _NUMBER.findall(plain))
    return Counter(number for number in found if number[0].isdigit())
