"""`embedder wide = local("models/multilingual")`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import EmbedderSpec, Path


@operator(version=1, cost="embed")
def local(path: Path, *, backend: Literal["auto", "torch", "openvino"] = "auto") -> EmbedderSpec:
    """A sentence embedder in a local folder, as saved by sentence-transformers; for example a multilingual one.

    The weights must be in safetensors files. The folder is identified by its content, so it may be moved.

    Args:
        path: the folder, relative to the spec.
        backend: the backend, as for `bundled`.

    Source: Reimers and Gurevych, Making Monolingual Sentence Embeddings Multilingual (arXiv 2004.09813).

    Example:
        embedder wide = local("models/multilingual")
    """
    from pathlib import Path as Folder

    from tunec.runtime.base.values import EmbedderSpec
    from tunec.runtime.models.embed import computes, content_of

    folder = Folder(path)
    return EmbedderSpec(
        "local", folder.name, content_of(folder), computes(folder, folder.name, backend), (), str(folder)
    )
