"""Random order that does not depend on what else is there (`docs/semantics.md`, a seed)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray


def keys(seed: int, names: Iterable[str] | pl.Series) -> NDArray[np.uint64]:
    """hash(seed, name) for each name: sorting by it draws an order that an edit upstream leaves alone."""
    start = hashlib.blake2b(f"{seed}:".encode(), digest_size=8)
    digests = bytearray()
    for name in names:
        state = start.copy()
        state.update(name.encode())
        digests += state.digest()
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def order(seed: int, names: Iterable[str] | pl.Series) -> NDArray[np.int64]:
    """Positions in the order of `keys`; equal names stay in the order given."""
    return np.argsort(keys(seed, names), kind="stable").astype(np.int64)
