"""`sft(epochs: 3)` in a `train` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.method import Objective
    from tunec.runtime.values import Share


@operator(
    version=2, cost="model", rows=("instruction", "chat"), packages=("trl", "transformers", "accelerate", "torch")
)
def sft(
    *,
    epochs: Annotated[float, "0<..1000"] = 3,
    learning_rate: Annotated[float, "0<..1"] = 2e-4,
    batch_size: Annotated[int, "1.."] = 16,
    max_length: Annotated[int, "2.."] = 2048,
    packing: bool = False,
    warmup: Share = 0.03,
    weight_decay: Annotated[float, "0..1"] = 0.0,
    schedule: Literal["cosine", "linear", "constant"] = "cosine",
    micro_batch_size: Annotated[int, "1.."] | None = None,
) -> Objective:
    """Supervised fine-tuning: the model learns to write the assistant's turns, each with its end token.

    A turn whose `train` is false is read and not learnt. Calls of tools, reasoning and the schemas of tools go through
    the model's chat template. Rows that it has no form for, chats that the assistant begins, and empty answers are not
    trained on, and are entered in the ledger.

    Args:
        epochs: how often each row is seen.
        learning_rate: the peak learning rate of AdamW; about 2e-4 for `lora`, 2e-5 for `full`.
        batch_size: the number of rows in one step (packed sequences, with `packing`).
        max_length: the longest row in tokens; a longer one is not trained on and is recorded in the ledger.
        packing: put several short rows into one sequence of up to `max_length`; they do not see each other.
        warmup: the share of the steps in which the learning rate rises from zero.
        weight_decay: the weight decay of AdamW.
        schedule: the learning-rate schedule after the warm-up.
        micro_batch_size: the number of rows computed at once, to save memory; must divide `batch_size`.

    Source: Wei et al., FLAN (arXiv 2109.01652); Taori et al., Stanford Alpaca; computed by TRL's SFTTrainer.

    Example:
        train chat_lora from base on chat {
            lora(rank: 16, alpha: 32)
            sft(epochs: 2, learning_rate: 4e-4, batch_size: 8, max_length: 256)
        }
    """
    from tunec.runtime.training.sft import Sft

    if epochs <= 0 or learning_rate <= 0 or not 0 <= warmup < 1 or weight_decay < 0:
        raise OperatorError(
            "`epochs` and `learning_rate` must be above 0, `warmup` below 100%, `weight_decay` 0 or more"
        )
    if batch_size < 1 or max_length < 2 or (micro_batch_size is not None and micro_batch_size < 1):
        raise OperatorError("`batch_size` and `micro_batch_size` must be at least 1, `max_length` at least 2")
    if micro_batch_size is not None and batch_size % micro_batch_size:
        raise OperatorError(f"`batch_size` {batch_size} is not a multiple of `micro_batch_size` {micro_batch_size}")
    return Sft(epochs, learning_rate, batch_size, max_length, packing, warmup, weight_decay, schedule, micro_batch_size)
