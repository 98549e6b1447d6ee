"""`sft(epochs: 3)` in a `train` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.tuning.training.proof.checks import Allowed

if TYPE_CHECKING:
    from tunec.runtime.base.method import Objective
    from tunec.runtime.base.values import Share


@operator(
    version=4,
    cost="model",
    rows=("instruction", "chat"),
    packages=("trl", "transformers", "accelerate", "torch"),
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
    patience: Annotated[int, "1.."] | None = None,
    evaluate_steps: Annotated[int, "1.."] | None = None,
    template: Literal["model", "training", "alpaca"] = "model",
    allow: Sequence[Allowed] = (),
) -> Objective:
    """Supervised fine-tuning: the model learns to write the assistant's turns, each with its end token.

    A turn whose `train` is false is read and not learnt. Calls of tools, reasoning and the schemas of tools go through
    the model's chat template. Before the first step every row is rendered and checked (`docs/training.md`): rows that
    the template has no form for, that it changes, that are too long, or whose end is never trained, stop the build,
    unless `allow` names the check that they fail. Where the data set has a split `validation`, its loss is measured
    before the training, after each epoch and at the end.

    Args:
        epochs: how often each row is seen.
        learning_rate: the peak learning rate of AdamW; about 2e-4 for `lora`, 2e-5 for `full`.
        batch_size: the number of rows in one step (packed sequences, with `packing`).
        max_length: the longest row in tokens; a longer one is never cut.
        packing: put several short rows into one sequence of up to `max_length`; they do not see each other.
        warmup: the share of the steps in which the learning rate rises from zero; one step is left at least.
        weight_decay: the weight decay of AdamW.
        schedule: the learning-rate schedule after the warm-up.
        micro_batch_size: the number of rows computed at once, to save memory; must divide `batch_size`.
        patience: end the training when the validation loss has not fallen for so many evaluations, and keep the best
            checkpoint.
        evaluate_steps: the number of steps between two evaluations; without it, those of an epoch.
        template: the model's own chat template, the variant for training that TRL ships for it (the trained model
            keeps its own), or the prompt of Stanford Alpaca (which the trained model is saved with).
        allow: checks of the proof of training; rows that fail them are left out and entered in the ledger.

    Source: Wei et al., FLAN (arXiv 2109.01652); Taori et al., Stanford Alpaca; computed by TRL's SFTTrainer.

    Example:
        train chat_lora from base on chat {
            lora(rank: 16, alpha: 32)
            sft(epochs: 2, learning_rate: 4e-4, batch_size: 8, max_length: 256)
        }
    """
    from tunec.runtime.tuning.training.settings import Settings
    from tunec.runtime.tuning.training.sft import Sft

    return Sft(
        Settings(
            epochs, learning_rate, batch_size, max_length, warmup, weight_decay, schedule, micro_batch_size, patience,
            evaluate_steps, tuple(allow), packing, template,
        )
    )  # fmt: skip
