"""Odds ratio preference optimization with TRL, on our own tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Job, Prepared, Trained
from tunec.runtime.tuning.training.preferences import prepare_pairs
from tunec.runtime.tuning.training.run import Setup, run
from tunec.runtime.tuning.training.settings import Settings
from tunec.runtime.tuning.training.sft import MASKED

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Orpo:
    """The chosen answer is learnt, and becomes likelier than the rejected one, without a reference."""

    settings: Settings

    def train(self, job: Job) -> Trained:
        """See `Objective`."""
        return run(job, self.settings, self.prepare, trainer, lambda made: None)

    def prepare(self, tokenizer: Any, rows: pl.DataFrame, stops: frozenset[str]) -> Prepared:
        """The rows as tokens."""
        return prepare_pairs(tokenizer, rows, self.settings.max_length, stops)


def trainer(setup: Setup) -> Any:
    """TRL's trainer, with nothing left for it to prepare."""
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    class Ready(ORPOTrainer):  # type: ignore[misc]
        """Takes rows that are tokens already: TRL would render and cut them anew."""

        def tokenize_row(self, feature: dict[str, Any], model: Any = None) -> dict[str, Any]:
            return feature

    return Ready(
        model=setup.model,
        args=ORPOConfig(**setup.arguments),
        train_dataset=setup.rows.map(as_orpo, remove_columns=setup.rows.column_names),
        eval_dataset=setup.watched.map(as_orpo, remove_columns=setup.watched.column_names) if setup.watched else None,
        processing_class=setup.tokenizer,
        peft_config=setup.peft_config,
        callbacks=setup.callbacks,
    )


def as_orpo(record: dict[str, Any]) -> dict[str, Any]:
    """A pair in the columns of TRL's ORPO; it asks for the texts too, and reads none of them."""
    found: dict[str, Any] = dict.fromkeys(("prompt", "chosen", "rejected"), "")
    prompt = record["prompt_ids"]
    found |= {"prompt_input_ids": prompt, "prompt_attention_mask": [1] * len(prompt)}
    for side in ("chosen", "rejected"):
        answer = record[f"{side}_ids"]
        found[f"{side}_input_ids"] = prompt + answer
        found[f"{side}_attention_mask"] = [1] * (len(prompt) + len(answer))
        found[f"{side}_labels"] = [MASKED] * len(prompt) + answer
    return found
