"""Supervised fine-tuning with TRL, on our own tokens and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Job, Prepared, Trained
from tunec.runtime.models.chat import Encoded, conversations
from tunec.runtime.tuning.training.packed import check_packing
from tunec.runtime.tuning.training.proof.proof import prove
from tunec.runtime.tuning.training.run import Setup, run
from tunec.runtime.tuning.training.settings import Settings

if TYPE_CHECKING:
    import polars as pl

#: The label that the loss ignores.
MASKED = -100


@dataclass(frozen=True, slots=True)
class Sft:
    """Supervised fine-tuning: the assistant's turns are learnt, with the token that ends them, and nothing else."""

    settings: Settings

    def train(self, job: Job) -> Trained:
        """See `Objective`."""
        return run(job, self.settings, self.prepare, self.trainer, self.check)

    def prepare(self, tokenizer: Any, rows: pl.DataFrame, stops: frozenset[str]) -> Prepared:
        """The rows as tokens and labels."""
        kept, failed = prove(tokenizer, list(conversations(rows)), self.settings.max_length, stops)
        return prepared(list(kept.values()), failed)

    def trainer(self, setup: Setup) -> Any:
        """TRL's trainer, with nothing left for it to prepare but packing."""
        return sft_trainer(setup, self.settings)

    def check(self, trainer: Any) -> None:
        """What the trainer is given trains: some token, and an end token, in every row of every batch."""
        if self.settings.packing:
            check_packing(trainer)
        else:
            check_batches(trainer)


def prepared(kept: list[Encoded], failed: Any) -> Prepared:
    """Encoded rows as records."""
    records = tuple({"input_ids": list(row.ids), "labels": labels(row)} for row in kept)
    return Prepared(records, tuple(len(row.ids) for row in kept), sum(row.count for row in kept), failed)


def labels(encoded: Encoded) -> list[int]:
    """What the loss compares with: the token where the assistant wrote it, `MASKED` elsewhere."""
    return [token if mine else MASKED for token, mine in zip(encoded.ids, encoded.written, strict=True)]


def sft_trainer(setup: Setup, settings: Settings) -> Any:
    """TRL's trainer of rows that are tokens and labels already."""
    from trl import SFTConfig, SFTTrainer

    config = SFTConfig(
        **setup.arguments,
        packing=settings.packing,
        # The rows come tokenised, labelled and short enough; only packing has something left to do.
        dataset_kwargs={"skip_prepare_dataset": not settings.packing},
    )
    return SFTTrainer(
        model=setup.model,
        args=config,
        train_dataset=setup.rows,
        eval_dataset=setup.watched,
        processing_class=setup.tokenizer,
        peft_config=setup.peft_config,
        callbacks=setup.callbacks,
    )


def check_batches(trainer: Any) -> None:
    """Make sure that the trainer's own batches train in every row some token, and last the token that ends an answer.

    Ours rather than the user's mistake if it fails: the proof has left such rows out, and the labels are its own.
    """
    ends = frozenset(trainer.processing_class.added_tokens_decoder)
    rows, size = trainer.train_dataset, trainer.args.per_device_train_batch_size
    for start in range(0, len(rows), size):
        batch = trainer.data_collator([rows[n] for n in range(start, min(start + size, len(rows)))])
        for row in batch["labels"].tolist():
            trained = [token for token in row if token != MASKED]
            if not trained or trained[-1] not in ends:
                raise AssertionError("a row of a batch does not train the token that ends its answer")
