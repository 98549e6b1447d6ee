"""What every objective is told: how long, how fast, in how large steps, and which rows it may leave out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.device import device

#: Rows that a device computes at once where the spec does not say: bounds memory, and changes only the last bits.
MICRO_BATCH = 8
#: Above this many weights, activations are computed twice rather than kept.
CHECKPOINTED = 1_000_000_000
#: Steps after which a checkpoint is written: this many, or a tenth of the whole.
SAVE_STEPS = 10

Schedule = Literal["cosine", "linear", "constant"]


def at_once(share: int, stated: int | None) -> int:
    """How many of a device's `share` of a step it computes at once: a divisor, of the `stated` size at most."""
    return next((n for n in range(min(share, stated or MICRO_BATCH), 0, -1) if share % n == 0), 1)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a training, checked.

    `patience`: training ends once the validation loss has not fallen for so many evaluations, and the best checkpoint
    is kept. `evaluate_steps`: the steps between two evaluations, an epoch without it. `processes`: how many share each
    step, one for a GPU; `least`: the rows that one of them must compute at once.
    """

    epochs: float
    learning_rate: float
    batch_size: int
    max_length: int
    warmup: float
    weight_decay: float
    schedule: Schedule
    micro_batch_size: int | None = None
    patience: int | None = None
    evaluate_steps: int | None = None
    allow: Sequence[str] = ()
    packing: bool = False
    template: str = "model"
    save_steps: int = SAVE_STEPS
    processes: int = 1
    least: int = 1
    more: dict[str, Any] = field(default_factory=dict)  # of the objective's own

    def __post_init__(self) -> None:
        if self.epochs <= 0 or self.learning_rate <= 0 or not 0 <= self.warmup < 1 or self.weight_decay < 0:
            raise OperatorError(
                "`epochs` and `learning_rate` must be above 0, `warmup` below 100%, `weight_decay` 0 or more"
            )
        for name, least in (("batch_size", 1), ("micro_batch_size", 1), ("max_length", 2)):
            if getattr(self, name) is not None and getattr(self, name) < least:
                raise OperatorError(f"`{name}` must be at least {least}")
        for name in ("patience", "evaluate_steps"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise OperatorError(f"`{name}` must be at least 1")
        if self.micro_batch_size is not None and self.batch_size % self.micro_batch_size:
            raise OperatorError(
                f"`batch_size` {self.batch_size} is not a multiple of `micro_batch_size` {self.micro_batch_size}"
            )

    @property
    def micro(self) -> int:
        """How many rows a device computes at once."""
        return at_once(self.share, self.micro_batch_size)

    @property
    def share(self) -> int:
        """How many rows of a step a device computes."""
        return self.batch_size // self.processes

    def shared_by(self, devices: int) -> Settings:
        """The same training on as many of these devices as a step can be shared by in equal parts."""
        fits = (n for n in range(devices, 1, -1) if self.batch_size % n == 0 and self.batch_size // n >= self.least)
        return replace(self, processes=next(fits, 1))

    def steps(self, rows: int) -> int:
        """The steps of a training on so many rows (sequences, where rows share them)."""
        return max(1, math.ceil(self.epochs * -(-rows // self.batch_size)))

    def warming(self, rows: int) -> int:
        """The steps in which the learning rate rises. In the first of them it is zero, so one step must be left."""
        steps = self.steps(rows)
        return min(math.ceil(self.warmup * steps), steps - 1)

    def rhythm(self, rows: int) -> tuple[int, int]:
        """The steps between two evaluations, and between two checkpoints, of a training on so many rows (sequences,
        where rows share them). The last step of a training of whole epochs is evaluated."""
        an_epoch, steps = -(-rows // self.batch_size), self.steps(rows)
        every = self.evaluate_steps or min(an_epoch, steps)
        # The best checkpoint has to be one that is saved.
        return every, every if self.patience is not None else max(self.save_steps, steps // 10)

    def arguments(self, folder: Path, seed: int, rows: int, parameters: int, watched: bool) -> dict[str, Any]:
        """The settings as transformers' trainers take them, for so many rows and weights."""
        cpu = device() == "cpu"
        an_epoch, saved = self.rhythm(rows)
        found = {
            "output_dir": str(folder),
            "seed": seed % 2**31,
            "data_seed": seed % 2**31,
            "num_train_epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "lr_scheduler_type": "constant_with_warmup" if self.schedule == "constant" else self.schedule,
            "warmup_steps": self.warming(rows),
            "weight_decay": self.weight_decay,
            "optim": "adamw_torch",
            "per_device_train_batch_size": self.micro,
            "per_device_eval_batch_size": self.micro,
            "gradient_accumulation_steps": self.share // self.micro,
            "max_length": self.max_length,
            "gradient_checkpointing": parameters > CHECKPOINTED,
            "bf16": not cpu,
            "use_cpu": cpu,
            "dataloader_pin_memory": False,
            "logging_steps": 1,
            "save_strategy": "steps",
            "save_total_limit": 2,
            "report_to": "none",
            "disable_tqdm": True,
        }
        if watched:
            found |= {"eval_strategy": "steps", "eval_steps": an_epoch, "eval_on_start": True}
            if self.patience is not None:
                found |= {"load_best_model_at_end": True, "metric_for_best_model": "eval_loss"}
        if self.processes > 1:
            found |= {
                "gradient_checkpointing": False,
                "fsdp": True,
                "fsdp_config": {
                    "version": 2,
                    "state_dict_type": "FULL_STATE_DICT",
                    "activation_checkpointing": parameters > CHECKPOINTED,
                },
                # The processes have found one another already.
                "accelerator_config": {"use_configured_state": True},
            }
        return {**found, "save_steps": saved, **self.more}
