"""The bundled tokenizer, speaking the templates of model families: of our own wording, with the traps of theirs."""

from __future__ import annotations

from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Family:
    """Control tokens of a family: start, end of text, padding, what generation stops at, and others."""

    eos: str
    stops: tuple[str, ...]
    bos: str | None = None
    pad: str = "<|endoftext|>"
    others: tuple[str, ...] = ()


FAMILIES = {
    "llama3": Family(
        "<|eot_id|>", ("<|eot_id|>", "<|end_of_text|>"), "<|begin_of_text|>", "<|pad|>",
        ("<|start_header_id|>", "<|end_header_id|>"),
    ),
    "qwen2_5": Family("<|im_end|>", ("<|im_end|>", "<|endoftext|>")),
    "qwen3": Family("<|im_end|>", ("<|im_end|>", "<|endoftext|>")),
    "gemma": Family("<eos>", ("<eos>", "<end_of_turn>"), "<bos>", "<pad>", ("<start_of_turn>", "<end_of_turn>")),
    "mistral": Family("</s>", ("</s>",), "<s>", "<pad>", ("[INST]", "[/INST]")),
    "phi": Family("<|endoftext|>", ("<|endoftext|>", "<|end|>"), None, "<|pad|>", ("<|user|>", "<|assistant|>")),
    "smollm": Family("<|im_end|>", ("<|im_end|>",)),
    "gptoss": Family(
        "<|return|>", ("<|return|>", "<|call|>"), None, "<|pad|>",
        ("<|start|>", "<|end|>", "<|message|>", "<|channel|>"),
    ),
}  # fmt: skip


@cache
def bundled() -> Any:
    """The tokenizer of the bundled model, without its weights."""
    from transformers import AutoTokenizer

    from tunec.runtime.models.weights import weights_folder
    from tunec.runtime.ops.models.bundled import bundled

    return AutoTokenizer.from_pretrained(weights_folder(bundled("smollm2-135m-instruct")), local_files_only=True)


@cache
def _of(family: str) -> Any:
    found, tokens = deepcopy(bundled()), FAMILIES[family]
    found.add_special_tokens({"additional_special_tokens": [*tokens.stops, *tokens.others]})
    found.add_special_tokens({"eos_token": tokens.eos, "pad_token": tokens.pad})
    if tokens.bos is not None:
        found.add_special_tokens({"bos_token": tokens.bos})
    return found


def speaking(family: str, template: str | None = None) -> Any:
    """The tokenizer with the control tokens of a family, and its template or another."""
    found = copy(_of(family))
    found.chat_template = template or (TEMPLATES / f"{family}.jinja").read_text(encoding="utf-8").rstrip("\n")
    return found


def stops(family: str) -> frozenset[str]:
    """What generation stops at."""
    return frozenset(FAMILIES[family].stops)
