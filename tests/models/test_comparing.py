"""Differences of two models on the same items: by hand, and against direct computation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunec.runtime.base.method import Reading
from tunec.runtime.models.comparing import difference, named_once, of_shares
from tunec.runtime.models.intervals import mcnemar, paired_shares, wilson, wilson_of


def shares(*right: int) -> Reading:
    return of_shares("accuracy", [str(n) for n in range(len(right))], [bool(r) for r in right], {})


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 2**5)
    assert mcnemar(1, 4) == pytest.approx(2 * (1 + 5) / 2**5)


def test_the_interval_of_paired_shares_by_hand() -> None:
    # Bonett and Price: one item is added to each kind of disagreement, two to the whole.
    more, less = 9 / 102, 3 / 102
    half = 1.959964 * math.sqrt((more + less - (more - less) ** 2) / 102)
    assert paired_shares(8, 2, 100) == pytest.approx((more - less - half, more - less + half), abs=1e-6)
    assert paired_shares(0, 0, 0) == (-1, 1)


def test_the_interval_of_nothing_and_of_all_ends_exactly() -> None:
    for items in range(1, 200):
        assert wilson(0, items)[0] == 0 < wilson(0, items)[1]
        assert wilson(items, items)[1] == 1 > wilson(items, items)[0]
    assert wilson_of(0, 7.3)[0] == 0 and wilson_of(1, 7.3)[1] == 1


def test_shares_are_compared_item_by_item() -> None:
    found = difference(shares(1, 0, 0, 1), shares(1, 1, 1, 0))
    assert found is not None
    assert (found["items"], found["difference"], found["better"]) == (4, 0.25, "")
    assert (found["low"], found["high"]) == paired_shares(2, 1, 4) and found["p"] == mcnemar(2, 1)
    many = difference(shares(*[0] * 40), shares(*[1] * 20, *[0] * 20))
    assert many is not None and many["better"] == "second" and many["low"] > 0


def test_only_items_that_both_have_count() -> None:
    first, second = of_shares("a", ["x", "y"], [True, False], {}), of_shares("a", ["y", "z"], [True, True], {})
    assert difference(first, second) is None  # one item
    third = of_shares("a", ["x", "y", "z"], [True, True, False], {})
    found = difference(first, third)
    assert found is not None and (found["items"], found["difference"]) == (2, 0.5)


def test_ratios_are_compared_by_drawing_the_same_rows() -> None:
    sizes = np.linspace(5, 50, 60)
    noise = np.random.Generator(np.random.PCG64(3)).normal(0, 3, 60)

    def reading(bits: np.ndarray) -> Reading:
        items = {str(n): (float(b), float(s)) for n, (b, s) in enumerate(zip(bits, sizes, strict=True))}
        return Reading({}, "bits_per_character", items, lower=True)

    found = difference(reading(2 * sizes + noise), reading(1.9 * sizes + noise))
    assert found is not None
    # What both have in common (the noise) is no part of the difference.
    assert found["difference"] == pytest.approx(-0.1) and found["better"] == "second"
    assert found["low"] == pytest.approx(-0.1) and found["high"] == pytest.approx(-0.1)
    same = difference(reading(2 * sizes + noise), reading(2 * sizes + noise[::-1]))
    assert same is not None and same["better"] == "" and same["low"] < 0 < same["high"]
    worse = difference(reading(2 * sizes), reading(2.1 * sizes))
    assert worse is not None and worse["better"] == "first"


def test_an_item_that_stands_there_twice_is_two_items() -> None:
    assert named_once(["a", "b", "a", "a"]) == ["a", "b", "a 2", "a 3"]
