"""Whether an embedder can tell texts apart: the cosines of random pairs of different texts, language by language.

An embedder gives texts of a language that it does not know almost one vector: all-MiniLM-L6-v2, an English model, gives
unrelated Chinese questions cosines of 0.8 and more. A threshold that such pairs reach says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tunec.runtime.operator import OperatorError
from tunec.runtime.text.fractions import shown
from tunec.runtime.text.vectors import F16, F64, I64, cosines_of
from tunec.runtime.text.words import units

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import EmbedderSpec

#: Texts whose language is looked up; a language with fewer than `_TEXTS` of them is not measured.
_SAMPLE = 4000
_TEXTS = 46  # which have 1,035 pairs
#: Pairs of a language at most.
_PAIRS = 50_000
#: Fewer pairs than this above a threshold are no evidence of anything.
_FEW = 5
#: Two texts that share this part of the shorter one's words may well be duplicates, and are no random pair.
_SHARED = 0.5
#: Thresholds are chosen in steps of this.
_STEP = 0.001


@dataclass(frozen=True, slots=True)
class Measured:
    """Random pairs of different texts in one language: how many there are, and their cosines, highest first."""

    language: str
    pairs: int
    cosines: F64

    def reached(self, threshold: float) -> float:
        """The share of the pairs that reach a threshold."""
        return float((self.cosines >= threshold).sum()) / self.pairs

    def exceeds(self, share: float, threshold: float) -> bool:
        """Whether more than this share of all pairs reaches the threshold, with 95 % confidence (Wilson's bound)."""
        hits, z, n = int((self.cosines >= threshold).sum()), 1.96, self.pairs
        p = hits / n
        low = (p + z * z / (2 * n) - z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
        return hits >= _FEW and low > share

    def threshold(self, share: float) -> float:
        """The lowest threshold that at most this share of the pairs reaches, in steps; 1 where there is none."""
        allowed = int(share * self.pairs)
        if allowed >= len(self.cosines):
            return 0.0
        return float(min(1.0, (np.floor(self.cosines[allowed] / _STEP) + 1) * _STEP))


def measured(texts: pl.Series, vectors: F16, seed: int) -> list[Measured]:
    """Random pairs of these different texts, one vector each, by language; the seed chooses them."""
    from tunec.runtime.ops.functions.lang import lang

    draw = np.random.default_rng(seed)
    chosen = draw.permutation(len(texts))[:_SAMPLE]
    language = lang(texts.gather(chosen))
    words = units(texts.gather(chosen))
    found = []
    for name in sorted(language.drop_nulls().unique().to_list()):
        here = np.flatnonzero((language == name).fill_null(False).to_numpy())
        if len(here) >= _TEXTS:
            left, right = _pairs(len(here), draw)
            a, b = here[left], here[right]
            values = cosines_of(vectors, chosen[a], chosen[b])
            found.append(_unrelated(name, values, a, b, words))
    return found


def _pairs(count: int, draw: np.random.Generator) -> tuple[I64, I64]:
    """Different pairs of different numbers below `count`: all of them, or as many as are measured."""
    every = count * (count - 1) // 2
    if every <= _PAIRS:
        left, right = np.triu_indices(count, 1)
        return left.astype(np.int64), right.astype(np.int64)
    number = np.unique(draw.integers(0, every, _PAIRS))
    # The pair with this number, where (1, 0), (2, 0), (2, 1), (3, 0), … are counted.
    left = ((1 + np.sqrt(1 + 8 * number.astype(np.float64))) / 2).astype(np.int64)
    left -= left * (left - 1) // 2 > number
    left += left * (left + 1) // 2 <= number
    return left, number - left * (left - 1) // 2


def _unrelated(language: str, values: F64, a: I64, b: I64, words: pl.Series) -> Measured:
    """Without the pairs that share most words. Only what is near is looked at: a tenth of the pairs."""
    order = np.argsort(-values, kind="stable")
    near, rest = order[: max(1000, len(order) // 10)], order[max(1000, len(order) // 10) :]
    sets: dict[int, frozenset[str]] = {
        number: frozenset(words[number]) for number in np.unique(np.concatenate([a[near], b[near]])).tolist()
    }
    kept = []
    for pair in near.tolist():
        one, other = sets[int(a[pair])], sets[int(b[pair])]
        if len(one & other) < _SHARED * min(len(one), len(other)) or not one or not other:
            kept.append(pair)
    stays = np.concatenate([np.array(kept, dtype=np.int64), rest])
    return Measured(language, len(stays), values[stays])


@dataclass(frozen=True, slots=True)
class Asked:
    """What a spec says of a threshold. `limit`: the share of random pairs that may reach one that is stated."""

    rule: str
    argument: str
    threshold: float | None
    false_positives: float | None
    default: float
    limit: float


def chosen(asked: Asked, using: EmbedderSpec, texts: pl.Series, vectors: F16, ctx: Context) -> float:
    """The threshold that a rule compares with: the stated one, or that which the share of false positives gives.

    Raises OperatorError where random pairs of a language reach the stated one too often.
    """
    if asked.false_positives is not None and not 0 < asked.false_positives < 1:
        raise OperatorError(f"{asked.rule}: `false_positives` lies between 0% and 100%, and is neither")
    found = measured(texts, vectors, ctx.seed)
    if asked.threshold is None and asked.false_positives is not None:
        return _by_share(asked.rule, asked.false_positives, using, found, ctx)
    threshold = asked.default if asked.threshold is None else asked.threshold
    limit = asked.limit if asked.false_positives is None else asked.false_positives
    bad = [one for one in found if one.exceeds(limit, threshold)]
    if bad:
        raise OperatorError(_unfit(asked, threshold, limit, using, bad))
    return threshold


def _by_share(rule: str, share: float, using: EmbedderSpec, found: Sequence[Measured], ctx: Context) -> float:
    if not found:
        raise OperatorError(
            f"{rule}: no language has the {_TEXTS} different texts that a threshold is chosen from; state the threshold"
        )
    threshold = max(one.threshold(share) for one in found)
    by_language = ", ".join(f"{one.language} {shown(one.threshold(share))}" for one in found)
    if threshold >= 1:
        raise OperatorError(
            f"{rule}: `{using.id}` cannot tell texts apart: no threshold below 1 is reached by at most "
            f"{percent(share)} of random pairs ({by_language}); use another embedder"
        )
    pairs = sum(one.pairs for one in found)
    ctx.note(
        f"{rule}(false_positives: {percent(share)}): the threshold is {shown(threshold)}, from {pairs:,} random pairs "
        f"of different texts ({by_language})"
    )
    return threshold


def _unfit(asked: Asked, threshold: float, limit: float, using: EmbedderSpec, bad: Sequence[Measured]) -> str:
    worst = max(bad, key=lambda one: one.reached(threshold))
    others = [one.language for one in bad if one is not worst]
    also = f" (also in: {', '.join(others)})" if others else ""
    holds = max(one.threshold(limit) for one in bad)
    raised = f"{asked.argument}{shown(holds)} would hold" if holds < 1 else "no threshold below 1 would hold"
    more = worst.reached(threshold) * 1.5
    return (
        f"{asked.rule}: `{using.id}` cannot tell these texts apart in the language `{worst.language}`{also}: "
        f"{percent(worst.reached(threshold))} of {worst.pairs:,} random pairs of different texts reach "
        f"{shown(threshold)}, and at most {percent(limit)} may; {raised}\n"
        f'  use an embedder that knows the language, such as bundled("multilingual-e5-small") (which needs thresholds '
        f"of its own), or another threshold, or let it be chosen: `false_positives: {percent(limit)}`; a stated "
        f"threshold with `false_positives: {percent(more)}` accepts the pairs"
    )


def percent(share: float) -> str:
    """A share as a spec writes it, with two digits that count."""
    return f"{float(f'{100 * share:.2g}'):g}%"
