from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build, ledger, rows
from tests.ops.material import TINY, chats, context, instructions
from tests.ops.select.points import degrees
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.select.like import like


def taken(examples: list[str | None], prompts: list[str | None], count: int) -> list[int]:
    ctx = context(embed=degrees)
    return like(instructions(examples), using=TINY, rows=instructions(prompts), count=count, ctx=ctx).tolist()


def test_the_nearest_rows() -> None:
    assert taken(["0"], ["90", "10", "60", "5"], 2) == [3, 1]
    assert taken(["0"], ["90", "10", "60", "5"], 9) == [3, 1, 2, 0]


def test_the_examples_take_turns() -> None:
    # All rows but one are nearer to the first example; the second takes as many.
    assert taken(["0", "90"], ["1", "2", "3", "4", "80"], 2) == [0, 4]
    assert sorted(taken(["0", "90"], ["1", "2", "3", "4", "80"], 4)) == [0, 1, 3, 4]
    # Equal examples have one turn between them.
    assert taken(["0", "0", "90"], ["1", "2", "80"], 2) == [0, 2]


def test_copies_and_rows_without_text() -> None:
    assert taken(["0"], [None, "5", "5", " "], 3) == [1, 2, 0]
    assert taken(["0", None], ["5", "50"], 1) == [0]
    with pytest.raises(OperatorError, match="no example has a `prompt`"):
        taken([None, " "], ["5"], 1)


def test_what_is_compared() -> None:
    ctx = context(embed=degrees)
    examples = chats([[("user", "80"), ("assistant", "0")]])
    of = instructions(["80", "0"], ["5", "70"])
    assert like(examples, by="prompt", using=TINY, rows=of, count=1, ctx=ctx).tolist() == [0]
    assert like(examples, by="response", using=TINY, rows=of, count=1, ctx=ctx).tolist() == [0]
    assert like(examples, by="response", using=TINY, rows=of[::-1], count=1, ctx=ctx).tolist() == [1]
    with pytest.raises(OperatorError, match="text rows have no `prompt`"):
        like(of.select("id", text="instruction"), using=TINY, rows=of, count=1, ctx=ctx)


@pytest.mark.model
def test_in_a_build(tmp_path: Path) -> None:
    texts = ["How do I boil an egg?", "Explain plate tectonics.", "怎么煮鸡蛋？", "How long should rice cook?"]
    (tmp_path / "p.jsonl").write_text(
        "".join(json.dumps({"instruction": t, "input": "", "output": "ok"}) + "\n" for t in texts), encoding="utf-8"
    )
    result = build(
        tmp_path,
        """
spec s(version: "1.0.0-dev", seed: 3)
source p = jsonl("p.jsonl", format: alpaca)
source wanted = rows([{instruction: "How are potatoes cooked?", response: "In salted water."}])
embedder minilm = bundled("all-minilm-l6-v2")
dataset d from p { select(2, by: like(wanted, using: minilm), control: random) }
""",
    )
    assert set(rows(result, "d")["instruction"]) == {texts[0], texts[3]}
    (rule,) = set(ledger(result, "d")["rule"].drop_nulls())
    assert rule.startswith("like(")
