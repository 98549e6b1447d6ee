"""Tiny models, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.merging.tiny import model
from tunec.runtime.base.values import ModelSpec


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> list[ModelSpec]:
    """Three models of one shape; skips where what merges them is not installed."""
    for package in ("torch", "transformers", "mergekit"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("tiny")
    return [model(folder / str(seed), seed) for seed in range(3)]


@pytest.fixture(scope="session")
def folders(tiny: list[ModelSpec]) -> list[Path]:
    """Where they lie."""
    return [Path(spec.adapter) for spec in tiny]
