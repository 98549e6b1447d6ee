"""`kto(beta: 0.1)` in a `train` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import Given, operator, refuse
from tunec.runtime.tuning.training.proof.checks import Allowed

if TYPE_CHECKING:
    from tunec.runtime.base.method import Objective
    from tunec.runtime.base.values import Share


def _conflicts(given: Given) -> tuple[str, str] | None:
    from tunec.runtime.tuning.training.settings import at_once

    size, part = given["batch_size"], given["micro_batch_size"]
    if at_once(size, part) > 1 or (part is not None and size % part):
        return None
    name, better = ("micro_batch_size", 2) if part == 1 < size else ("batch_size", size + 1)
    why = f"`kto` compares answers that are computed at once, and `{name}: {given[name]}` computes one at a time"
    return name, f"{why}; use `{name}: {better}`"


@operator(
    version=2,
    cost="model",
    rows=("rated",),
    packages=("trl", "transformers", "accelerate", "torch"),
    conflicts=_conflicts,
)
def kto(
    *,
    beta: Annotated[float, "0<..10"] = 0.1,
    liked_weight: Annotated[float, "0<..100"] = 1.0,
    disliked_weight: Annotated[float, "0<..100"] = 1.0,
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
    """Kahneman–Tversky optimization: answers that were liked become likelier, those that were not less so.

    The rows are single answers with a `label`. Every row is checked before the first step (`docs/training.md`). In each
    batch the distance from the base is estimated with the answers to the other prompts, so that at least two rows are
    computed at once.

    Args:
        beta: how far the model may move from the base; less with a higher value.
        liked_weight: the weight of rows that were liked; of the fewer ones it should be higher.
        disliked_weight: the weight of the others.
        epochs: how often each row is seen.
        learning_rate: the peak learning rate of AdamW.
        batch_size: the number of rows in one step.
        max_length: the longest prompt with its answer, in tokens; a longer one is never cut.
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

    Source: Ethayarajh et al., KTO (arXiv 2402.01306); computed by TRL's KTOTrainer.

    Example:
        train aligned from base on votes {
            lora(rank: 16, alpha: 32)
            kto(beta: 0.1, epochs: 1, batch_size: 8, max_length: 512)
        }
    """
    from tunec.runtime.tuning.training.kto import Kto
    from tunec.runtime.tuning.training.settings import Settings

    refuse(_conflicts({"batch_size": batch_size, "micro_batch_size": micro_batch_size}))
    return Kto(
        Settings(
            epochs, learning_rate, batch_size, max_length, warmup, weight_decay, schedule, micro_batch_size, patience,
            evaluate_steps, tuple(allow), packing=False, template=template, least=2, more={
                "beta": beta, "desirable_weight": liked_weight, "undesirable_weight": disliked_weight,
            },
        )
    )  # fmt: skip
