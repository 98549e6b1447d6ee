"""Weights on disk in the form that loads fastest: packed files are unpacked once and kept as safetensors."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec, ModelSpec
from tunec.runtime.models import packed
from tunec.runtime.models.bundled import MODELS, bundle, revision, weights_file
from tunec.runtime.models.device import prepare

#: Raise it when `_dequantise` changes what it writes.
LAYOUT = "1"
#: How llama.cpp splits text for these marks in a GGUF file, where transformers' converter only splits as GPT-2 does:
#: every digit is a piece of its own (llama.cpp, `LLAMA_VOCAB_PRE_TYPE_SMOLLM`).
SINGLE_DIGITS = ("smollm",)


def default_cache() -> Path:
    """The folder of this machine's user for weights that were made ready: `TUNEC_CACHE`, or `~/.cache/tunec`."""
    named = os.environ.get("TUNEC_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tunec"


def weights_folder(spec: ModelSpec, cache: Path | None = None) -> Path:
    """The folder from which `from_pretrained` loads the model itself, without its adapter.

    The first call for a GGUF file dequantises it into `cache` (SmolLM2-135M: 20 s, 540 MB), the later ones only look.
    """
    if spec.kind == "local":
        return Path(spec.folder)
    if spec.kind != "bundled":
        raise OperatorError(f"models of the kind `{spec.kind}` cannot be loaded here")
    return bundled_folder(spec, cache)


def bundled_folder(spec: ModelSpec, cache: Path | None = None) -> Path:
    """The folder with the weights that a package ships, unpacked."""
    # The package's revision, not the spec's: that of a trained model names its adapter, and the weights are the same.
    found = bundle(MODELS, spec.id)
    key = [revision(found), spec.backend.split()[0], LAYOUT]
    return _made(spec.id, key, lambda folder: _dequantise(weights_file(found), folder), cache)


def config_of(spec: ModelSpec) -> Any:
    """The configuration of a model, without its weights; of what is not built yet, that of what it stands on."""
    from transformers import AutoConfig

    for layer in reversed((*spec.under, spec.adapter)):
        if layer and (Path(layer) / "config.json").exists():
            return AutoConfig.from_pretrained(layer, local_files_only=True)
    if spec.kind != "bundled":
        raise OperatorError(f"models of the kind `{spec.kind}` cannot be loaded here")
    file = weights_file(bundle(MODELS, spec.id))
    return AutoConfig.from_pretrained(file.parent, gguf_file=file.name)


def embedder_folder(spec: EmbedderSpec, cache: Path | None = None) -> Path:
    """The folder from which an embedder is loaded.

    The first call for a packed file unpacks it into `cache` (multilingual-e5-small: 3 s, 490 MB).
    """
    where = Path(spec.folder)
    if where.is_dir():
        return where
    return _made(spec.id, [spec.revision, packed.LAYOUT], lambda folder: packed.unpack(where, folder), cache)


def _made(id: str, key: list[str], make: Callable[[Path], None], cache: Path | None) -> Path:
    """The folder of the cache that holds what `make` writes, which is called where it is not there yet."""
    name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]
    folder = (cache or default_cache()) / f"{id}-{name}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        make(temporary)
        temporary.chmod(0o755)
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.exists():  # else another process was faster, and made the same
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _dequantise(file: Path, folder: Path) -> None:
    prepare()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # The converter's progress bar knows no switch.
    with contextlib.redirect_stderr(io.StringIO()):
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    _split_digits(tokenizer, file)
    tokenizer.save_pretrained(folder)
    # The weights are plain floats by now, but transformers refuses to save what still bears the quantizer's mark.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)


def _split_digits(tokenizer: Any, file: Path) -> None:
    """Repair the tokenizer: transformers ignores `tokenizer.ggml.pre`, and joins spaces and line breaks to digits."""
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers

    field = GGUFReader(file).get_field("tokenizer.ggml.pre")
    if field is not None and field.contents() in SINGLE_DIGITS:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
