from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tunec.runtime.text.components import components


def test_the_smallest_node_names_its_component() -> None:
    assert components(6, np.array([4, 5, 1]), np.array([2, 4, 3])).tolist() == [0, 1, 2, 1, 2, 2]


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_agrees_with_walking(pairs: list[tuple[int, int]]) -> None:
    names = list(range(20))
    for _ in range(20):
        for a, b in pairs:
            names[a] = names[b] = min(names[a], names[b])
    left, right = (np.array([p[side] for p in pairs], dtype=np.int64) for side in (0, 1))
    assert components(20, left, right).tolist() == names


def test_a_long_chain() -> None:
    chain = np.arange(100_000)
    assert not components(100_001, chain[::-1] + 1, chain[::-1]).any()
