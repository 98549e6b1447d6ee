"""Shares of a mixture, and how many rows of each part they come to."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor


def by_temperature(sizes: Mapping[str, int], temperature: float) -> dict[str, Fraction]:
    """Shares in proportion to size^(1/temperature): 1 as the sizes are, higher more even (mBERT 1.43, mT5 3.33)."""
    whole = sum(sizes.values())
    return normalized({name: Fraction((size / whole) ** (1 / temperature)) for name, size in sizes.items()})


def by_unimax(sizes: Mapping[str, int], budget: float, epochs: float) -> dict[str, Fraction]:
    """Shares as even as a budget allows without seeing any part more than `epochs` times (UniMax, 2304.09151)."""
    amounts: dict[str, Fraction] = {}
    left = Fraction(budget)
    for done, name in enumerate(sorted(sizes, key=lambda n: (sizes[n], n))):
        amounts[name] = min(left / (len(sizes) - done), Fraction(epochs) * sizes[name])
        left -= amounts[name]
    return normalized(amounts)


def normalized(shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The shares, scaled so that they sum to one."""
    whole = sum(shares.values())
    return {name: share / whole for name, share in shares.items()}


def largest(shares: Mapping[str, Fraction], available: Mapping[str, int], limit: int | None) -> dict[str, int]:
    """The largest numbers of rows, none above what is available, that have the shares, rounded by largest remainder."""
    bound = min(ceil((available[name] + 1) / share) for name, share in shares.items() if share)
    for total in range(bound if limit is None else min(bound, limit), -1, -1):
        counts = _apportioned(shares, available, total)
        if all(counts[name] <= available[name] for name in counts):
            return counts
    raise AssertionError("a total of zero fits everything")


def _apportioned(shares: Mapping[str, Fraction], available: Mapping[str, int], total: int) -> dict[str, int]:
    counts = {name: floor(share * total) for name, share in shares.items()}
    missing = total - sum(counts.values())
    # Of equal remainders the one goes up that has a row left.
    by_remainder = sorted(shares, key=lambda n: (counts[n] - shares[n] * total, counts[n] >= available[n], n))
    for name in by_remainder[:missing]:
        counts[name] += 1
    return counts
