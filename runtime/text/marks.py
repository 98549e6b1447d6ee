"""Which marks between words carry meaning.

Symbols always do: operators, currencies, emoji, superscripts. Punctuation does where it is part of something:

- a number: `1.5`, `10:30`, `-5`, `50%`; the comma of thousands (`1,000`) counts for nothing;
- an operation: `7 - 3`, `12 * 4`, `1/2`, `5!`, `!=`, and brackets beside an operator or a factor, `(2+3)*4`, `3(x+2)`;
- a name: `C#`, `my_var`, `a@b`, `\\frac`; square and curly brackets.

Blanks do not matter to that, except where a minus stands before its number (`from -5`), a `*` between words, and a
bracket behind a factor.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache, cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.words import UNSPACED

Bytes = NDArray[np.uint8]
Kinds = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]


class Kind:
    """What a character is. From `UNSPACED` on, it stands alone; from `LETTER` on, it counts.

    Plain numbers: beside one of an enumeration, NumPy widens every byte of an array before it compares.
    """

    UNKNOWN: Final = 0
    EDGE: Final = 1  # before, between and after texts
    BLANK: Final = 2
    NOTHING: Final = 3  # joins what is beside it
    PUNCTUATION: Final = 4
    DEPENDS: Final = 5  # punctuation that counts where it is part of something
    LETTER: Final = 6
    DIGIT: Final = 7
    UNSPACED: Final = 8
    MARK: Final = 9
    OPERATOR: Final = 10
    NUMBER: Final = 11  # a number in one character that is no digit: ², ½, ①
    CURRENCY: Final = 12


_NOTHING = "\u00ad\ufe0e\ufe0f"
_DASHES, _APOSTROPHES, _TIMES = "‐‑‒–—―−", "’ʼ", "∗"
#: What the category of a character does not tell; the last are skin tones.
_LISTED = {
    "-*.,:'!()#\\_$" + _DASHES + _APOSTROPHES + _TIMES: Kind.DEPENDS,
    "+/<=>^|~": Kind.OPERATOR,
    "%&@§‰′[]{}\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff": Kind.MARK,
}
_LEADS = 0xC0  # the first byte of a character beyond ASCII is at least that
_SHAPES = {ord("-"): _DASHES, ord("'"): _APOSTROPHES, ord("*"): _TIMES}
_TABLE: Kinds = np.zeros(0x110000, dtype=np.uint8)


def kinds_of(codes: Bytes) -> tuple[Bytes, Kinds]:
    """The kind of each character of texts in UTF-8, told at each of its bytes. Characters that are another shape of a
    dash, an apostrophe or a `*` have become that."""
    kinds = np.frombuffer(bytearray(codes.tobytes().translate(_ascii())), dtype=np.uint8)
    lead = np.flatnonzero(codes >= _LEADS)
    if not len(lead):
        return codes, kinds
    head = codes[lead]
    many = 2 + (head >= 0xE0).astype(np.int64) + (head >= 0xF0)
    points = (head & (0xFF >> (many + 1))).astype(np.int64)
    for step in (1, 2, 3):
        more = many > step
        points[more] = points[more] << 6 | (codes[lead[more] + step] & 0x3F)
    kind = _of_points(points)
    every = np.repeat(lead, many) + np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    kinds[every] = np.repeat(np.where(kind == Kind.DEPENDS, Kind.NOTHING, kind), many)
    shaped = np.flatnonzero(kind == Kind.DEPENDS)
    if len(shaped):
        codes = codes.copy()
        for mark, shapes in _SHAPES.items():
            here = lead[shaped[np.isin(points[shaped], [ord(c) for c in shapes])]]
            codes[here], kinds[here] = mark, Kind.DEPENDS
    return codes, kinds


@cache
def _ascii() -> bytes:
    return bytes(_of_points(np.arange(128)).tolist()) + bytes(128)


def _of_points(points: NDArray[np.int64]) -> Kinds:
    kinds = _TABLE[points]
    if not kinds.all():
        unknown = np.unique(points[kinds == Kind.UNKNOWN])
        _TABLE[unknown] = _kinds([chr(point) for point in unknown])
        kinds = _TABLE[points]
    return kinds


def _kinds(characters: list[str]) -> list[int]:
    given = pl.Series(characters)
    patterns = {Kind.UNSPACED: rf"[\w&&[{UNSPACED}]]", Kind.DIGIT: r"\d", Kind.LETTER: r"[\w--_]", Kind.BLANK: r"\s"}
    told = {kind: given.str.contains(pattern).to_list() for kind, pattern in patterns.items()}
    return [_kind(c, [kind for kind, is_ in told.items() if is_[n]]) for n, c in enumerate(characters)]


def _kind(character: str, told: list[int]) -> int:
    category = unicodedata.category(character)
    if character in _NOTHING or category == "Cf":
        return Kind.NOTHING
    for characters, kind in _LISTED.items():
        if character in characters:
            return kind
    if told:
        return told[0]
    others = {"Sm": Kind.OPERATOR, "Sc": Kind.CURRENCY, "So": Kind.MARK, "No": Kind.NUMBER}
    return others.get(category, Kind.BLANK if category[0] == "C" else Kind.PUNCTUATION)


def joining(codes: Bytes, kinds: Kinds) -> Mask:
    """What goes before marks are looked at: apostrophes inside of words, commas between thousands, and all blanks of a
    run but the first. No character is there any more that counts for nothing."""
    blank = kinds == Kind.BLANK
    gone: Mask = np.append(False, blank[1:] & blank[:-1])
    apostrophe = np.flatnonzero(codes == ord("'"))
    gone[apostrophe[(kinds[apostrophe - 1] == Kind.LETTER) & (kinds[apostrophe + 1] == Kind.LETTER)]] = True
    comma = np.flatnonzero(codes == ord(","))
    for step, digit in ((1, True), (-1, True), (2, True), (3, True), (-4, False), (4, False)):
        comma = comma[(kinds[np.clip(comma + step, 0, len(kinds) - 1)] == Kind.DIGIT) == digit]
    gone[comma] = True
    return gone


def meaningful(codes: Bytes, kinds: Kinds) -> Places:
    """Where the punctuation stands that is part of something. No blank follows another one, and both ends are edges."""
    at = np.flatnonzero(kinds == Kind.DEPENDS)
    code = codes[at]
    found = []
    for mark, rule in _RULES.items():
        look = _Look(codes, kinds, at[code == ord(mark)])
        if len(look.at):
            found.append(look.at[rule(look)])
    brackets = _Look(codes, kinds, at[(code == ord("(")) | (code == ord(")"))])
    if len(brackets.at):
        operator = kinds == Kind.OPERATOR
        for kept in found:
            operator[kept[(codes[kept] == ord("-")) | (codes[kept] == ord("*"))]] = True
        found.append(brackets.at[_bracket(brackets, operator)])
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])


class _Look:
    """Some marks and what is beside them: `left` and `right` directly, `before` and `after` beyond a blank."""

    def __init__(self, codes: Bytes, kinds: Kinds, at: Places) -> None:
        self.codes, self.kinds, self.at = codes, kinds, at
        self.left, self.right = at - 1, at + 1

    @cached_property
    def before(self) -> Places:
        place: Places = self.left - (self.kinds[self.left] == Kind.BLANK)
        return place

    @cached_property
    def after(self) -> Places:
        place: Places = self.right + (self.kinds[self.right] == Kind.BLANK)
        return place

    def kind(self, place: Places, *kinds: int) -> Mask:
        """Whether one of these kinds is at each place."""
        there = self.kinds[place]
        found: Mask = there == kinds[0]
        for kind in kinds[1:]:
            found |= there == kind
        return found

    def one_of(self, place: Places, characters: str) -> Mask:
        there = self.codes[place]
        found = np.zeros(len(there), dtype=np.bool_)
        for character in characters:
            found |= there == ord(character)
        return found

    def variable(self, place: Places) -> Mask:
        """Whether a letter is there that no letter is beside."""
        beyond = np.minimum(place + 1, len(self.kinds) - 1)
        here, left, right = (self.kind(at, Kind.LETTER) for at in (place, place - 1, beyond))
        return here & ~left & ~right

    def word(self, place: Places) -> Mask:
        """Whether a letter or a digit is at each place."""
        return self.kind(place, Kind.LETTER, Kind.DIGIT, Kind.UNSPACED)

    def ends_operand(self, place: Places) -> Mask:
        return self.kind(place, Kind.DIGIT, Kind.NUMBER) | self.variable(place) | self.one_of(place, ")]}%!")

    def begins_operand(self, place: Places) -> Mask:
        number = self.kind(place, Kind.DIGIT, Kind.NUMBER, Kind.CURRENCY)
        return number | self.variable(place) | self.one_of(place, "([{$\\.")


def _minus(m: _Look) -> Mask:
    begins = m.begins_operand(m.after)
    # `x - -3`, and no dash `--`.
    negative: Mask = m.one_of(m.after, "-") & (m.after != m.right)
    between = m.ends_operand(m.before) & (begins | negative)
    behind_operator = begins & (m.kind(m.before, Kind.OPERATOR) | m.one_of(m.before, "(["))
    sign = m.begins_operand(m.right) & ~m.kind(m.left, Kind.LETTER) & ~m.one_of(m.left, "-")
    return between | behind_operator | sign


def _times(m: _Look) -> Mask:
    # A run of `*` is one: `2**3` is a power, and `**3**` is bold.
    first = np.diff(m.at, prepend=-2) != 1
    run = np.cumsum(first) - 1
    head, tail = (_Look(m.codes, m.kinds, m.at[of]) for of in (first, np.append(first[1:], True)))
    even = np.equal(head.before == head.left, tail.after == tail.right)
    operands = m.ends_operand(head.before) & m.begins_operand(tail.after)
    found: Mask = (operands | (even & m.word(head.before) & m.word(tail.after)))[run]
    return found


def _point(m: _Look) -> Mask:
    return m.kind(m.right, Kind.DIGIT) & ~m.kind(m.left, Kind.LETTER, Kind.UNSPACED)


def _colon(m: _Look) -> Mask:
    return m.kind(m.left, Kind.DIGIT) & m.kind(m.right, Kind.DIGIT)


def _exclamation(m: _Look) -> Mask:
    factorial = (m.kind(m.left, Kind.DIGIT) | m.variable(m.left)) & ~m.word(m.right)
    beginning = m.kind(m.left, Kind.BLANK, Kind.EDGE, Kind.OPERATOR) | m.one_of(m.left, "(&")
    return m.one_of(m.right, "=") | factorial | (m.kind(m.right, Kind.LETTER) & beginning)


def _hash(m: _Look) -> Mask:
    return m.word(m.left) | m.word(m.right)


def _backslash(m: _Look) -> Mask:
    return m.kind(m.right, Kind.LETTER)


def _underscore(m: _Look) -> Mask:
    return m.word(m.left) & m.word(m.right)


def _dollar(m: _Look) -> Mask:
    amount = m.kind(m.after, Kind.DIGIT) | m.one_of(m.after, ".-")
    return amount | (m.kind(m.before, Kind.DIGIT) & ~m.kind(m.right, Kind.LETTER))


def _bracket(m: _Look, operator: Mask) -> Mask:
    factor = m.kind(m.left, Kind.DIGIT) | m.variable(m.left) | m.one_of(m.left, ")")
    inside = m.kind(m.right, Kind.DIGIT) | m.variable(m.right) | m.one_of(m.right, "(") | operator[m.right]
    return operator[m.before] | operator[m.after] | (m.one_of(m.at, "(") & factor & inside)


_RULES: dict[str, Callable[[_Look], Mask]] = {
    "-": _minus, "*": _times, ".": _point, ":": _colon, "!": _exclamation, "#": _hash, "\\": _backslash,
    "_": _underscore, "$": _dollar,
}  # fmt: skip
