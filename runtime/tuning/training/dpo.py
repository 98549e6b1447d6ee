"""Direct preference optimization with TRL, on our own tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Job, Prepared, Trained
from tunec.runtime.tuning.training.preferences import prepare_pairs
from tunec.runtime.tuning.training.run import Setup, run
from tunec.runtime.tuning.training.settings import Settings

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Dpo:
    """The chosen answer becomes likelier than the rejected one, measured against the base."""

    settings: Settings

    def train(self, job: Job) -> Trained:
        """See `Objective`."""
        return run(job, self.settings, self.prepare, trainer, lambda made: None)

    def prepare(self, tokenizer: Any, rows: pl.DataFrame, stops: frozenset[str]) -> Prepared:
        """The rows as tokens."""
        return prepare_pairs(tokenizer, rows, self.settings.max_length, stops)


def trainer(setup: Setup) -> Any:
    """TRL's trainer, with nothing left for it to prepare. With an adapter the base is the reference as it is; without
    one a second copy of it is."""
    from trl import DPOConfig, DPOTrainer

    class Ready(DPOTrainer):  # type: ignore[misc]
        """Takes rows that are tokens already: TRL would render and cut them anew."""

        def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
            return dataset

    return Ready(
        model=setup.model,
        ref_model=None if setup.peft_config is not None else setup.reference(),
        args=DPOConfig(**setup.arguments),
        train_dataset=setup.rows,
        eval_dataset=setup.watched,
        processing_class=setup.tokenizer,
        peft_config=setup.peft_config,
        callbacks=setup.callbacks,
    )
