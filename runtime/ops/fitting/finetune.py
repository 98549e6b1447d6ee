"""`finetune(base, epochs: 1)` of trials: in a fitted `rule`, a `search`, a `mix` that searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from tunec.runtime.base.method import LeftOut
    from tunec.runtime.base.values import ModelSpec, Progress

    #: Trains on rows into a folder, with checkpoints in another, and gives the model and the rows left out.
    Train: TypeAlias = Callable[[pl.DataFrame, Path, Path, int, Progress], tuple[ModelSpec, tuple[LeftOut, ...]]]


@operator(
    version=3,
    cost="model",
    rows=("instruction", "chat"),
    packages=("trl", "transformers", "peft", "torch"),
    weights=("base",),
)
def finetune(
    base: ModelSpec,
    *,
    epochs: Annotated[float, "0<..1000"] = 1,
    learning_rate: Annotated[float, "0<..1"] = 2e-4,
    batch_size: Annotated[int, "1.."] = 16,
    max_length: Annotated[int, "2.."] = 2048,
    rank: Annotated[int, "1.."] = 16,
) -> Train:
    """Fine-tunes the model on the rows of a trial, as `lora(rank: 16)` and `sft(…)` do; the weights are not kept.

    Rows that are longer than `max_length` are left out, with a warning, and count in no mean of an indicator.

    Args:
        base: the model, the same for every trial; it needs local weights.
        epochs: how often each row is seen.
        learning_rate: the peak learning rate.
        batch_size: the number of rows in one step.
        max_length: the most tokens of a row.
        rank: the rank of the adapter.

    Source: InstructMining (2307.06290), section 3.2.

    Example:
        rule fitted from [alpaca, dolly] {
            let length = words(response)
            subsets(129, rows: 1k)
            finetune(base, epochs: 1)
            loss(on: held_out)
            least_squares(folds: 10)
        }
    """

    def train(
        rows: pl.DataFrame, out: Path, work: Path, seed: int, progress: Progress
    ) -> tuple[ModelSpec, tuple[LeftOut, ...]]:
        from tunec.runtime.base.method import Job
        from tunec.runtime.models.local import on_top
        from tunec.runtime.ops.adapters.lora import lora
        from tunec.runtime.ops.objectives.sft import sft

        objective = sft(
            epochs=epochs, learning_rate=learning_rate, batch_size=batch_size, max_length=max_length, allow=["too_long"]
        )
        trained = objective.train(Job(base, rows, lora(rank=rank), out, work, seed, progress))
        return on_top(base, out), trained.left_out

    return train
