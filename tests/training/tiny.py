"""A tiny model that reads bytes, for trainings that take a moment, and rows of every type for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from tunec.runtime.base.method import Job, Trained
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.adapters.full import full
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.text.vectors import quiet

#: ChatML, for every role.
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokenizer() -> Any:
    """A tokenizer whose pieces are bytes, with the control tokens of ChatML: with so few pieces a step is quick."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_ = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    bytes_.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bytes_.decoder = decoders.ByteLevel()
    bytes_.add_special_tokens([AddedToken(t) for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    made = PreTrainedTokenizerFast(tokenizer_object=bytes_, eos_token="<|im_end|>", pad_token="<|im_end|>")
    made.chat_template = TEMPLATE
    return made


def tiny_model(base: ModelSpec, folder: Path) -> ModelSpec:
    """A Llama of two layers that reads bytes, with weights of a fixed seed."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = byte_tokenizer()
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return replace(base, adapter=str(folder), revision="tiny")


COLOURS = ("red", "green", "blue", "white", "black", "蓝色", "红色", "绿色")


def said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def rows_of(kind: Any, count: int = 8, first: int = 0) -> pl.DataFrame:
    """Rows of a type: answers of one shape are liked and chosen, of another not."""
    made: list[dict[str, Any]] = []
    for n in range(first, first + count):
        colour = COLOURS[n % len(COLOURS)]
        asked = [said("user", f"What colour is thing {n}?")]
        good, bad = [said("assistant", f"It is {colour}.")], [said("assistant", f"Nobody knows {n}.")]
        texts = {
            "preference": {"messages": asked, "chosen": good, "rejected": bad, "tools": None},
            "rated": {"messages": asked, "completion": bad if n % 2 else good, "label": n % 2 == 0, "tools": None},
            "chat": {"messages": [*asked, *good], "tools": None},
            "text": {"text": f"Thing {n} is {colour}. " * (1 + 8 * (n % 3))},
        }
        made.append(texts[str(kind)])
    frame = pl.DataFrame(made, schema=content_schema(kind))
    return frame.with_columns(id=pl.Series([f"{n:016x}" for n in range(count)]), origin=pl.lit("a"))


def run_tiny(objective: Any, base: ModelSpec, rows: pl.DataFrame, out: Path, **more: Any) -> Trained:
    """Train in a folder; the model is written to `out/model`."""
    (out / "model").mkdir(parents=True, exist_ok=True)
    (out / "work").mkdir(exist_ok=True)
    given = {"adapter": full(), "progress": quiet, **more}
    trained: Trained = objective.train(Job(base, rows, out=out / "model", work=out / "work", seed=3, **given))
    return trained


def weights(out: Path) -> bytes:
    """The weights that a training wrote."""
    (file,) = (out / "model").glob("*.safetensors")
    return file.read_bytes()
