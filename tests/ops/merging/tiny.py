"""Tiny models of two layers, and arithmetic on their weights in float64, written from the papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tunec.runtime.base.method import Merging
from tunec.runtime.base.values import ModelSpec

Weights = Mapping[str, np.ndarray]
PIECES = ("[UNK]", "<e>", "red", "green", "blue", "红", "绿", "one")
TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}<e>{% endfor %}"


def tokenizer(pieces: Sequence[str] = PIECES, template: str = TEMPLATE) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", eos_token="<e>")
    made.chat_template = template
    return made


def model(folder: Path, seed: int, *, tied: bool = False, own: Any = None, **sizes: int) -> ModelSpec:
    """Write a model with random weights; the spec that names it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = {"vocab_size": len(PIECES), "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2, **sizes}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = LlamaForCausalLM(
            LlamaConfig(**config, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=tied)
        )
    made.save_pretrained(folder)
    (own or tokenizer()).save_pretrained(folder)
    return ModelSpec("bundled", "tiny", f"{seed:016x}" + "0" * 48, "backend", adapter=str(folder))


def weights(folder: Path) -> Weights:
    from safetensors.numpy import load_file

    return {name: tensor.astype(np.float64) for name, tensor in load_file(folder / "model.safetensors").items()}


def merged(method: Merging, models: Sequence[ModelSpec], folder: Path, seed: int = 1) -> Weights:
    """The weights that a method makes of models."""
    out, work = folder / "out", folder / "work"
    out.mkdir()
    work.mkdir()
    method.merge(models, out, work, seed)
    assert not list(work.iterdir())
    return weights(out)


def alike(found: Weights, expected: Weights) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name], tensor, atol=2e-7, err_msg=name)


def each(of: Callable[..., np.ndarray], *given: Weights) -> Weights:
    """The same arithmetic on every tensor."""
    return {name: of(*(weights[name] for weights in given)) for name in given[0]}


def slerp(t: float, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Shoemake's interpolation of whole tensors, straight where they are nearly parallel."""
    cosine = float((a / np.linalg.norm(a) * (b / np.linalg.norm(b))).sum())
    if abs(cosine) > 0.9995:
        return (1 - t) * a + t * b
    angle = np.arccos(cosine)
    result: np.ndarray = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return result


def trimmed(change: np.ndarray, density: float) -> np.ndarray:
    """The largest of the changes, int(density · n) of them."""
    flat = np.abs(change).ravel()
    keep = np.argsort(-flat, kind="stable")[: int(density * flat.size)]
    mask = np.zeros(flat.size, dtype=bool)
    mask[keep] = True
    return np.where(mask.reshape(change.shape), change, 0.0)
