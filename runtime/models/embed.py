"""Sentence embedders that run here, through sentence-transformers."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tunec.runtime.models.bundled import EMBEDDERS, bundle, weights_file
from tunec.runtime.models.device import prepare
from tunec.runtime.operator import OperatorError
from tunec.runtime.values import EmbedderSpec

if TYPE_CHECKING:
    import numpy as np

#: Fixed: vectors differ in their last bits between batch sizes.
BATCH = 32


def encode(spec: EmbedderSpec, texts: list[str]) -> np.ndarray:
    """Unit vectors of texts, float16, shape (texts, dimensions): computed in float32 in batches of 32, then rounded."""
    import numpy as np

    model = _load(replace(spec, options=()))
    # Without texts there is one to learn the dimensions from, which the result leaves out.
    vectors: np.ndarray = model.encode(
        texts or [""], batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
    )
    return vectors[: len(texts)].astype(np.float16)


@functools.lru_cache(maxsize=2)
def _load(spec: EmbedderSpec) -> Any:
    if spec.kind != "bundled":
        raise OperatorError(f"embedders of the kind `{spec.kind}` cannot be loaded here")
    where = prepare()
    from sentence_transformers import SentenceTransformer

    folder = weights_file(bundle(EMBEDDERS, spec.id)).parent
    return SentenceTransformer(str(folder), device=where.type, local_files_only=True)
