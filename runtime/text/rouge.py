"""ROUGE-L between texts, and the pool of texts that a new one must differ from (Self-Instruct, section 2.2).

The F-measure is 2 LCS / (|X| + |Y|) over tokens, compared as integers. For ASCII the tokens are those of rouge_score
without stemming. That drops all other letters, and Chinese has no tokens at all; so here a character of a script
without spaces is a token, and letters and digits of every script belong to words.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.operator import OperatorError
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

    The longest common subsequence cannot be longer than the tokens that two texts share: few texts share enough of
    them, and only those are compared.
    """

    threshold: Fraction
    _numbers: dict[str, int] = field(default_factory=dict)  # token → its number
    _texts: list[str] = field(default_factory=list)  # tokens as characters: rapidfuzz is fastest on strings
    _lengths: array[int] = field(default_factory=lambda: array("q"))
    _with: list[array[int]] = field(default_factory=list)  # number of a token → texts that have it

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, words: Sequence[str]) -> None:
        """Add a text, given as tokens."""
        text = self._encoded(words)
        for token in set(text):
            self._with[self._place(token)].append(len(self._texts))
        self._texts.append(text)
        self._lengths.append(len(text))

    def match(self, words: Sequence[str]) -> Match | None:
        """The nearest text of the pool, the first of equals, if its F-measure is above the threshold."""
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cdist

        p, q = self.threshold.numerator, self.threshold.denominator
        text = self._encoded(words)
        near = self._near(text)
        if not len(near):
            return None
        common = cdist([text], [self._texts[n] for n in near], scorer=LCSseq.similarity, dtype=np.int64)[0]
        whole = np.frombuffer(self._lengths, dtype=np.int64)[near] + len(text)
        above = np.flatnonzero(2 * common * q > p * whole)
        best = max(above.tolist(), key=lambda n: (Fraction(2 * int(common[n]), int(whole[n])), -n), default=None)
        return None if best is None else Match(int(near[best]), Fraction(2 * int(common[best]), int(whole[best])))

    def _near(self, text: str) -> NDArray[np.int64]:
        """The texts that share enough tokens with this one to be above the threshold, in order.

        A text above it shares at least `least` tokens, for it cannot have fewer than it shares. So of the commonest
        tokens as many may be passed over as are one short of that: who shares no other token, shares too few. They hold
        most of the texts, the others few.
        """
        p, q = self.threshold.numerator, self.threshold.denominator
        least = p * len(text) // (2 * q - p) + 1
        counts = {self._place(token): times for token, times in Counter(text).items()}
        passed = 0
        for token in sorted(counts, key=lambda token: -len(self._with[token])):
            if passed + counts[token] >= least:
                break
            passed += counts.pop(token)
        lists = [np.frombuffer(self._with[token], dtype=np.int64) for token in counts]
        if not lists:
            return np.empty(0, dtype=np.int64)
        weight = np.repeat(np.array(list(counts.values()), dtype=np.int64), [len(one) for one in lists])
        near, place = np.unique(np.concatenate(lists), return_inverse=True)
        length = np.frombuffer(self._lengths, dtype=np.int64)[near]
        shared = np.minimum(np.bincount(place, weight, minlength=len(near)) + passed, length)
        return near[2 * shared * q > p * (len(text) + length)]

    def _encoded(self, words: Sequence[str]) -> str:
        characters = []
        for word in words:
            number = self._numbers.setdefault(word, len(self._numbers))
            if number == len(self._with):
                if number > _LAST:
                    raise OperatorError("novel: more different words than can be told apart (1.1 million)")
                self._with.append(array("q"))
            characters.append(chr(number if number < _SURROGATES.start else number + len(_SURROGATES)))
        return "".join(characters)

    @staticmethod
    def _place(character: str) -> int:
        code = ord(character)
        return code if code < _SURROGATES.start else code - len(_SURROGATES)
