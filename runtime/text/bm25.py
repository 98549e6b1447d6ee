"""BM25 between texts, and a pool of texts that a new one must differ from (BELLE, 2304.07854).

score(query, text) = Σ idf(w) · f (k1 + 1) / (f + k1 (1 - b + b · length / mean length)) over the words w of the query,
where f is how often the text has w; idf(w) = ln((N - n + ½) / (n + ½)) for n of N texts with w, and where that is
negative `EPSILON` times the mean idf of all words. The constants are those of `gensim.summarization.bm25`, which BELLE
calls; they are from memory.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

K1 = 1.5
B = 0.75
EPSILON = 0.25


@dataclass(frozen=True, slots=True)
class Scored:
    """A text of the pool, by its number in the order of adding, and its score."""

    number: int
    score: float


@dataclass(slots=True)
class _Postings:
    texts: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class Bm25Pool:
    """Texts that were accepted; unlike BELLE's, the index grows with them."""

    threshold: float
    _with: dict[str, _Postings] = field(default_factory=dict)
    _lengths: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, words: Sequence[str]) -> None:
        """Add a text, given as words."""
        for word, times in Counter(words).items():
            postings = self._with.setdefault(word, _Postings())
            postings.texts.append(len(self._lengths))
            postings.times.append(times)
        self._lengths.append(len(words))

    def match(self, words: Sequence[str]) -> Scored | None:
        """The text with the highest score, the first of equals, if that is above the threshold."""
        if not len(self):
            return None
        scores = self.scores(words)
        best = int(np.argmax(scores))
        return Scored(best, float(scores[best])) if scores[best] > self.threshold else None

    def scores(self, words: Sequence[str]) -> NDArray[np.float64]:
        """The score of every text of the pool for a query."""
        scores = np.zeros(len(self))
        length = np.frombuffer(self._lengths, dtype=np.int64)
        norm = K1 * (1 - B + B * length / max(float(length.mean()), 1e-9)) if len(length) else length
        for word, times in Counter(words).items():
            postings = self._with.get(word)
            if postings is None:
                continue
            texts = np.frombuffer(postings.texts, dtype=np.int64)
            found = np.frombuffer(postings.times, dtype=np.int64)
            scores[texts] += times * self._idf(len(texts)) * found * (K1 + 1) / (found + norm[texts])
        return scores

    def _idf(self, texts: int) -> float:
        value = float(_idf(np.array(texts), len(self)))
        if value >= 0:
            return value
        sizes = np.array([len(p.texts) for p in self._with.values()])
        return EPSILON * float(_idf(sizes, len(self)).mean())


def _idf(texts: NDArray[np.integer], of: int) -> NDArray[np.float64]:
    return np.asarray(np.log((of - texts + 0.5) / (texts + 0.5)), dtype=np.float64)
