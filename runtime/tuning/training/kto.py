"""Kahneman–Tversky optimization with TRL, on our own tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Job, Prepared, Trained
from tunec.runtime.tuning.training.answers import answered, prove_answers
from tunec.runtime.tuning.training.run import Setup, run
from tunec.runtime.tuning.training.settings import Settings

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Kto:
    """Answers that were liked become likelier, the others less so, measured against the base."""

    settings: Settings

    def train(self, job: Job) -> Trained:
        """See `Objective`."""
        return run(job, self.settings, self.prepare, self.trainer, lambda made: None)

    def prepare(self, tokenizer: Any, rows: pl.DataFrame, stops: frozenset[str]) -> Prepared:
        """The rows as tokens."""
        kept, failed = prove_answers(tokenizer, answered(rows, "completion"), self.settings.max_length, stops)
        liked = rows["label"].to_list()
        records: tuple[dict[str, Any], ...] = tuple(
            {"prompt_ids": prompt, "completion_ids": answer, "label": bool(liked[number])}
            for number, (prompt, answer) in kept.items()
        )
        lengths = tuple(len(r["prompt_ids"]) + len(r["completion_ids"]) for r in records)
        return Prepared(records, lengths, sum(len(r["completion_ids"]) for r in records), failed)

    def trainer(self, setup: Setup) -> Any:
        """TRL's trainer, which takes the rows in the order that it is given: that of the seed."""
        from trl import KTOConfig, KTOTrainer

        class Ready(KTOTrainer):  # type: ignore[misc]
            """Takes rows that are tokens already: TRL would render and cut them anew."""

            def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
                return dataset

        config = KTOConfig(**setup.arguments)
        rows = setup.rows.shuffle(seed=config.seed)
        return Ready(
            model=setup.model,
            ref_model=None if setup.peft_config is not None else setup.reference(),
            args=config,
            train_dataset=mismatched(rows, self.settings.micro),
            eval_dataset=mismatched(setup.watched, self.settings.micro) if setup.watched is not None else None,
            processing_class=setup.tokenizer,
            peft_config=setup.peft_config,
            callbacks=setup.callbacks,
        )


def mismatched(rows: Any, size: int) -> Any:
    """Rows with the answer to another prompt of their batch, of which the KL divergence is estimated: in each batch the
    answers move on by one, as in TRL."""
    others: list[list[int]] = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]["completion_ids"]
        others += [batch[-1], *batch[:-1]]
    return rows.add_column("KL_completion_ids", others)
