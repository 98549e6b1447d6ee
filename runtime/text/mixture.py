"""How much of each source a mixture takes, which of its rows, how often, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.proportions import largest

I64 = NDArray[np.int64]


def amounts(
    shares: Mapping[str, Fraction], sizes: Mapping[str, int], total: int | None, epochs: float, *, whole: bool
) -> dict[str, int]:
    """Rows (`whole`: the shares hold to the row) or tokens of each source: as many as its `epochs` allow."""
    available = {name: int(Fraction(repr(float(epochs))) * size) for name, size in sizes.items()}
    if whole:
        return largest(shares, available, total)
    bounds: list[Fraction] = [available[name] / share for name, share in shares.items() if share]
    most: Fraction = min(bounds) if total is None else min(*bounds, Fraction(total))
    return {name: int(share * most) for name, share in shares.items()}


def passes(
    origins: Sequence[str], weight: I64, key: NDArray[np.uint64], sizes: Mapping[str, int], limits: Mapping[str, int]
) -> tuple[I64, I64]:
    """How often each row is taken, and how far into its source it lies.

    A source is gone through in the order of `key`, again and again, until its limit; a row that would pass it stays
    out.
    """
    names, number = np.unique(np.array(origins, dtype=object).astype(str), return_inverse=True)
    order = np.lexsort((np.arange(len(key)), key, number))
    summed = np.cumsum(weight[order])
    first = np.searchsorted(number[order], np.arange(len(names)))
    before = np.where(first > 0, summed[first - 1], 0) if len(summed) else first
    places = np.empty(len(key), dtype=np.int64)
    places[order] = summed - before[number[order]]
    size = np.array([max(sizes.get(str(name), 0), 1) for name in names], dtype=np.int64)
    limit = np.array([limits.get(str(name), 0) for name in names], dtype=np.int64)
    often, left = limit // size, limit % size
    left[left == 0] = -1  # nor does a row without weight begin another pass
    times = often[number] + (places <= left[number])
    return times.astype(np.int64), places


def told(
    shares: Mapping[str, Fraction],
    sizes: Mapping[str, int],
    reached: Mapping[str, int],
    total: int | None,
    epochs: float,
    unit: str,
) -> tuple[str, ...]:
    """What a person should know of a mixture: the epochs of each source, and what it falls short of."""
    whole = sum(reached.values())
    lines = [
        f"{name}: {float(share):.1%} of {whole:,} {unit} are {reached[name]:,}; it has {sizes[name]:,}: "
        f"{reached[name] / sizes[name]:.2f} epochs"
        for name, share in shares.items()
    ]
    if total is None or whole >= total:
        return tuple(lines)
    over = [name for name, share in shares.items() if share * total > Fraction(repr(float(epochs))) * sizes[name]]
    if not over:
        return tuple(lines)
    often = "without repeating one" if epochs == 1 and unit == "rows" else f"with {epochs:g} epochs at most"
    wanted = ", ".join(f"{name} {float(shares[name] * total / sizes[name]):.2f}" for name in over)
    lines.append(
        f"the shares allow {whole:,} of the {total:,} {unit} that were requested {often}; the whole would take "
        f"more epochs: {wanted}"
    )
    return tuple(lines)
