"""The expected number of 1 to 6 as the model's next token after DEITA's question."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import texts
from tunec.runtime.ops.functions.complexity import complexity

pytestmark = pytest.mark.model

QUESTION = (
    "You are a helpful assistant. Please identify the complexity score of the following user query. \n"
    "##Query: {prompt}  \n##Complexity: "
)


def test_the_expected_number(models: Models) -> None:
    prompts = ["Name a colour.", None, " ", "请证明素数有无穷多个。", "word " * 9_000]
    found = complexity(texts(prompts), using=models.base, ctx=models.context).to_list()
    assert [value is None for value in found] == [False, True, True, False, True]
    assert models.said == [("`complexity` has no value by smollm2-135m-instruct: the row is too long", 1)]
    for place in (0, 3):
        asked = QUESTION.format(prompt=prompts[place])
        (logits,) = models.context.logits(models.base, [asked], list("123456"))
        assert logits is not None
        chances = np.exp(logits) / np.exp(logits).sum()
        assert found[place] == pytest.approx(float(np.arange(1, 7) @ chances))
