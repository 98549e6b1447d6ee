"""ROUGE-L between texts, and the pool of texts that a new one must differ from (Self-Instruct, section 2.2).

The F-measure is 2 LCS / (|X| + |Y|) over tokens, compared as integers. For ASCII the tokens are those of rouge_score
without stemming. That drops all other letters, and Chinese has no tokens at all; so here a character of a script
without spaces is a token, and letters and digits of every script belong to words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import polars as pl

from tunec.runtime.operator import OperatorError
from tunec.runtime.text.words import UNSPACED

_TOKEN = rf"[\w&&[{UNSPACED}]]|[\w--[{UNSPACED}_]]+"
_SURROGATES = range(0xD800, 0xE000)
_LAST = 0x10FFFF - len(_SURROGATES)


@dataclass(frozen=True, slots=True)
class Match:
    """The text of the pool that is nearest: its number in the order of adding, and the F-measure."""

    number: int
    score: Fraction


def tokens(texts: Sequence[str | None]) -> list[list[str]]:
    """The tokens of each text."""
    series = pl.Series(texts, dtype=pl.String).fill_null("")
    return series.str.to_lowercase().str.extract_all(_TOKEN).to_list()


def rouge_l(left: str, right: str) -> Fraction:
    """The F-measure of ROUGE-L, 0 where either text has no tokens."""
    from rapidfuzz.distance import LCSseq

    a, b = tokens([left, right])
    return Fraction(2 * LCSseq.similarity(a, b), len(a) + len(b)) if a and b else Fraction(0)


@dataclass(slots=True)
class NoveltyPool:
    """Texts that were accepted. `match` gives the nearest one if it is too near: F-measure above `threshold`.

    Two texts above the threshold share so many tokens that one of them must be among the rarest of the new text: only
    texts with one of these are compared.
    """

    threshold: Fraction
    _numbers: dict[str, int] = field(default_factory=dict)  # token → its number
    _texts: list[str] = field(default_factory=list)  # tokens as characters: rapidfuzz is fastest on strings
    _with: list[list[int]] = field(default_factory=list)  # number of a token → texts that have it

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, words: Sequence[str]) -> None:
        """Add a text, given as tokens."""
        text = self._encoded(words)
        for token in sorted(set(text)):
            self._with[self._place(token)].append(len(self._texts))
        self._texts.append(text)

    def match(self, words: Sequence[str]) -> Match | None:
        """The nearest text of the pool, the first of equals, if its F-measure is above the threshold."""
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cdist

        p, q = self.threshold.numerator, self.threshold.denominator
        text = self._encoded(words)
        candidates = [n for n in sorted(self._candidates(text)) if self._may_exceed(text, self._texts[n])]
        if not candidates:
            return None
        lengths = cdist([text], [self._texts[n] for n in candidates], scorer=LCSseq.similarity, dtype="int64")[0]
        best: tuple[Fraction, int] | None = None
        for number, common in zip(candidates, lengths.tolist(), strict=True):
            whole = len(text) + len(self._texts[number])
            if 2 * common * q > p * whole:
                found = (Fraction(2 * common, whole), -number)
                best = found if best is None else max(best, found)
        return None if best is None else Match(-best[1], best[0])

    def _candidates(self, text: str) -> set[int]:
        p, q = self.threshold.numerator, self.threshold.denominator
        if not text:
            return set()
        # The shortest text that can be too near, and the least number of tokens shared with any that is.
        shortest = len(text) * p // (2 * q - p) if p < 2 * q else len(text)
        least = p * (len(text) + shortest) // (2 * q) + 1
        by_rarity = sorted(Counter(text).items(), key=lambda item: (len(self._with[self._place(item[0])]), item[0]))
        found: set[int] = set()
        left = len(text) - least + 1  # any `left` tokens of the text contain a shared one
        for token, times in by_rarity:
            if left <= 0:
                break
            found.update(self._with[self._place(token)])
            left -= times
        return found

    def _may_exceed(self, text: str, other: str) -> bool:
        p, q = self.threshold.numerator, self.threshold.denominator
        return 2 * min(len(text), len(other)) * q > p * (len(text) + len(other))

    def _encoded(self, words: Sequence[str]) -> str:
        characters = []
        for word in words:
            number = self._numbers.setdefault(word, len(self._numbers))
            if number == len(self._with):
                if number > _LAST:
                    raise OperatorError("novel: more different words than can be told apart (1.1 million)")
                self._with.append([])
            characters.append(chr(number if number < _SURROGATES.start else number + len(_SURROGATES)))
        return "".join(characters)

    @staticmethod
    def _place(character: str) -> int:
        code = ord(character)
        return code if code < _SURROGATES.start else code - len(_SURROGATES)
