"""Whether the model finds a response natural."""

from __future__ import annotations

import pytest

from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import RESPONSES, of_responses, share, too_long_is_told
from tunec.runtime.ops.functions.naturalness import naturalness

pytestmark = pytest.mark.model


def question(response: str | None) -> str:
    return f"question: Is this a natural response in the dialogue?\nresponse: {response}\nanswer:"


def test_the_share_of_yes(models: Models) -> None:
    found = of_responses(models, naturalness)
    assert found[3:] == [None, None]  # missing and blank
    assert found[:3] == pytest.approx([share(models, question(response)) for response in RESPONSES[:3]])


def test_too_long_for_the_model_is_missing_and_told(models: Models) -> None:
    too_long_is_told(models, naturalness)
