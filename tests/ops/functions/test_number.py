from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, row_wise, values
from tunec.runtime.ops.functions.number import number


def test_numbers_by_hand() -> None:
    assert values(number, ["4", " -0.5\n", "1e-3", "+7", ".5", "2."]) == [4, -0.5, 0.001, 7, 0.5, 2]
    none = ["０", "四", "", "1,234", "5%", "nan", "inf", "1e999", "4 5", None]
    assert values(number, none) == [None] * 10


def test_of_a_column_that_was_kept_as_json_text() -> None:
    assert values(number, ['"4.5"', "3", '"n/a"', "true", '{"a":1}']) == [4.5, 3, None, None, None]


def test_a_number_stays_what_it_is() -> None:
    assert values(number, [1, 2**40, None]) == [1.0, float(2**40), None]
    assert values(number, [0.1, -3.0, 1e300]) == [0.1, -3.0, 1e300]


@MANY
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15)))
def test_every_number_that_python_writes_is_read(numbers: list[float]) -> None:
    found = values(number, [str(n) for n in numbers])
    assert all(math.isclose(a, b, rel_tol=1e-15) for a, b in zip(found, numbers, strict=True))


@MANY
@given(st.lists(st.none() | st.text(ANY, max_size=6)))
def test_each_row_by_itself(texts: list[str | None]) -> None:
    row_wise(lambda given: values(number, given), texts)


def test_a_missing_value_stays_missing() -> None:
    assert values(number, [None]) == [None]
