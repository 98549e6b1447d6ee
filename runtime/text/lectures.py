"""Refusals that only lecture or correct the question, told by a classifier beside the patterns.

A logistic regression reads the vector of a text's beginning and what the patterns found (`evidence`). Its weights are
`weights/refusals.json`: `bench/refusals/train.py` trains them and says on what. They hold for one embedder only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.resources import content
from tunec.runtime.text.refusals import evidence, refuses, spoken
from tunec.runtime.text.refusals_plain import declines
from tunec.runtime.text.vectors import embedded

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec

#: Characters of a text's beginning that are embedded.
OPENING = 300
#: From which probability on a text is a refusal.
THRESHOLD = 0.4
EVIDENCE = ("stated", "soft", "lecture", "morals", "rejected", "condemned", "answered", "length")
_MOST = 4  # condemnations that count

#: Without one of these in its beginning a text is not embedded: no lecture does without.
_HINT = (
    r"(?i)\bno\b|\bnot\b|n['’]t\b|\bnever\b|cannot|illegal|unlawful|against|crim(?:e|inal)|wrong|harm|ethic|moral|danger|"
    r"respect|rights?\b|equal|discriminat|stereotyp|prejudic|priva|confidential|condone|encourage|urge|advise|offens|"
    r"appropriate|unacceptable|violen|decline|refuse|sorry|unable|inclus|excluded|dignity|outside"
)


def opening(texts: pl.Series) -> pl.Series:
    """What is embedded of each text."""
    return texts.str.strip_chars().str.slice(0, OPENING)


def features(texts: pl.Series, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the classifier reads of each text: its vector, then `EVIDENCE`."""
    found = evidence(texts.str.strip_chars()).with_columns(
        pl.col("condemned").clip(0, _MOST) / _MOST, length=texts.str.strip_chars().str.len_chars().log1p() / 10
    )
    return np.hstack([vectors, found.select(pl.col(EVIDENCE).cast(pl.Float64)).to_numpy()])


def refuses_or_lectures(ctx: Context, using: EmbedderSpec, texts: pl.Series, weights_file: str) -> pl.Series:
    """Whether each text refuses by what it says or by a lecture; missing for a missing text."""
    weights = json.loads(content(weights_file))
    if (using.kind, using.id) != ("bundled", weights["embedder"]):
        raise OperatorError(f'`refusal` is trained for `bundled("{weights["embedder"]}")`, not for `{using.id}`')
    stated, texts = refuses(texts), spoken(texts)
    english = ~opening(texts).str.contains(r"\p{Han}") & opening(texts).str.contains(_HINT)
    # Who refuses in so many words does, whatever the classifier would say.
    place = (english & ~evidence(texts)["stated"] & ~declines(texts)).fill_null(False).arg_true()
    asked = texts.gather(place)
    found = embedded(ctx, using, opening(asked))
    if not len(found.vectors):
        return stated
    # A blank text has no vector; it has no hint either.
    vectors = found.vectors.astype(np.float64)[found.vector_of]
    score = features(asked, vectors) @ np.array(weights["weights"]) + weights["intercept"]
    lectured = pl.Series(1 / (1 + np.exp(-score)) >= THRESHOLD)
    return stated.scatter(place, lectured).alias(texts.name)
