"""Rewards by models that were trained to give them: a transformer with a head of one number, for a whole chat."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import digest
from tunec.runtime.base.method import Message
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec, Progress
from tunec.runtime.models.scores import DECIMALS, plain, recorded_scores
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import numpy as np

_HEAD = "ForSequenceClassification"


def has_head(model: ModelSpec) -> bool:
    """Whether a model in a folder gives a number for a text, in place of the next token."""
    config = Path(model.folder) / "config.json" if model.folder else None
    if model.kind != "local" or model.adapter or config is None or not config.exists():
        return False
    names = json.loads(config.read_text(encoding="utf-8")).get("architectures") or ()
    return any(str(name).endswith(_HEAD) for name in names)


def rewards(
    store: Store, model: ModelSpec, chats: Sequence[tuple[Message, ...]], progress: Progress
) -> tuple[list[float | None], int]:
    """The reward of each chat, and how many had to be computed; None where a chat does not fit into the model.

    A chat is rendered by the model's template; without one, prompt and response are given as a pair of texts. Each is
    read alone, so that no padding can move the place where the number is read. Rounded to four decimals.
    """
    import numpy as np

    def compute(numbers: list[int]) -> np.ndarray:
        import torch

        loaded, tokenizer = _load(replace(model, options=()))
        longest = getattr(loaded.config, "max_position_embeddings", math.inf)
        found = np.full((len(numbers), 1), math.nan)
        for place, number in enumerate(numbers):
            ids = _ids(tokenizer, chats[number])
            if len(ids) <= longest:
                with torch.inference_mode():
                    scores = loaded(input_ids=torch.tensor([ids], device=loaded.device)).logits[0]
                found[place, 0] = round(float(scores[0]), DECIMALS)
        return found

    folder = f"scores/{digest([model.kind, model.id, model.revision, model.backend, 'reward'], 16)}"
    rows, computed = recorded_scores(store, folder, [plain(chat) for chat in chats], compute, progress)
    return [None if math.isnan(value) else value for (value,) in rows.tolist()], computed


def _ids(tokenizer: Any, chat: tuple[Message, ...]) -> list[int]:
    from tunec.runtime.models.chat import render, tokens

    if tokenizer.chat_template is not None:
        return tokens(tokenizer, render(tokenizer, chat))
    ids: list[int] = tokenizer(*(turn.content for turn in chat))["input_ids"]
    return ids


@functools.lru_cache(maxsize=1)
def _load(spec: ModelSpec) -> tuple[Any, Any]:
    from tunec.runtime.models.device import prepare

    where = prepare()
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(
        spec.folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
    if model.config.num_labels != 1:
        raise OperatorError(f"{spec.id} gives {model.config.num_labels} numbers for a text; a reward model gives one")
    return model.eval().to(where), AutoTokenizer.from_pretrained(spec.folder, local_files_only=True)
