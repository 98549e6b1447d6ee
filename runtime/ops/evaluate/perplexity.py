"""`perplexity(on: chat.validation)` in an `evaluate` block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from tunec.dsl.record import record
from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Reading
    from tunec.runtime.base.values import ModelSpec, Rows
    from tunec.runtime.models.local import LocalModel
    from tunec.runtime.models.scoring import Scored
    from tunec.runtime.rows.messages import Message


@operator(version=3, cost="model", rows=("instruction", "chat", "text"), packages=("numpy",), weights=("models",))
def perplexity(*, on: Rows, batch_size: Annotated[int, "1.."] = 8, ctx: Context) -> Measure:
    """Measures how well a model predicts held-out text: perplexity per token, and bits per character.

    For instructions and chats, the assistant's turns count, including the tokens that end them, given everything before
    them in the model's chat template: what `sft` minimizes. For text rows every token counts, and at most 2048 tokens
    are read at once. Rows that cannot be trained on (an assistant that speaks first, an empty answer) are left out and
    counted. Bits per character can be compared between models with different tokenizers, perplexity cannot.

    The results are `bits_per_character` = NLL / (ln 2 · characters) with a 95% interval `low`..`high` (bootstrap over
    rows), by which models are compared, `bits_per_byte` likewise (of UTF-8), `nats_per_token` = NLL / tokens,
    `perplexity` = exp of it with an interval of its own, and all of them again in `by_origin`.

    Args:
        on: the rows to read, held out from training.
        batch_size: the number of rows read at once.

    Source: Jelinek et al. 1977; windows as in lm-evaluation-harness, `get_rolling_token_windows`.

    Example:
        evaluate scores of [base, chat_lora] {
            perplexity(on: chat.validation)
        }
    """
    if batch_size < 1:
        raise OperatorError("`batch_size` must be at least 1")

    def measure(model: ModelSpec) -> Reading:
        import numpy as np

        from tunec.runtime.base.method import Reading
        from tunec.runtime.models.comparing import named_once
        from tunec.runtime.models.local import load
        from tunec.runtime.models.scoring import log_probs

        if on.height == 0:
            raise OperatorError("perplexity on no rows")
        loaded = load(model)
        texts = _texts(loaded, on)
        readable = [number for number, text in enumerate(texts) if text.tokens and text.fits]
        ctx.progress(0, len(readable), "rows read")
        scores = log_probs(loaded, [scored for number in readable for scored in texts[number].stretches], batch_size)
        ctx.progress(len(readable), len(readable), "rows read")
        origins = on["origin"].to_list() if "origin" in on.columns else [""] * on.height
        names = named_once(on["id"].to_list() if "id" in on.columns else list(map(str, range(on.height))))
        position, rows = 0, []
        items: dict[str, tuple[float, float]] = {}
        for number in readable:
            taken = scores[position : position + len(texts[number].stretches)]
            position += len(taken)
            nats = -sum(float(np.sum(part)) for part in taken)
            rows.append((origins[number], nats, texts[number]))
            items[names[number]] = (nats / math.log(2), float(texts[number].characters))
        if not rows:
            raise OperatorError("perplexity: no row holds anything that the model could read")
        found = _numbers(rows)
        found["left_out"] = on.height - len(rows)
        found["by_origin"] = {
            origin: _numbers([row for row in rows if row[0] == origin]) for origin in sorted({row[0] for row in rows})
        }
        return Reading(found, "bits_per_character", items, lower=True)

    return measure


@record
class _Text:
    """A row as the model reads it: in stretches, together `tokens` scored tokens for `characters` characters, or
    `size` bytes of UTF-8."""

    stretches: tuple[Scored, ...]
    tokens: int
    characters: int
    size: int
    fits: bool


def _texts(model: LocalModel, on: pl.DataFrame) -> list[_Text]:
    from tunec.runtime.models.chat import NotTrainable, conversations, encode
    from tunec.runtime.models.scoring import Scored

    if "text" in on.columns and "messages" not in on.columns:
        return [_plain(model, text or "") for text in on["text"]]
    texts = []
    for chat in conversations(on):
        try:
            encoded = encode(model.tokenizer, chat)
        except NotTrainable:
            texts.append(_Text((), 0, 0, 0, fits=False))
            continue
        read = "".join(_read(message) for message in chat.messages)
        wanted = tuple(place for place, mine in enumerate(encoded.written) if mine)
        fits = len(encoded.ids) <= model.context
        texts.append(_Text((Scored(encoded.ids, wanted),), len(wanted), len(read), len(read.encode()), fits))
    return texts


def _read(message: Message) -> str:
    """What of a turn is read: all that the assistant writes, calls of tools as well."""
    if message["role"] != "assistant" or message.get("train") is False:
        return ""
    calls = (call.get(key, "") for call in message.get("tool_calls", ()) for key in ("name", "arguments"))
    return "".join((message.get("content", ""), message.get("reasoning", ""), *calls))


def _plain(model: LocalModel, text: str) -> _Text:
    from tunec.runtime.models.chat import tokens
    from tunec.runtime.models.scoring import stretches

    ids = tokens(model.tokenizer, text)
    return _Text(tuple(stretches(model, ids)), len(ids), len(text), len(text.encode()), True)


def _numbers(rows: Sequence[tuple[str, float, _Text]]) -> dict[str, Any]:
    import numpy as np

    from tunec.runtime.models.intervals import bootstrap_ratio

    losses = np.array([loss for _, loss, _ in rows])
    counts = np.array([float(text.tokens) for _, _, text in rows])
    total, tokens = math.fsum(losses), int(counts.sum())
    lengths = np.array([float(text.characters) for _, _, text in rows])
    characters, size = int(lengths.sum()), sum(text.size for _, _, text in rows)
    low, high = bootstrap_ratio(losses / math.log(2), lengths) if (lengths > 0).all() else (None, None)
    least, most = bootstrap_ratio(losses, counts)
    return {
        "bits_per_character": total / (math.log(2) * characters) if characters else None,
        "low": low,
        "high": high,
        "bits_per_byte": total / (math.log(2) * size) if size else None,
        "perplexity": math.exp(total / tokens),
        "perplexity_low": math.exp(least),
        "perplexity_high": math.exp(most),
        "nats_per_token": total / tokens,
        "tokens": tokens,
        "characters": characters,
        "rows": len(rows),
    }
