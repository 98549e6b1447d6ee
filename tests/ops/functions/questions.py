"""The questions that functions put to a model, on the real one."""

from __future__ import annotations

import math
from collections.abc import Callable

import polars as pl

from tests.ops.functions.conftest import Models

PROMPTS = ["Name a colour with {r} in it.", None, "天空是什么颜色？", "Name a colour."]
RESPONSES = ["Green is one.", "Blue.", "天空是蓝色的。", None]


def texts(values: list[str | None]) -> pl.Series:
    """A column of texts."""
    return pl.Series(values, dtype=pl.String)


def odds(models: Models, question: str) -> float:
    """ln(p(Yes) / p(No)) as the model's next token after a question."""
    (found,) = models.context.logits(models.base, [question], [" Yes", " No"])
    assert found is not None
    return found[0] - found[1]


def share(models: Models, question: str) -> float:
    """p(Yes) / (p(Yes) + p(No)) likewise."""
    return 1 / (1 + math.exp(-odds(models, question)))


def of_responses(models: Models, function: Callable[..., pl.Series]) -> list[float | None]:
    """What a function gives for the responses and a blank one."""
    found: list[float | None] = function(texts([*RESPONSES, " "]), using=models.base, ctx=models.context).to_list()
    return found


def of_both(models: Models, function: Callable[..., pl.Series]) -> list[float | None]:
    """What a function gives for prompts and responses, and for a blank one of each."""
    prompts, responses = texts([*PROMPTS, " ", "a"]), texts([*RESPONSES, "a", "\n"])
    found: list[float | None] = function(prompts, responses, using=models.base, ctx=models.context).to_list()
    return found


def too_long_is_told(models: Models, function: Callable[..., pl.Series], *before: str) -> None:
    """A row that is too long for the model has no value, its neighbour has one, and the number of them is told."""
    parts = [texts([text, text]) for text in before]
    found = function(*parts, texts(["word " * 9_000, "Short."]), using=models.base, ctx=models.context).to_list()
    assert [value is None for value in found] == [True, False]
    assert models.said == [(f"`{function.__name__}` has no value: too long for smollm2-135m-instruct", 1)]
