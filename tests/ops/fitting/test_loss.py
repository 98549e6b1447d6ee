"""The loss of a model on held-out rows."""

from __future__ import annotations

import pytest

from tests.ops.functions.conftest import Models, models, recordings  # noqa: F401 - fixtures
from tests.ops.material import instructions
from tunec.runtime.ops.evaluate.perplexity import perplexity
from tunec.runtime.ops.fitting.loss import loss

pytestmark = pytest.mark.model


def test_nats_per_token_as_perplexity_has_them(models: Models) -> None:  # noqa: F811
    on = instructions(["Say hello.", "说你好。"], ["Hello!", "你好！"])
    read = perplexity(on=on, ctx=models.context)(models.base)
    found = loss(on=on, ctx=models.context)(models.base)
    assert found.numbers == {"nats_per_token": read.numbers["nats_per_token"]} and found.lower
    nats, tokens = map(sum, zip(*found.items.values(), strict=True))
    assert len(found.items) == 2 and tokens == pytest.approx(read.numbers["tokens"])
    assert nats / tokens == pytest.approx(read.numbers["nats_per_token"])
