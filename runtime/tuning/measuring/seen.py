"""Signs that a model has read a text before: how likely it finds the text, beside what might have stood there."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.comparing import named_once

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.context import Context

#: The share of a text's words that a reference model is given to go on from.
GIVEN = 0.4
#: The most tokens that a continuation has.
LONGEST = 150
#: Texts of which the logits are held at once.
BATCH = 4
_WORD = re.compile(r"\s*(?:[\u3400-\u9fff]|[^\s\u3400-\u9fff]+)")


@dataclass(frozen=True, slots=True)
class Text:
    """An item as one text."""

    id: str
    text: str


def texts_of(rows: pl.DataFrame) -> list[Text]:
    """The rows as texts: question and answer, instruction and response, or the text itself."""
    names = next(
        (p for p in (("question", "answer"), ("instruction", "response")) if set(p) <= set(rows.columns)), None
    )
    if names is None and "text" not in rows.columns:
        raise OperatorError("contamination needs questions with an answer, instructions, or texts")
    ids = named_once(rows["id"].to_list() if "id" in rows.columns else list(map(str, range(rows.height))))
    parts = rows.select(names or ("text",)).iter_rows()
    found = [Text(name, " ".join(part for part in row if part)) for name, row in zip(ids, parts, strict=True)]
    return [text for text in found if text.text.strip()]


def drawn(texts: Sequence[Text], count: int, seed: int) -> list[Text]:
    """So many of the texts, chosen by seed and id."""
    if not texts:
        raise OperatorError("contamination: there are no items")
    return sorted(texts, key=lambda t: hashlib.blake2b(f"{seed} {t.id}".encode(), digest_size=16).digest())[:count]


def likelier(
    ctx: Context, model: ModelSpec, reference: ModelSpec, texts: Sequence[Text], samples: int
) -> dict[str, float | None]:
    """Of each text the share of the reference's continuations that a model finds likelier than the text itself: their
    mean loss a token is lower. None for a text of a word or two, and for one that is too long for the model."""
    words = {text.id: _WORD.findall(text.text) for text in texts}
    heads = {name: "".join(found[: math.ceil(GIVEN * len(found))]) for name, found in words.items()}
    whole = [text for text in texts if len(words[text.id]) > 2]
    by_length: dict[int, list[tuple[str, int]]] = {}
    for text in whole:
        left = len(words[text.id]) - math.ceil(GIVEN * len(words[text.id]))
        by_length.setdefault(min(LONGEST, 2 ** math.ceil(math.log2(max(8, 2 * left)))), []).extend(
            (text.id, number) for number in range(samples)
        )
    written: dict[str, list[str]] = {text.id: [] for text in whole}
    for most, asked in sorted(by_length.items()):
        requests = [Request(heads[name], sample=number) for name, number in asked]
        for (name, _), answer in zip(asked, ctx.ask(reference, requests, Sampling(1.0, 1.0, most)), strict=True):
            count = len(words[name]) - len(_WORD.findall(heads[name]))
            written[name].append(heads[name] + "".join(_WORD.findall(answer.text)[:count]))
    pairs = [("", text.text) for text in whole]
    pairs += [("", other) for text in whole for other in written[text.id]]
    losses = iter(ctx.losses(model, pairs))
    own = {text.id: next(losses) for text in whole}
    found: dict[str, float | None] = {text.id: None for text in texts}
    for text in whole:
        others = [next(losses) for _ in written[text.id]]
        mine = own[text.id]
        known = [loss for loss in others if loss is not None and loss.tokens]
        if mine is not None and mine.tokens and known:
            found[text.id] = sum(o.nats / o.tokens < mine.nats / mine.tokens for o in known) / len(known)
    return found


def low_tokens(model: ModelSpec, texts: Sequence[Text], k: float, normalized: bool) -> dict[str, float]:
    """Of each text the mean score of the share `k` of its tokens that score least, the first one left out.

    The score of a token is its log-probability; `normalized`, that less the mean over all tokens that could stand there
    (by their probability), over the deviation.
    """
    import numpy as np

    from tunec.runtime.models.chat import tokens
    from tunec.runtime.models.local import load
    from tunec.runtime.models.scoring import beginning, token_scores

    loaded = load(model)
    read = {text.id: tokens(loaded.tokenizer, text.text)[: loaded.context - 1] for text in texts}
    kept = [name for name, ids in read.items() if len(ids) > 1]
    scores = token_scores(loaded, [(beginning(loaded), *read[name]) for name in kept], BATCH, normalized)
    found = {}
    for name, score in zip(kept, scores, strict=True):
        least = np.sort(score[1:])[: max(1, int(k * (len(score) - 1)))]
        found[name] = float(least.mean())
    return found


def auc(seen: Mapping[str, float], unseen: Mapping[str, float]) -> dict[str, Any]:
    """The chance that an item scores above another text, with a bootstrap interval over both."""
    import numpy as np

    from tunec.runtime.models.intervals import SAMPLES, SEED

    ours, theirs = (np.array(list(scores.values())) for scores in (seen, unseen))
    above = (ours[:, None] > theirs[None, :]) + 0.5 * (ours[:, None] == theirs[None, :])
    generator = np.random.Generator(np.random.PCG64(SEED))
    drawn = [
        above[generator.integers(0, len(ours), len(ours))][:, generator.integers(0, len(theirs), len(theirs))].mean()
        for _ in range(SAMPLES)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {"auc": float(above.mean()), "auc_low": float(low), "auc_high": float(high), "unseen": len(theirs)}
