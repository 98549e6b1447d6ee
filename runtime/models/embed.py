"""Sentence embedders that run here, through sentence-transformers or OpenVINO."""

from __future__ import annotations

import functools
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import digest
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.models.device import prepare
from tunec.runtime.models.folders import checked_settings
from tunec.runtime.models.weights import embedder_folder
from tunec.runtime.store.files import files_under, hash_file

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

        return openvino.encode(embedder_folder(spec), texts).astype(np.float16)
    model = _load(spec)
    # Without texts there is one to learn the dimensions from, which the result leaves out.
    vectors: np.ndarray = model.encode(
        texts or [""], batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
    )
    return vectors[: len(texts)].astype(np.float16)


def computes(folder: Path, name: str, wanted: str) -> str:
    """What computes the vectors of an embedder, as its specification says: OpenVINO or torch. Raises OperatorError.

    `folder`: that of the embedder, or a packed file, which every backend can compute once it is unpacked.
    """
    from tunec.runtime.models import device, openvino

    quick = wanted == "openvino" or (wanted == "auto" and device.device() == "cpu")
    if quick:
        missing = openvino.missing()
        reason = openvino.unsupported(folder) if folder.is_dir() else None
        if wanted == "openvino" and missing is not None:
            raise OperatorError(f"`{missing}` is not installed: pip install 'tunec[fast]'")
        if wanted == "openvino" and reason is not None:
            raise OperatorError(f"OpenVINO cannot compute `{name}`: {reason}; say `backend: torch`")
        quick = missing is None and reason is None
    return openvino.backend() if quick else device.backend("sentence-transformers", "transformers", half=False)


def content_of(folder: Path) -> str:
    """The hash of what an embedder's folder holds. Raises OperatorError where it holds none that may be loaded."""
    if not (folder / "modules.json").is_file():
        raise OperatorError(f"`{folder.name}` is not a sentence embedder: it has no modules.json")
    files = files_under(folder)
    for name, path in files.items():
        if path.suffix.lower() in (".bin", ".pt", ".pkl", ".pickle", ".pth", ".ckpt", ".h5", ".msgpack", ".joblib"):
            # Beside weights in safetensors as well: a library may take those that the fingerprint does not see.
            said = f"`{folder.name}`: {name} is not read: move it away, and save the weights as safetensors"
            raise OperatorError(said)
    if not any(name.endswith(".safetensors") for name in files):
        raise OperatorError(f"`{folder.name}` holds no weights in safetensors files")
    checked_settings(folder.name, files)
    kinds = (".json", ".txt", ".model", ".safetensors")
    return digest([[name, hash_file(path)] for name, path in files.items() if path.suffix in kinds])


@functools.lru_cache(maxsize=2)
def _load(spec: EmbedderSpec) -> Any:
    where = prepare()
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(embedder_folder(spec)), device=where.type, local_files_only=True)


def found_here(said: Mapping[str, Any]) -> EmbedderSpec:
    """An embedder that another machine named by what its specification holds, as it lies on this one. Raises
    OperatorError where it does not, where it is another one, and where this machine would compute other vectors."""
    from tunec.runtime.models.bundled import EMBEDDERS, bundle, revision, weights_file

    spec = EmbedderSpec(**{**said, "options": tuple((name, value) for name, value in said["options"])})
    if spec.kind == "bundled":
        found = bundle(EMBEDDERS, spec.id)
        file = weights_file(found)
        folder, content = file if found.packed else file.parent, revision(found)
    else:
        folder = Path(spec.folder)
        content = content_of(folder)
    backend = computes(folder, spec.id, "openvino" if spec.backend.startswith("openvino") else "torch")
    for what, wanted, here in (("weights", spec.revision, content), ("computes by", spec.backend, backend)):
        if wanted != here:
            raise OperatorError(f"`{spec.id}` has other vectors on {socket.gethostname()}: {what} {here}, not {wanted}")
    return replace(spec, folder=str(folder))
