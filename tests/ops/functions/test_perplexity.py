from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from tests.ops.functions.conftest import Models
from tunec.runtime.base.method import Loss
from tunec.runtime.ops.functions.perplexity import perplexity

pytestmark = pytest.mark.model


def of(models: Models, texts: list[str | None]) -> list[Any]:
    return perplexity(pl.Series("text", texts, dtype=pl.String), using=models.base, ctx=models.context).to_list()


def test_the_mean_over_tokens(models: Models) -> None:
    text = "The cat sat on the mat."
    (loss,) = models.context.losses(models.base, [("", text)])
    assert isinstance(loss, Loss)
    assert of(models, [text]) == [math.exp(loss.nats / loss.tokens)]


def test_prose_is_likelier_than_the_same_words_in_disorder(models: Models) -> None:
    texts = [
        "The sun rises in the east and sets in the west.",
        "west the sets east the rises in and sun in The.",
        "太阳从东方升起，在西方落下。",
        "方西，落升在东。下方起阳太从",
    ]
    prose, disorder, chinese, mixed = of(models, list(texts))
    assert 1 < prose < disorder / 3
    assert chinese < mixed


def test_nothing_to_read(models: Models) -> None:
    assert of(models, [None, "", "A word."])[:2] == [None, None]
    assert of(models, []) == []
