"""Answers that are JSON."""

from __future__ import annotations

from tests.ops.evaluate.saying import ONE, saying
from tests.ops.material import benchmark
from tunec.runtime.ops.evaluate.json_valid import json_valid

ITEMS = benchmark(["a", "b", "c"])
SAID = {"a": '{"x": 1}', "b": '```json\n{"x": [1, 2]}\n```', "c": "Sure: {}"}


def test_the_whole_answer_is_one_document() -> None:
    ctx = saying(lambda model, request, sampling: SAID[request.prompt[-1].content])  # type: ignore[union-attr]
    plain, fenced = (json_valid(on=ITEMS, fenced=fenced, ctx=ctx)(ONE) for fenced in (False, True))
    assert (plain.numbers["json_valid"], fenced.numbers["json_valid"]) == (1 / 3, 2 / 3)
    assert plain.items == {"q0": (1.0, 1.0), "q1": (0.0, 1.0), "q2": (0.0, 1.0)}


def test_a_cut_answer_is_counted() -> None:
    ctx = saying(lambda *_: '{"x": 1}')
    found = json_valid(on=ITEMS, max_tokens=1, ctx=ctx)(ONE).numbers
    assert (found["cut"], found["json_valid"]) == (3, 0)
