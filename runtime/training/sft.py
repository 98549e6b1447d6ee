"""Supervised fine-tuning with TRL, on our own tokens and labels."""

from __future__ import annotations

import gc
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tunec.runtime.method import Adapter, Trained
from tunec.runtime.models.chat import Encoded
from tunec.runtime.models.device import device
from tunec.runtime.models.local import fresh
from tunec.runtime.operator import OperatorError
from tunec.runtime.training.checkpoints import last_complete, seal
from tunec.runtime.training.examples import check_batch, examples, labels
from tunec.runtime.training.result import write
from tunec.runtime.values import ModelSpec, Progress

if TYPE_CHECKING:
    import polars as pl

#: Rows that a device computes at once where the spec does not say: bounds memory, and changes only the last bits.
MICRO_BATCH = 8
#: Above this many weights, activations are computed twice rather than kept.
CHECKPOINTED = 1_000_000_000
#: Steps after which a checkpoint is written: this many, or a tenth of the whole.
SAVE_STEPS = 10


@dataclass(frozen=True, slots=True)
class Sft:
    """Supervised fine-tuning: the assistant's turns are learnt, with the token that ends them, and nothing else."""

    epochs: float
    learning_rate: float
    batch_size: int
    max_length: int
    packing: bool
    warmup: float
    weight_decay: float
    schedule: Literal["cosine", "linear", "constant"]
    micro_batch_size: int | None
    save_steps: int = SAVE_STEPS

    def train(
        self,
        base: ModelSpec,
        rows: pl.DataFrame,
        adapter: Adapter,
        out: Path,
        work: Path,
        seed: int,
        progress: Progress,
    ) -> Trained:
        """See `Objective`; the same arguments on the same machine give the same bytes, also after an interruption."""
        if base.adapter:
            raise OperatorError("a trained model as the base of another training: apply its adapter with `merge` first")
        peft_config = adapter.peft_config()
        model, tokenizer = fresh(base, half=peft_config is not None)
        kept, left_out = examples(tokenizer, rows, self.max_length)
        if not kept:
            raise OperatorError(f"none of the {rows.height} rows can be trained on: {_reasons(left_out)}")
        with warnings.catch_warnings():
            # Of the libraries, about each other.
            warnings.simplefilter("ignore", FutureWarning)
            trainer = self._trainer(model, tokenizer, kept, peft_config, work / "checkpoints", seed, progress)
            rows_seen = trainer.train_dataset.select(range(min(2, len(trainer.train_dataset))))
            check_batch(trainer.data_collator(list(rows_seen)), frozenset(tokenizer.all_special_ids))
            checkpoint = last_complete(work / "checkpoints")
            result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint is not None else None)
        write(trainer.model, tokenizer, out, base.id)
        log = _log(trainer.state.log_history)
        parameters = [(weight.numel(), weight.requires_grad) for weight in trainer.model.parameters()]
        summary = {
            "rows": len(kept),
            "steps": int(result.global_step),
            "epochs": self.epochs,
            "tokens": sum(len(example.ids) for example in kept),
            "trained_tokens": sum(example.count for example in kept),
            "parameters": sum(count for count, _ in parameters),
            "trained_parameters": sum(count for count, trained in parameters if trained),
            # Of the log, which a resumed run has whole; the trainer's own mean begins where the run resumed.
            "loss": sum(float(entry["loss"]) for entry in log) / max(1, len(log)),
        }
        del trainer, model
        gc.collect()
        return Trained(left_out, log, summary)

    def _trainer(
        self,
        model: Any,
        tokenizer: Any,
        kept: list[Encoded],
        peft_config: Any,
        folder: Path,
        seed: int,
        progress: Progress,
    ) -> Any:
        from datasets import Dataset, disable_progress_bars
        from transformers import PrinterCallback
        from trl import SFTConfig, SFTTrainer

        disable_progress_bars()
        cpu = device() == "cpu"
        micro = self._micro_batch()
        steps = max(1, int(self.epochs * len(kept) / self.batch_size))
        settings = SFTConfig(
            output_dir=str(folder),
            seed=seed % 2**31,
            data_seed=seed % 2**31,
            num_train_epochs=self.epochs,
            learning_rate=self.learning_rate,
            lr_scheduler_type="constant_with_warmup" if self.schedule == "constant" else self.schedule,
            warmup_steps=self.warmup,  # below 1: a share of the steps
            weight_decay=self.weight_decay,
            optim="adamw_torch",
            per_device_train_batch_size=micro,
            gradient_accumulation_steps=self.batch_size // micro,
            max_length=self.max_length,
            packing=self.packing,
            # The rows come tokenised, labelled and short enough; only packing has something left to do.
            dataset_kwargs={"skip_prepare_dataset": not self.packing},
            gradient_checkpointing=model.num_parameters() > CHECKPOINTED,
            bf16=not cpu,
            use_cpu=cpu,
            dataloader_pin_memory=False,
            logging_steps=1,
            save_strategy="steps",
            save_steps=max(self.save_steps, steps // 10),
            save_total_limit=2,
            report_to="none",
            disable_tqdm=True,
        )
        rows = Dataset.from_dict({"input_ids": [list(e.ids) for e in kept], "labels": [labels(e) for e in kept]})
        trainer = SFTTrainer(
            model=model,
            args=settings,
            train_dataset=rows,
            processing_class=tokenizer,
            peft_config=peft_config,
            callbacks=[_watch(progress)],
        )
        trainer.remove_callback(PrinterCallback)
        return trainer

    def _micro_batch(self) -> int:
        if self.micro_batch_size is None:
            return next(n for n in range(min(self.batch_size, MICRO_BATCH), 0, -1) if self.batch_size % n == 0)
        if self.batch_size % self.micro_batch_size:
            raise OperatorError(
                f"`batch_size` {self.batch_size} is not a multiple of `micro_batch_size` {self.micro_batch_size}"
            )
        return self.micro_batch_size


def _watch(progress: Progress) -> Any:
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]
        """Tells of each step, and seals what was saved."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress(int(state.global_step), int(state.max_steps), "training steps")

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    return Watch()


def _log(history: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    names = ("step", "epoch", "loss", "learning_rate")
    return tuple({name: entry[name] for name in names} for entry in history if "loss" in entry)


def _reasons(left_out: tuple[Any, ...]) -> str:
    rules = sorted({left.rule for left in left_out})
    return ", ".join(f"{rule} ({sum(left.rule == rule for left in left_out)})" for rule in rules) or "there are none"
