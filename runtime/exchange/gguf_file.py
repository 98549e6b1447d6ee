"""Writes a model as a GGUF file, in half precision, with the settings and the tokenizer of the file that its base came
from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunec.runtime.base.values import ModelSpec
from tunec.runtime.exchange.data import ExchangeError

#: What GGUF calls the matrices of a layer, by what transformers calls them.
LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
WHOLE = {"embed_tokens": "token_embd", "norm": "output_norm"}
#: Written anew, or true of the packed weights only.
SKIPPED = ("GGUF.", "general.file_type", "general.name", "general.finetune", "general.architecture",
           "general.quantization_version")  # fmt: skip
HALF = 1  # `general.file_type`: mostly float16


def write_gguf(spec: ModelSpec, path: Path, name: str) -> None:
    """Write a model. ExchangeError for one that does not come from a GGUF file of the architecture `llama`."""
    import numpy as np
    from gguf import GGUFReader, GGUFWriter

    from tunec.runtime.models.bundled import MODELS, bundle, weights_file
    from tunec.runtime.models.local import fresh

    if spec.kind != "bundled":
        raise ExchangeError("not supported yet: GGUF files of models whose base is not a bundled one")
    base = GGUFReader(weights_file(bundle(MODELS, spec.id)))
    model, tokenizer = fresh(spec, half=False, merged=True)
    config = model.config
    field = base.get_field("general.architecture")
    if config.model_type != "llama" or field is None or field.contents() != "llama":
        raise ExchangeError(f"not supported yet: GGUF files of the architecture `{config.model_type}`")
    if config.vocab_size != len(base.get_field("tokenizer.ggml.tokens").data):
        raise ExchangeError("not supported yet: GGUF files of models whose vocabulary was extended")
    writer = GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_file_type(HALF)
    for key, value in base.fields.items():
        if not key.startswith(SKIPPED):
            _copy(writer, key, value, tokenizer)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for full, weight in model.state_dict().items():
        stored = _name(full)
        if stored is None:
            continue
        values = weight.detach().numpy()
        kind = stored.rsplit(".", 2)[-2]
        if kind in heads:
            values = _permuted(values, heads[kind])
        # Vectors stay float32, as llama.cpp wants them.
        writer.add_tensor(stored, values if values.ndim == 1 else np.ascontiguousarray(values.astype(np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy(writer: Any, key: str, field: Any, tokenizer: Any) -> None:
    """A setting of the base's file, but for the template and the padding, which are those of the model."""
    if key == "tokenizer.chat_template" and tokenizer.chat_template is not None:
        writer.add_chat_template(tokenizer.chat_template)
    elif key == "tokenizer.ggml.padding_token_id" and tokenizer.pad_token_id is not None:
        writer.add_pad_token_id(tokenizer.pad_token_id)
    else:
        kinds = field.types
        writer.add_key_value(key, field.contents(), kinds[0], sub_type=kinds[-1] if len(kinds) > 1 else None)


def _name(full: str) -> str | None:
    """What GGUF calls a tensor; None for the last matrix where it is that of the embeddings."""
    parts = full.removeprefix("model.").split(".")
    if parts[0] == "layers":
        return f"blk.{parts[1]}.{LAYER['.'.join(parts[2:-1])]}.{parts[-1]}"
    return f"{WHOLE[parts[0]]}.{parts[-1]}" if parts[0] in WHOLE else None


def _permuted(values: Any, heads: int) -> Any:
    """Queries and keys in the order in which llama.cpp rotates them (its `LlamaModel.permute`)."""
    shape = values.shape
    return values.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)
