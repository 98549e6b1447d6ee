"""The expected number of 1 to 6 as the model's next token after DEITA's question about both texts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import texts
from tunec.runtime.ops.functions.quality import quality

pytestmark = pytest.mark.model

QUESTION = (
    "You are a helpful assistant. Please identify the quality score of the Response corresponding to the Question. \n"
    " #Question#:\n{prompt}\n#Response#:\n{response} \n##Quality: "
)


def test_the_expected_number(models: Models) -> None:
    # Braces in a row are text, whatever they say.
    prompts, responses = ["What is {response}?", None, "a", "天空是什么颜色？"], ["A field.", "b", "\n", "蓝色。"]
    found = quality(texts(prompts), texts(responses), using=models.base, ctx=models.context).to_list()
    assert [value is None for value in found] == [False, True, True, False]
    for place in (0, 3):
        asked = QUESTION.replace("{prompt}", str(prompts[place]), 1)
        before, _, after = asked.rpartition("{response}")
        (logits,) = models.context.logits(models.base, [f"{before}{responses[place]}{after}"], list("123456"))
        assert logits is not None
        chances = np.exp(logits) / np.exp(logits).sum()
        assert found[place] == pytest.approx(float(np.arange(1, 7) @ chances))
