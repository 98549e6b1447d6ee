from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, context, instructions
from tunec.runtime.ops.stages.shuffle import shuffle


def test_every_row_stays_and_few_in_their_place() -> None:
    rows = instructions([f"第 {n} 题" if n % 2 else f"Task {n}" for n in range(50)])
    outcome = shuffle(rows, ctx=context())
    assert outcome.rows["id"].to_list() != rows["id"].to_list()
    assert outcome.rows.sort("position").equals(rows)
    assert outcome.drops.height == 0
    assert shuffle(rows, ctx=context(8)).rows["id"].to_list() != outcome.rows["id"].to_list()


@MANY
@given(st.integers(0, 30), st.integers(0, 2**31), st.randoms(use_true_random=False))
def test_rows_stand_by_the_hash_of_seed_and_id(count: int, seed: int, random: object) -> None:
    rows = instructions([f"t{n}" for n in range(count)])
    mixed = list(range(count))
    random.shuffle(mixed)  # type: ignore[attr-defined]
    some = mixed[: count - count // 3]

    def key(name: str) -> bytes:
        return hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()

    # Whatever the order they came in, and whatever other rows there are.
    found = shuffle(rows[some], ctx=context(seed)).rows
    assert found["id"].to_list() == sorted((f"r{n}" for n in some), key=key)
    assert found.sort("position").equals(rows[sorted(some)])
