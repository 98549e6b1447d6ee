"""`finetune(base, epochs: 1)` in a fitted `rule`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from tunec.runtime.base.values import ModelSpec, Progress

    #: Trains on rows into a folder, with checkpoints in another, and gives the model.
    Train: TypeAlias = Callable[[pl.DataFrame, Path, Path, int, Progress], ModelSpec]


@operator(version=1, cost="model", rows=("instruction", "chat"), packages=("trl", "transformers", "peft", "torch"))
def finetune(
    base: ModelSpec,
    *,
    epochs: Annotated[float, "0<..1000"] = 1,
    learning_rate: Annotated[float, "0<..1"] = 2e-4,
    batch_size: Annotated[int, "1.."] = 16,
    max_length: Annotated[int, "2.."] = 2048,
    rank: Annotated[int, "1.."] = 16,
) -> Train:
    """Fine-tunes the model on a subset, as `lora(rank: 16)` and `sft(…)` do; the weights are measured and thrown away.

    Rows that are longer than `max_length` are left out.

    Args:
        base: the model, the same for every subset; it needs local weights.
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

    def train(rows: pl.DataFrame, out: Path, work: Path, seed: int, progress: Progress) -> ModelSpec:
        from dataclasses import replace

        from tunec.runtime.base.method import Job
        from tunec.runtime.ops.adapters.lora import lora
        from tunec.runtime.ops.objectives.sft import sft

        objective = sft(
            epochs=epochs, learning_rate=learning_rate, batch_size=batch_size, max_length=max_length, allow=["too_long"]
        )
        objective.train(Job(base, rows, lora(rank=rank), out, work, seed, progress))
        under = (*base.under, base.adapter) if base.adapter else base.under
        return replace(base, adapter=str(out), under=under)

    return train
