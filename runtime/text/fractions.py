"""Shares as exact fractions, so that a value that lies on a threshold is on the same side everywhere."""

from __future__ import annotations

from fractions import Fraction


def share(value: float) -> Fraction:
    """The fraction that a person means who writes 0.8 or 30%."""
    return Fraction(repr(float(value))).limit_denominator(1_000_000)


def shown(value: float) -> str:
    """A measured value or a threshold, as reports show it."""
    return f"{value:.6g}"
