from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, bag, context
from tunec.runtime.base.context import Context
from tunec.runtime.base.resources import sections_of
from tunec.runtime.ops.functions.task import PROTOTYPES, task

TASKS = sections_of(PROTOTYPES)
ASKED = ["write", "a", "list", "of", "ideas", "translate", "code", "写", "翻", "译", "python"]
WORDS = st.lists(
    st.sampled_from(ASKED),
    min_size=1,
    max_size=4,
)


def of(prompts: list[str | None], ctx: Context | None = None) -> list[str | None]:
    return task(pl.Series(prompts, dtype=pl.String), using=TINY, ctx=ctx or context()).to_list()


@pytest.mark.model
def test_english_and_chinese(minilm: Context) -> None:
    prompts = {
        "Translate the sentence into German.\n\nThe cat sleeps.": "translation",
        "Write a Python function that adds two numbers.": "code",
        "Summarize this article.\n\nA train to Rome…": "summarization",
        "What is 12 times 9?": "math",
        "把下面的句子翻译成英文。\n\n我喜欢猫。": "translation",
        "写一个Python程序，打印列表。": "code",
    }
    assert of([*prompts, None, " "], minilm) == [*prompts.values(), None, None]


def test_of_nothing() -> None:
    assert of([None, "", "\n \n"]) == [None] * 3
    assert of([]) == []


def test_kinds() -> None:
    assert set(TASKS) == {
        "brainstorming", "chat", "classification", "code", "explanation", "extraction", "generation", "math",
        "planning", "question_answering", "rewriting", "summarization", "translation",
    }  # fmt: skip
    assert min(map(len, TASKS.values())) >= 3


def _nearest(prompt: str) -> str:
    """The mean of the three highest cosines of each kind, in plain loops."""
    ours = bag(TINY, [prompt])[0].astype(float)
    means = {}
    for name, examples in TASKS.items():
        theirs = bag(TINY, examples).astype(float)
        cosines = sorted(ours @ one / np.linalg.norm(one) for one in theirs)
        means[name] = sum(cosines[-3:]) / 3
    return max(sorted(means), key=lambda name: means[name])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.none() | WORDS.map(" ".join), max_size=3), st.text("ab\n 中", max_size=8))
def test_is_the_nearest_kind_of_the_first_paragraph(prompts: list[str | None], material: str) -> None:
    found = of([p and f"\n{p}\n \n{material}" for p in prompts])
    assert found == [None if p is None else _nearest(p) for p in prompts]
