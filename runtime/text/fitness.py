"""Whether an embedder can tell texts apart: the cosines of random pairs of different texts, language by language.

An embedder gives texts of a language that it does not know almost one vector: all-MiniLM-L6-v2, an English model, gives
unrelated Chinese questions cosines of 0.8 and more. A threshold that such pairs reach says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.text.fractions import shown
from tunec.runtime.text.vectors import F16, F64, I64, Embedded, cosines_of, embedded
from tunec.runtime.text.words import units

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec

#: Texts whose language is looked up; a language with fewer than `_TEXTS` of them is not measured.
_SAMPLE = 4000
_TEXTS = 46  # which have 1,035 pairs
_ITEMS = 23  # as many with the texts of another language
#: How many times as many pairs across languages may reach a threshold: a benchmark in translation is no accident.
_ACROSS = 10
#: The share of random pairs that may be as near as rewordings are; and how near these are.
RANDOM, ALIKE = 0.0002, 0.95
#: Pairs of a language at most.
_PAIRS = 50_000
#: Fewer pairs than this above a threshold are no evidence of anything.
_FEW = 5
#: The share of texts that may match by chance without a word.
_CHANCE = 0.01
#: The share of texts that may have the vector of another text of other words.
_BLIND = 0.01
_SEEN = 60  # characters of a text in a message
#: Two texts that share this part of the shorter one's words may well be duplicates, and are no random pair.
_SHARED = 0.5
#: Thresholds are chosen in steps of this.
_STEP = 0.001


@dataclass(frozen=True, slots=True)
class Measured:
    """Random pairs of different texts in one language: how many there are, and their cosines, highest first. `part` is
    the share of what texts are compared with that speaks the language."""

    language: str
    pairs: int
    cosines: F64
    part: float = 1.0

    def reached(self, threshold: float) -> float:
        """The share of the pairs that reach a threshold."""
        return float((self.cosines >= threshold).sum()) / self.pairs

    def exceeds(self, share: float, threshold: float) -> bool:
        """Whether more than this share of all pairs reaches the threshold, with 95 % confidence."""
        return self.least(threshold) > share

    def least(self, threshold: float) -> float:
        """The least share of all pairs that reaches the threshold, with 95 % confidence (Wilson's bound)."""
        hits, z, n = int((self.cosines >= threshold).sum()), 1.96, self.pairs
        if hits < _FEW:
            return 0.0
        p = hits / n
        return float((p + z * z / (2 * n) - z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n))

    def threshold(self, share: float) -> float:
        """The lowest threshold that at most this share of the pairs reaches, in steps; 1 where there is none."""
        allowed = int(share * self.pairs)
        if allowed >= len(self.cosines):
            return 0.0
        return float(min(1.0, (np.floor(self.cosines[allowed] / _STEP) + 1) * _STEP))


@dataclass(frozen=True, slots=True)
class Texts:
    """Different texts and their vectors."""

    texts: pl.Series
    vectors: F16


def measured(of: Texts, seed: int) -> list[Measured]:
    """Random pairs of these texts by language; the seed chooses them."""
    draw = np.random.default_rng(seed)
    sample = _Sample.of(of, draw)
    return [replace(sample.pairs(name, draw), part=sample.part(name)) for name in sample.languages(_TEXTS)]


def between(ours: Texts, theirs: Texts, seed: int) -> list[Measured]:
    """Random pairs by the languages of texts and of items. Within a language they are pairs of texts of either kind,
    of which hardly any can be an item and its copy; across languages, of a text and an item."""
    draw = np.random.default_rng(seed)
    one, other = _Sample.of(ours, draw), _Sample.of(theirs, draw)
    both = Texts(pl.concat([ours.texts, theirs.texts]), np.concatenate([ours.vectors, theirs.vectors]))
    every = _Sample.of(_once(both), draw)
    shared = [name for name in every.languages(_TEXTS) if {name} <= one.named & other.named]
    found = [replace(every.pairs(name, draw), part=other.part(name)) for name in shared]
    for name in one.languages(_TEXTS):
        found += [one.with_(other, name, item, draw) for item in other.languages(_ITEMS) if item != name]
    return found


def _once(of: Texts) -> Texts:
    """Every vector once, so that no text is compared with a copy of itself."""
    _, first = np.unique(of.vectors, axis=0, return_index=True)
    first.sort()
    return Texts(of.texts.gather(first), of.vectors[first])


@dataclass(frozen=True, slots=True)
class _Sample:
    """Some of the texts, their languages and their words."""

    of_: Texts
    language: pl.Series
    words: pl.Series

    @classmethod
    def of(cls, whole: Texts, draw: np.random.Generator) -> _Sample:
        from tunec.runtime.ops.functions.lang import lang

        chosen = draw.permutation(len(whole.texts))[:_SAMPLE]
        texts = whole.texts.gather(chosen)
        return cls(Texts(texts, whole.vectors[chosen]), lang(texts), units(texts))

    @property
    def named(self) -> set[str]:
        return set(self.language.drop_nulls().to_list())

    def languages(self, least: int) -> list[str]:
        """The languages of at least so many texts."""
        return [name for name in sorted(self.named) if len(self.speaking(name)) >= least]

    def part(self, name: str) -> float:
        """The share of the texts that are in this language."""
        return len(self.speaking(name)) / max(len(self.language), 1)

    def speaking(self, name: str) -> I64:
        return np.flatnonzero((self.language == name).fill_null(False).to_numpy())

    def pairs(self, name: str, draw: np.random.Generator) -> Measured:
        here = self.speaking(name)
        left, right = _pairs(len(here), draw)
        a, b = here[left], here[right]
        return _unrelated(name, cosines_of(self.of_.vectors, a, b), a, b, self.words, self.words)

    def with_(self, other: _Sample, name: str, item: str, draw: np.random.Generator) -> Measured:
        here, there = self.speaking(name), other.speaking(item)
        number = np.arange(len(here) * len(there))
        if len(number) > _PAIRS:
            number = np.unique(draw.integers(0, len(number), _PAIRS))
        a, b = here[number // len(there)], there[number % len(there)]
        vectors = np.concatenate([self.of_.vectors, other.of_.vectors])
        values = cosines_of(vectors, a, b + len(self.of_.vectors))
        return _unrelated(languages(name, item), values, a, b, self.words, other.words)


def check_apart(using: EmbedderSpec, texts: pl.Series, vector_of: I64, ctx: Context) -> None:
    """Note texts of other words that have the same vector; raise OperatorError where they are many. A tokenizer that
    does not know a character takes it for any other: whatever the threshold, such texts are taken for the same."""
    every = pl.DataFrame({"text": texts, "vector": vector_of}).filter(pl.col("vector") >= 0).unique("text")
    alike = every.filter(pl.len().over("vector") > 1)
    if not alike.height:
        return
    # Accents, and the order of words, are nothing to some embedders, which is no fault of theirs.
    bare = alike["text"].str.normalize("NFKD").str.replace_all(r"\p{M}+", "")
    alike = alike.with_columns(words=units(bare).list.sort().list.join(" ")).sort("vector", "text")
    alike = alike.unique(["vector", "words"], maintain_order=True).filter(pl.len().over("vector") > 1)
    if not alike.height:
        return
    count = f"{alike.height:,} of {every.height:,} texts have the very vector of another text of other words"
    if alike.height < _FEW or alike.height <= _BLIND * every.height:
        ctx.note(f"{count} by `{using.id}`, and are taken for the same")
        return
    from tunec.runtime.ops.functions.lang import lang

    spoken = Counter(lang(alike["text"]).drop_nulls().to_list())
    where = "".join(f" in the language `{name}`" for name, _ in spoken.most_common(1))
    one, other = (text if len(text) <= _SEEN else f"{text[:_SEEN]}…" for text in alike["text"].head(2))
    raise OperatorError(
        f"`{using.id}` cannot tell these texts apart{where}: {count}, such as {one!r} and {other!r}\n"
        '  use an embedder that knows the language, such as bundled("multilingual-e5-small")'
    )


def languages(text: str | None, item: str | None) -> str:
    """How a pair of languages is called."""
    return f"{text}" if text == item else f"{text}–{item}"


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


def _unrelated(language: str, values: F64, a: I64, b: I64, ours: pl.Series, theirs: pl.Series) -> Measured:
    """Without the pairs that share most words. Only what is near is looked at: a tenth of the pairs."""
    order = np.argsort(-values, kind="stable")
    near, rest = order[: max(1000, len(order) // 10)], order[max(1000, len(order) // 10) :]
    left, right = (
        {number: frozenset(words[number]) for number in np.unique(side[near]).tolist()}
        for side, words in ((a, ours), (b, theirs))
    )
    kept = []
    for pair in near.tolist():
        one, other = left[int(a[pair])], right[int(b[pair])]
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


@dataclass(frozen=True, slots=True)
class Threshold:
    """What is compared with: `value`, or by the languages of text and item what a share of false positives gives, and
    `value` for pairs of languages that were not measured."""

    value: float
    by: dict[str, float]

    @property
    def least(self) -> float:
        return min((self.value, *self.by.values()))


def chosen(asked: Asked, using: EmbedderSpec, found: Sequence[Measured], ctx: Context) -> Threshold:
    """The threshold that a rule compares with: the stated one, or that which the share of false positives gives.

    Raises OperatorError where random pairs of a language reach the stated one too often.
    """
    if asked.false_positives is not None and not 0 < asked.false_positives < 1:
        raise OperatorError(f"{asked.rule}: `false_positives` lies between 0% and 100%, and is neither")
    if asked.threshold is None and asked.false_positives is not None:
        return _by_share(asked.rule, asked.false_positives, using, found, ctx)
    threshold = asked.default if asked.threshold is None else asked.threshold
    limit = asked.limit if asked.false_positives is None else asked.false_positives
    bad = [one for one in found if one.exceeds(_allowed(one, limit), threshold)]
    if bad:
        raise OperatorError(_unfit(asked, threshold, limit, using, bad))
    return Threshold(threshold, {})


def tell_chance(
    rule: str, threshold: Threshold, using: EmbedderSpec, found: Sequence[Measured], others: int, ctx: Context
) -> None:
    """Note how many texts match by chance, each compared with so many `others`: what few pairs reach, one of many
    does."""
    for one in found:
        value = threshold.by.get(one.language, threshold.value)
        compared = round(one.part * others)
        chance = 1 - (1 - one.least(value)) ** compared
        if "–" not in one.language and chance > _CHANCE:
            ctx.note(
                f"{rule}: {percent(one.reached(value))} of {one.pairs:,} random pairs of different texts in the "
                f"language `{one.language}` reach {shown(value)}; each text is compared with {compared:,}, so at least "
                f"{percent(chance)} of them match by chance; look at what is dropped, and take a higher threshold or "
                "an embedder that knows the language"
            )


def _allowed(one: Measured, limit: float) -> float:
    return min(1.0, limit * _ACROSS) if "–" in one.language else limit


def _by_share(rule: str, share: float, using: EmbedderSpec, found: Sequence[Measured], ctx: Context) -> Threshold:
    if not found:
        raise OperatorError(
            f"{rule}: no language has the {_TEXTS} different texts that a threshold is chosen from; state the threshold"
        )
    by = {one.language: one.threshold(share) for one in found}
    by_language = ", ".join(f"{name} {shown(value)}" for name, value in by.items())
    if max(by.values()) >= 1:
        raise OperatorError(
            f"{rule}: `{using.id}` cannot tell texts apart: no threshold below 1 is reached by at most "
            f"{percent(share)} of random pairs ({by_language}); use another embedder"
        )
    pairs = sum(one.pairs for one in found)
    ctx.note(
        f"{rule}(false_positives: {percent(share)}): thresholds from {pairs:,} random pairs of different texts: "
        f"{by_language}"
    )
    return Threshold(max(by.values()), by)


def judged(rule: str, ctx: Context, using: EmbedderSpec, texts: pl.Series, alike: float = ALIKE) -> Embedded:
    """The vectors of texts, for a rule that goes by what is nearest and has no threshold that stops a build. Notes the
    languages in which random pairs of different texts are nearly the same: have a cosine of `alike` and more."""
    found = embedded(ctx, using, texts)
    of = Texts(texts.cast(pl.String).gather(found.first()), found.vectors)
    for one in measured(of, ctx.seed):
        if one.exceeds(RANDOM, alike):
            ctx.note(
                f"{rule}: `{using.id}` hardly tells texts in the language `{one.language}` apart: "
                f"{percent(one.reached(alike))} of {one.pairs:,} random pairs of different texts have a cosine of "
                f"{shown(alike)} and more; use an embedder that knows the language, such as "
                'bundled("multilingual-e5-small")'
            )
    return found


def _unfit(asked: Asked, threshold: float, limit: float, using: EmbedderSpec, bad: Sequence[Measured]) -> str:
    worst = max(bad, key=lambda one: one.reached(threshold))
    others = [one.language for one in bad if one is not worst]
    also = f" (also in: {', '.join(others)})" if others else ""
    allowed = _allowed(worst, limit)
    holds = max(one.threshold(_allowed(one, limit)) for one in bad)
    raised = f"{asked.argument}{shown(holds)} would hold" if holds < 1 else "no threshold below 1 would hold"
    more = min(0.99, worst.reached(threshold) * 1.5)
    return (
        f"{asked.rule}: `{using.id}` cannot tell these texts apart in the language `{worst.language}`{also}: "
        f"{percent(worst.reached(threshold))} of {worst.pairs:,} random pairs of different texts reach "
        f"{shown(threshold)}, and at most {percent(allowed)} may; {raised}\n"
        f'  use an embedder that knows the language, such as bundled("multilingual-e5-small") (which needs thresholds '
        f"of its own), or another threshold, or let it be chosen: `false_positives: {percent(limit)}`; a stated "
        f"threshold with `false_positives: {percent(more)}` accepts the pairs"
    )


def percent(share: float) -> str:
    """A share as a spec writes it, with two digits that count."""
    return f"{float(f'{100 * share:.2g}'):g}%"
