"""Embedders whose vectors a test can work out by hand, and texts for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from tests.ops.material import TINY, context
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.text.farthest import fixed_point

#: Few words, so that texts are often near or equal, and some missing or blank.
TEXTS = st.lists(
    st.one_of(st.none(), st.lists(st.sampled_from(["a", "b", "c", "甲", "乙", "d"]), max_size=4).map(" ".join)),
    max_size=12,
)


def degrees(_: EmbedderSpec, texts: Sequence[str]) -> np.ndarray:
    """A text is a direction in the plane, in degrees."""
    angle = np.radians([float(t) for t in texts])
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float16)


def known(texts: Sequence[str | None]) -> list[int]:
    """The rows that have a text."""
    return [n for n, t in enumerate(texts) if t and t.strip()]


def integers(texts: Sequence[str | None]) -> dict[int, np.ndarray]:
    """The vector of each row that has one, as whole numbers without bound."""
    rows = known(texts)
    vectors = context().embed(TINY, [str(texts[n]) for n in rows]) if rows else np.empty((0, 1))
    return dict(zip(rows, fixed_point(vectors).astype(int).astype(object), strict=True))
