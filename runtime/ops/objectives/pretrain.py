"""`pretrain(epochs: 1)` in a `train` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.tuning.training.proof.checks import Allowed

if TYPE_CHECKING:
    from tunec.runtime.base.method import Objective
    from tunec.runtime.base.values import Share


@operator(
    version=2,
    cost="model",
    rows=("text",),
    packages=("trl", "transformers", "accelerate", "torch"),
)
def pretrain(
    *,
    epochs: Annotated[float, "0<..1000"] = 1,
    learning_rate: Annotated[float, "0<..1"] = 2e-5,
    batch_size: Annotated[int, "1.."] = 16,
    max_length: Annotated[int, "2.."] = 2048,
    warmup: Share = 0.03,
    weight_decay: Annotated[float, "0..1"] = 0.0,
    schedule: Literal["cosine", "linear", "constant"] = "cosine",
    micro_batch_size: Annotated[int, "1.."] | None = None,
    patience: Annotated[int, "1.."] | None = None,
    evaluate_steps: Annotated[int, "1.."] | None = None,
    allow: Sequence[Allowed] = (),
) -> Objective:
    """Further pre-training: the model learns plain texts, every token of them.

    A text ends with the token that ends documents in the model. One that is longer than `max_length` is split, never
    cut; the parts are packed into sequences of `max_length`, in which they do not see each other. Texts that hold a
    control token, and empty ones, fail the proof of training (`docs/training.md`).

    Args:
        epochs: how often each row is seen.
        learning_rate: the peak learning rate of AdamW.
        batch_size: the number of sequences in one step.
        max_length: the length of a sequence, in tokens; longer texts are split.
        warmup: the share of the steps in which the learning rate rises from zero; one step is left at least.
        weight_decay: the weight decay of AdamW.
        schedule: the learning-rate schedule after the warm-up.
        micro_batch_size: the number of sequences computed at once, to save memory; must divide `batch_size`.
        patience: end the training when the validation loss has not fallen for so many evaluations, and keep the best
            checkpoint.
        evaluate_steps: the number of steps between two evaluations; without it, those of an epoch.
        allow: checks of the proof of training; rows that fail them are left out and entered in the ledger.

    Source: Gururangan et al., Don't Stop Pretraining (arXiv 2004.10964); computed by TRL's SFTTrainer.

    Example:
        train zh from base on corpus {
            full()
            pretrain(epochs: 1, batch_size: 8, max_length: 1024)
        }
    """
    from tunec.runtime.tuning.training.pretrain import Pretrain
    from tunec.runtime.tuning.training.settings import Settings

    return Pretrain(
        Settings(
            epochs, learning_rate, batch_size, max_length, warmup, weight_decay, schedule, micro_batch_size, patience,
            evaluate_steps, tuple(allow), packing=True,
        )
    )  # fmt: skip
