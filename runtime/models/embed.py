"""Sentence embedders that run here, through sentence-transformers or OpenVINO."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
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
    """Unit vectors of texts, float16, shape (texts, dimensions): rounded from float32.

    torch computes in batches of 32; for OpenVINO see `tunec.runtime.models.openvino`.
    """
    import numpy as np

    if spec.backend.startswith("openvino=="):
        from tunec.runtime.models import openvino

        return openvino.encode(_folder(spec), texts).astype(np.float16)
    model = _load(replace(spec, options=()))
    # Without texts there is one to learn the dimensions from, which the result leaves out.
    vectors: np.ndarray = model.encode(
        texts or [""], batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
    )
    return vectors[: len(texts)].astype(np.float16)


@functools.lru_cache(maxsize=2)
def _load(spec: EmbedderSpec) -> Any:
    folder = _folder(spec)
    where = prepare()
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device=where.type, local_files_only=True)


def _folder(spec: EmbedderSpec) -> Path:
    if spec.kind != "bundled":
        raise OperatorError(f"embedders of the kind `{spec.kind}` cannot be loaded here")
    return weights_file(bundle(EMBEDDERS, spec.id)).parent
