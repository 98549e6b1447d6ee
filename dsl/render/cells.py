"""How many columns of a terminal a text takes, and how to cut and fold it by them."""

from __future__ import annotations

import unicodedata

TAB = 4
_STEERING = ("Cc", "Cs", "Zl", "Zp")
#: Marks that embed, override or isolate the direction of text: with them a line can show another order than it has.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINER, _EMOJI = "\u200d", "\ufe0f"


def width(text: str) -> int:
    """The columns of a text: two for wide characters and emoji, none for what combines with the character before."""
    return len(text) if text.isascii() else sum(columns(text))


def columns(text: str) -> list[int]:
    """The columns of each character; what is drawn as one sign (an emoji of several) counts at its first."""
    if text.isascii():
        return [1] * len(text)
    out: list[int] = []
    head = -1  # where the sign began that the next character may belong to
    for index, char in enumerate(text):
        previous = text[index - 1] if index else ""
        if head >= 0 and _joins(char, previous, text[head], index - head):
            out.append(0)
            if char == _EMOJI or (_regional(char) and _regional(text[head])):
                out[head] = 2
            continue
        head = index
        plain = unicodedata.category(char) not in ("Mn", "Me", "Cf")
        out.append((2 if unicodedata.east_asian_width(char) in ("W", "F") else 1) if plain else 0)
    return out


def _joins(char: str, previous: str, first: str, distance: int) -> bool:
    """Whether a character is drawn as a part of the sign before it."""
    if char == _JOINER or previous == _JOINER or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff":  # skin tones
        return unicodedata.east_asian_width(first) == "W"
    if _regional(char) and _regional(first):  # two letters are one flag
        return distance == 1
    return "\u1160" <= char <= "\u11ff"  # vowels and finals of a Korean syllable


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def first(text: str, room: int) -> str:
    """As much of the start of a text as fits."""
    for index, taken in enumerate(columns(text)):
        room -= taken
        if room < 0:
            return text[:index]
    return text


def last(text: str, room: int) -> str:
    """As much of the end of a text as fits."""
    each = columns(text)
    for index in range(len(text) - 1, -1, -1):
        room -= each[index]
        if room < 0:
            start = index + 1
            while start < len(text) and not each[start]:
                start += 1  # not into the middle of a sign
            return text[start:]
    return text


def folded(text: str, room: int) -> list[str]:
    """A text as lines that fit, broken at blanks; a word that is too long for a line stays whole."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(lines[-1]) + 1 + width(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def cell(char: str, column: int) -> str:
    """What a character of a file looks like in a terminal: tabs as spaces, control characters as a sign."""
    return " " * (TAB - column % TAB) if char == "\t" else printable(char)


def printable(text: str) -> str:
    """A text without characters that could steer the terminal, or turn the direction of what follows around."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if unicodedata.category(char) in _STEERING or char in _TURNING else char for char in text)
