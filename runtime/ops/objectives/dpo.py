"""`dpo(beta: 0.1)` in a `train` block."""

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
    rows=("preference",),
    packages=("trl", "transformers", "accelerate", "torch"),
)
def dpo(
    *,
    beta: Annotated[float, "0<..10"] = 0.1,
    epochs: Annotated[float, "0<..1000"] = 1,
    learning_rate: Annotated[float, "0<..1"] = 5e-6,
    batch_size: Annotated[int, "1.."] = 16,
    max_length: Annotated[int, "2.."] = 1024,
    warmup: Share = 0.03,
    weight_decay: Annotated[float, "0..1"] = 0.0,
    schedule: Literal["cosine", "linear", "constant"] = "cosine",
    micro_batch_size: Annotated[int, "1.."] | None = None,
    patience: Annotated[int, "1.."] | None = None,
    evaluate_steps: Annotated[int, "1.."] | None = None,
    template: Literal["model", "training", "alpaca"] = "model",
    allow: Sequence[Allowed] = (),
) -> Objective:
    """Direct preference optimization: the chosen answer becomes likelier than the rejected one, next to the base.

    Both answers are one turn of the assistant; what stands before them is read and not learnt. Every row is checked
    before the first step (`docs/training.md`). The loss needs the likelihoods under the base: with `lora` they are
    computed with the adapter switched off, with `full` by a second copy of it.

    Args:
        beta: how far the model may move from the base; less with a higher value.
        epochs: how often each row is seen.
        learning_rate: the peak learning rate of AdamW.
        batch_size: the number of pairs in one step.
        max_length: the longest prompt with an answer, in tokens; a longer one is never cut.
        warmup: the share of the steps in which the learning rate rises from zero; one step is left at least.
        weight_decay: the weight decay of AdamW.
        schedule: the learning-rate schedule after the warm-up.
        micro_batch_size: the number of pairs computed at once, to save memory; must divide `batch_size`.
        patience: end the training when the validation loss has not fallen for so many evaluations, and keep the best
            checkpoint.
        evaluate_steps: the number of steps between two evaluations; without it, those of an epoch.
        template: the model's own chat template, the variant for training that TRL ships for it (the trained model
            keeps its own), or the prompt of Stanford Alpaca (which the trained model is saved with).
        allow: checks of the proof of training; rows that fail them are left out and entered in the ledger.

    Source: Rafailov et al., Direct Preference Optimization (arXiv 2305.18290); computed by TRL's DPOTrainer.

    Example:
        train aligned from base on pairs {
            lora(rank: 16, alpha: 32)
            dpo(beta: 0.1, epochs: 1, batch_size: 8, max_length: 512)
        }
    """
    from tunec.runtime.tuning.training.dpo import Dpo
    from tunec.runtime.tuning.training.settings import Settings

    return Dpo(
        Settings(
            epochs, learning_rate, batch_size, max_length, warmup, weight_decay, schedule, micro_batch_size, patience,
            evaluate_steps, tuple(allow), packing=False, template=template, more={"beta": beta},
        )
    )  # fmt: skip
