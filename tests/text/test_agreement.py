"""Agreement against values that are worked out elsewhere."""

from __future__ import annotations

import pytest

from tunec.runtime.text.agreement import Rating, cohen, krippendorff, rogan_gladen

#: The example of Krippendorff (2011), section D: four observers, twelve units.
OBSERVERS: list[list[Rating]] = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
UNITS = [list(unit) for unit in zip(*OBSERVERS, strict=True)]


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorff_with_missing_values(level: str, alpha: float) -> None:
    assert krippendorff(UNITS, level) == pytest.approx(alpha, abs=0.0005)  # type: ignore[arg-type]


def test_krippendorff_of_two_observers_and_names() -> None:
    # Section A of the same: two observers, ten units, two values: alpha = 0.095.
    first, second = "0100000010", "1110010000"
    assert krippendorff(list(zip(first, second, strict=True)), "nominal") == pytest.approx(0.095, abs=0.0005)
    assert krippendorff([["a", "a"], ["a", "a"]], "nominal") is None
    assert krippendorff([["好", "坏"], ["坏", None]], "nominal") is not None


def test_cohen() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: (0.7 - 0.5) / (1 - 0.5).
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohen(pairs) == pytest.approx(0.4)
    assert cohen([("y", "y")]) is None


def test_weighted_kappa() -> None:
    # Observed squared distances 1 + 4 of 4 pairs; expected, from the margins {1: 2, 2: 1, 3: 1} twice: 22 / 4.
    pairs = [(1, 1), (2, 1), (1, 3), (3, 2)]
    assert cohen(pairs, "interval") == pytest.approx(1 - 6 / (22 / 4))
    assert cohen([(1, 10), (10, 1), (1, 1), (10, 10)], "ordinal") == pytest.approx(0)


def test_the_share_behind_a_measured_one() -> None:
    # Apparent 25 %, sensitivity 90 %, specificity 90 %: (0.25 - 0.1) / 0.8.
    found = rogan_gladen(250, 1000, 90, 100, 180, 200)
    assert found is not None and found.share == pytest.approx(0.1875)
    assert found.low < 0.1875 < found.high
    # A perfect rater leaves a little more than the interval of the share itself.
    perfect = rogan_gladen(250, 1000, 10_000, 10_000, 10_000, 10_000)
    assert perfect is not None
    assert (perfect.low, perfect.high) == (pytest.approx(0.224, abs=0.001), pytest.approx(0.278, abs=0.001))


def test_a_rater_that_tells_nothing_apart() -> None:
    assert rogan_gladen(10, 100, 5, 10, 5, 10) is None
    assert rogan_gladen(10, 100, 0, 0, 5, 10) is None
    below = rogan_gladen(1, 100, 9, 10, 8, 10)
    assert below is not None and below.share == 0.0 and below.low == 0.0
