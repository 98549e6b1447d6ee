"""Mutated files of every connector; `python -m bench.fuzz_readers 200000` reads many more."""

from __future__ import annotations

import pytest

from bench.fuzz_readers import CONNECTORS, fuzz


@pytest.mark.parametrize("seed", range(3))
def test_mutated_files_end_in_rows_bad_records_or_an_error_that_names_the_file(seed: int) -> None:
    ends, failed = fuzz(250, seed)
    assert failed == []
    assert {connector for connector, _ in ends} == set(CONNECTORS)
    assert {end for _, end in ends} == {"rows", "set aside", "error"}


@pytest.mark.parametrize(
    ("number", "seed"), [(3661, 5), (211, 0), (429, 0), (1447, 7), (17585, 7), (45776, 7), (159338, 7)]
)
def test_files_that_once_failed(number: int, seed: int) -> None:
    """Years beyond a calendar, columns without a value, zones that nobody knows, names and texts that are not UTF-8."""
    assert fuzz(1, seed, number)[1] == []
