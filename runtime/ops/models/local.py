"""`model base = local("models/mine")`: a model in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import ModelSpec, Path


@operator(version=1, cost="model", packages=("tokenizers",), neutral=("revision",))
def local(
    path: Path,
    *,
    revision: str = "main",
    temperature: Annotated[float, "0..2"] = 0.7,
    top_p: Annotated[float, "0<..1"] = 1.0,
    batch_size: Annotated[int, "1.."] = 8,
    max_tokens: Annotated[int, "1.."] = 512,
) -> ModelSpec:
    """A language model that runs here, through transformers: on the GPU if there is one, else on the CPU.

    Its weights are in safetensors files: pickled weights are never read, and code that comes with a model is never run.
    A model is identified by the content of its files, so a folder may be moved.

    Args:
        path: the folder, relative to the spec; or the id of a model on the Hugging Face Hub, `org/name`, which has to
            be in the hub's local cache: `hf download org/name`. Nothing is downloaded by a build.
        revision: the branch, tag or commit of a model on the hub.
        temperature: sampling temperature; 0 always takes the likeliest token.
        top_p: sample from the likeliest tokens that together have this probability.
        batch_size: the number of requests answered at once; changing it changes what is sampled.
        max_tokens: the longest answer, in tokens, unless the method sets another bound.

    Example:
        model base = local("models/qwen2.5-0.5b-instruct", batch_size: 16)
    """
    from tunec.runtime.base.values import ModelSpec
    from tunec.runtime.models.device import backend
    from tunec.runtime.models.folders import content_of, folder_of

    name, folder = folder_of(path, revision)
    options = (("batch_size", batch_size), ("max_tokens", max_tokens), ("temperature", temperature), ("top_p", top_p))
    return ModelSpec("local", name, content_of(name, folder), backend("transformers"), options, folder=str(folder))
