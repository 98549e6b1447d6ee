from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.fitting.subsets import subsets


def pool(*sizes: int) -> pl.DataFrame:
    origins = [name for name, size in zip("abcd", sizes, strict=False) for _ in range(size)]
    return pl.DataFrame({"id": [f"r{n}" for n in range(len(origins))], "origin": origins})


@MANY
@given(st.lists(st.integers(1, 30), min_size=2, max_size=4), st.integers(1, 60), st.integers(0, 9))
def test_rows_of_all_sources_each_once(sizes: list[int], rows: int, seed: int) -> None:
    of = pool(*sizes)
    if of.height <= rows:
        with pytest.raises(OperatorError, match=f"{rows:,} rows each were asked for, of only {of.height}"):
            subsets(4, rows=rows)(of, seed)
        return
    drawn = subsets(4, rows=rows)(of, seed)
    assert drawn.height == rows and drawn["id"].n_unique() == rows
    assert drawn["id"].is_in(of["id"].implode()).all()
    assert drawn.equals(subsets(4, rows=rows)(of, seed))


def test_the_shares_differ_widely_between_subsets() -> None:
    of = pool(400, 400)
    shares = [(subsets(n, rows=100)(of, 3)["origin"] == "a").mean() for n in range(1, 60)]
    # Uniform shares of two sources: the quarters hold about as many each.
    assert min(shares) < 0.1 and max(shares) > 0.9  # type: ignore[type-var]
    assert 0.4 < sum(shares) / len(shares) < 0.6  # type: ignore[arg-type]
    assert len({tuple(subsets(n, rows=100)(of, 3)["id"]) for n in (1, 2)}) == 2
    assert not subsets(1, rows=100)(of, 3).equals(subsets(1, rows=100)(of, 4))


def test_one_source_is_not_enough() -> None:
    with pytest.raises(OperatorError, match="at least two"):
        subsets(4, rows=2)(pool(9), 1)
