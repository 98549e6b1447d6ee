"""The tokenizer that a training uses: its padding, its template, and what generation stops at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.chat import control_tokens

#: What documents end with in models that end turns with something else.
DOCUMENT_ENDS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>")

#: The prompt of Stanford Alpaca as a chat template. An input follows the instruction after a blank line.
ALPACA = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ 'Below is an instruction that describes a task. Write a "
    "response that appropriately completes the request.\n\n### Instruction:\n' + m.content + '\n\n' }}"
    "{% elif m.role == 'assistant' %}{{ '### Response:\n' + m.content + eos_token + '\n\n' }}"
    "{% else %}{{ m.content + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"
)


def stops_of(tokenizer: Any, folder: Path) -> frozenset[str]:
    """The tokens that generation stops at: of the model's generation settings, and the tokenizer's own end token."""
    ids: set[int] = set()
    for name in ("generation_config.json", "config.json"):
        path = folder / name
        if path.exists():
            stated = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id")
            ids |= {i for i in (stated if isinstance(stated, list) else [stated]) if isinstance(i, int)}
    found = {token for token in tokenizer.convert_ids_to_tokens(sorted(ids)) if token is not None}
    return frozenset({*found, *([tokenizer.eos_token] if tokenizer.eos_token is not None else [])})


def pad_apart(tokenizer: Any, stops: frozenset[str]) -> None:
    """Give the tokenizer a padding token that ends nothing.

    Where it is the one that ends turns, as many models are published, whoever masks padding by its id never trains a
    model to stop. Our own labels do not depend on it, but what we save is used by others.
    """
    if tokenizer.pad_token is not None and tokenizer.pad_token not in stops:
        return
    free = [token for token in control_tokens(tokenizer) if token not in (*stops, tokenizer.bos_token)]
    named = [token for token in free if "pad" in token.lower()]
    unknown = [token for token in (tokenizer.unk_token, *DOCUMENT_ENDS) if token in free]
    chosen = next(iter([*named, *unknown, *free]), None)
    if chosen is not None:
        tokenizer.pad_token = chosen


def use_template(tokenizer: Any, template: str) -> Any:
    """Have the tokenizer write rows as the spec says; gives the template that the trained model is saved with."""
    if template == "training":
        own = tokenizer.chat_template
        tokenizer.chat_template = training_template(tokenizer)
        return own
    if template == "alpaca":
        tokenizer.chat_template = ALPACA
    return tokenizer.chat_template


def training_template(tokenizer: Any) -> str:
    """The variant of the tokenizer's template that TRL ships for training. OperatorError where there is none."""
    from trl.chat_template_utils import get_training_chat_template

    try:
        return get_training_chat_template(tokenizer) or str(tokenizer.chat_template)
    except ValueError:
        raise OperatorError(
            "no training variant of this model's chat template is known: use `template: model`"
        ) from None


def document_end(tokenizer: Any) -> str:
    """The token that a document ends with."""
    control = control_tokens(tokenizer)
    end = next((token for token in DOCUMENT_ENDS if token in control), tokenizer.eos_token)
    if end is None:
        raise OperatorError("the tokenizer has no token that ends a document")
    return str(end)
