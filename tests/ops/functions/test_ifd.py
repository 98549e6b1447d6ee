from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from tests.ops.functions.conftest import Models
from tunec.runtime.ops.functions.ifd import ifd

pytestmark = pytest.mark.model

TEMPLATE = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{}\n\n### Response:"
)


def of(models: Models, rows: Sequence[tuple[str | None, str | None]]) -> list[Any]:
    prompts, responses = (pl.Series(column, dtype=pl.String) for column in zip(*rows, strict=True))
    return ifd(prompts, responses, using=models.base, ctx=models.context).to_list()


def test_the_quotient_of_two_means(models: Models) -> None:
    prompt, response = "Name the {capital} of France.", "The capital of France is Paris."
    after, alone = models.context.losses(
        models.base, [(TEMPLATE.replace("{}", prompt), response), ("### Response:", response)]
    )
    assert after is not None and alone is not None
    (found,) = of(models, [(prompt, response)])
    assert found == pytest.approx(after.nats / after.tokens / (alone.nats / alone.tokens))


def test_a_prompt_that_fits_helps(models: Models) -> None:
    rows = [
        ("List three primary colours.", "The three primary colours are red, blue and yellow."),
        ("How do I bake bread?", "The three primary colours are red, blue and yellow."),
        ("列出三种原色。", "三种原色是红色、蓝色和黄色。"),
        ("怎么烤面包？", "三种原色是红色、蓝色和黄色。"),
    ]
    fits, strange, chinese, odd = of(models, rows)
    assert fits < 1
    assert fits < strange
    assert chinese < odd


def test_what_has_no_value(models: Models) -> None:
    rows: list[tuple[str | None, str | None]] = [
        (None, "a"),
        ("a", None),
        (" ", "a"),
        ("a", ""),
        ("word " * 9_000, "a"),
    ]
    assert of(models, rows) == [None] * 5
    assert models.said == [("`ifd` has no value: prompt and response are too long for smollm2-135m-instruct", 1)]
