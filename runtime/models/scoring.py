"""How likely a model finds given tokens."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunec.runtime.models.local import LocalModel

if TYPE_CHECKING:
    import numpy as np
    import torch

#: Logits that may be held at once, as numbers: 1 GiB of float32. Bounds memory where rows are long.
LOGITS = 2**28
#: Longest stretch of a plain text that is read at once, in tokens; a longer text is read in several.
WINDOW = 2048


@dataclass(frozen=True, slots=True)
class Scored:
    """Tokens to be read by a model: `wanted` are the places (from 1 on) of those whose likelihood is asked for."""

    ids: tuple[int, ...]
    wanted: tuple[int, ...]


def beginning(model: LocalModel) -> int:
    """The token that stands before the first one of a text, which needs something before it to be foreseen."""
    mark = model.tokenizer.bos_token_id
    return int(model.tokenizer.eos_token_id if mark is None else mark)


def stretches(model: LocalModel, ids: Sequence[int]) -> list[Scored]:
    """A plain text in stretches that the model can look at, every token wanted once.

    The first token of a later stretch is foreseen from the one before it alone.
    """
    before = beginning(model)
    width = min(WINDOW, model.context) - 1
    found = []
    for start in range(0, len(ids), width):
        stretch = ids[start : start + width]
        found.append(Scored((before, *stretch), tuple(range(1, len(stretch) + 1))))
        before = stretch[-1]
    return found


def log_probs(model: LocalModel, items: Sequence[Scored], batch_size: int) -> list[np.ndarray]:
    """Natural log-probabilities of the wanted tokens given all before them: for each item float64 (len(wanted),)."""
    import torch

    found: list[np.ndarray | None] = [None] * len(items)
    for numbers in _batches(model, items, batch_size):
        # The logits at a place speak of the token after it.
        places = [[place - 1 for place in items[number].wanted] for number in numbers]
        for number, logits in zip(numbers, _logits(model, [items[n].ids for n in numbers], places), strict=True):
            written = torch.tensor([items[number].ids[place] for place in items[number].wanted], device=logits.device)
            chances = logits.float().log_softmax(-1).gather(1, written[:, None])
            found[number] = chances[:, 0].double().cpu().numpy()
    return [scores for scores in found if scores is not None]


def log_probs_and_ranks(
    model: LocalModel, items: Sequence[Scored], most: int, batch_size: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """As `log_probs`, and beside each the ranks of the wanted tokens: 1 where none is likelier, at most `most`."""
    import torch

    found: list[tuple[np.ndarray, np.ndarray] | None] = [None] * len(items)
    for numbers in _batches(model, items, batch_size):
        places = [[place - 1 for place in items[number].wanted] for number in numbers]
        for number, logits in zip(numbers, _logits(model, [items[n].ids for n in numbers], places), strict=True):
            written = torch.tensor([items[number].ids[place] for place in items[number].wanted], device=logits.device)
            chances = logits.float().log_softmax(-1)
            own = chances.gather(1, written[:, None])
            ranks = (1 + (chances > own).sum(-1)).clamp(max=most)
            found[number] = own[:, 0].double().cpu().numpy(), ranks.cpu().numpy()
    return [scores for scores in found if scores is not None]


def next_logits(
    model: LocalModel, items: Sequence[tuple[int, ...]], candidates: Sequence[tuple[int, ...]], batch_size: int
) -> list[np.ndarray]:
    """Logits of each item's candidate tokens as the next one: for each item float64 (len(candidates),)."""
    import torch

    found: list[np.ndarray | None] = [None] * len(items)
    for numbers in _batches(model, [Scored(item, ()) for item in items], batch_size):
        last = [[len(items[number]) - 1] for number in numbers]
        for number, logits in zip(numbers, _logits(model, [items[n] for n in numbers], last), strict=True):
            asked = torch.tensor(candidates[number], device=logits.device)
            found[number] = logits[0, asked].double().cpu().numpy()
    return [scores for scores in found if scores is not None]


def token_scores(
    model: LocalModel, items: Sequence[tuple[int, ...]], batch_size: int, normalized: bool
) -> list[np.ndarray]:
    """Of each item the log-probability of every token after the first: float64 (len(item) - 1,). `normalized`: less its
    mean over the vocabulary, by probability, and over its deviation."""
    found: list[np.ndarray | None] = [None] * len(items)
    for numbers in _batches(model, [Scored(item, ()) for item in items], batch_size):
        places = [list(range(len(items[number]) - 1)) for number in numbers]
        for number, logits in zip(numbers, _logits(model, [items[n] for n in numbers], places), strict=True):
            found[number] = _token_scores(logits, items[number][1:], normalized)
    return [scores for scores in found if scores is not None]


def _token_scores(logits: torch.Tensor, ids: Sequence[int], normalized: bool) -> np.ndarray:
    import torch

    chances = logits.float().log_softmax(-1)
    written = chances.gather(1, torch.tensor(ids, device=logits.device)[:, None])[:, 0]
    if normalized:
        shares = chances.exp()
        mean = (shares * chances).sum(-1)
        deviation = ((shares * chances.square()).sum(-1) - mean.square()).clamp(min=1e-12).sqrt()
        written = (written - mean) / deviation
    scores: np.ndarray = written.double().cpu().numpy()
    return scores


def _batches(model: LocalModel, items: Sequence[Scored], batch_size: int) -> Iterator[list[int]]:
    """Numbers of items, longest first, so that a batch pads little; fewer at once where they are long."""
    vocabulary = model.model.get_output_embeddings().weight.shape[0]
    order = sorted(range(len(items)), key=lambda number: -len(items[number].ids))
    while order:
        room = LOGITS // (len(items[order[0]].ids) * vocabulary)
        size = max(1, min(batch_size, room))
        yield order[:size]
        order = order[size:]


def _logits(model: LocalModel, rows: list[tuple[int, ...]], places: list[list[int]]) -> list[torch.Tensor]:
    """Logits at the places asked for: for each row (places, vocabulary).

    Rows are padded on the right, where a causal model cannot see it. Where the model lets us choose, the large
    product with the vocabulary is computed only for places that some row of the batch asks for.
    """
    import torch

    width = max(len(row) for row in rows)
    pad = model.tokenizer.pad_token_id if model.tokenizer.pad_token_id is not None else model.tokenizer.eos_token_id
    ids = torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows], device=model.model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=model.model.device)
    union = sorted({place for wanted in places for place in wanted})
    inner = model.model.get_base_model() if hasattr(model.model, "peft_config") else model.model
    chosen = {}
    if "logits_to_keep" in inspect.signature(inner.forward).parameters:
        chosen = {"logits_to_keep": torch.tensor(union, device=ids.device)}
    with torch.inference_mode():
        logits = model.model(input_ids=ids, attention_mask=mask, use_cache=False, **chosen).logits
    column = {place: number for number, place in enumerate(union)} if chosen else {place: place for place in union}
    return [logits[row, [column[place] for place in wanted]] for row, wanted in enumerate(places)]
