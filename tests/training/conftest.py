"""One tiny model for all trainings of the session."""

from __future__ import annotations

import pytest

from tests.training.tiny import tiny_model
from tunec.runtime.base.values import ModelSpec


@pytest.fixture(scope="session")
def tiny(base: ModelSpec, trainers: None, tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """A model of two layers that reads bytes."""
    return tiny_model(base, tmp_path_factory.mktemp("tiny"))
