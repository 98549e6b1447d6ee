"""Runs a training: the proof, the model, the trainer of the objective, checkpoints, and what is left of it all."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Job, LeftOut, Prepared, Trained
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Progress
from tunec.runtime.models.local import opened_model, opened_tokenizer
from tunec.runtime.tuning.tokenizing.widened import with_new_pieces, without_bias
from tunec.runtime.tuning.training.checkpoints import folder_of, last_complete, seal
from tunec.runtime.tuning.training.proof.proof import Proof, padding_of, refuse
from tunec.runtime.tuning.training.result import write
from tunec.runtime.tuning.training.settings import Settings
from tunec.runtime.tuning.training.shown import first_batch
from tunec.runtime.tuning.training.tokenizers import pad_apart, stops_of, use_template

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Setup:
    """What the trainer of an objective is made of."""

    model: Any
    tokenizer: Any
    arguments: dict[str, Any]
    rows: Any  # a datasets.Dataset
    watched: Any  # the same, or None
    peft_config: Any
    callbacks: list[Any]
    reference: Callable[[], Any]  # another copy of the base, where the objective compares with it


#: Rows and tokens to what a trainer takes: tokenizer, rows, what generation stops at.
Prepare = Callable[[Any, "pl.DataFrame", frozenset[str]], Prepared]


def run(
    job: Job, settings: Settings, prepare: Prepare, make: Callable[[Setup], Any], check: Callable[[Any], None]
) -> Trained:
    """Train; the same arguments on the same machine give the same bytes, also after an interruption.

    `check` is given the trainer before its first step. Its memory is free afterwards.
    """
    # A trainer is full of cycles. What stands already, libraries most of all, need not be walked to find them.
    gc.freeze()
    try:
        return _run(job, settings, prepare, make, check)
    finally:
        gc.collect()
        gc.unfreeze()


def _run(
    job: Job, settings: Settings, prepare: Prepare, make: Callable[[Setup], Any], check: Callable[[Any], None]
) -> Trained:
    from transformers import PrinterCallback

    tokenizer, folder = opened_tokenizer(job.base)
    stops = stops_of(tokenizer, folder)
    own = use_template(tokenizer, settings.template)
    pad_apart(tokenizer, stops)
    given = prepare(tokenizer, job.rows, stops)
    origins, ids = (_column(job.rows, name) for name in ("origin", "id"))
    padding = 0.0 if settings.packing else padding_of(given.lengths, settings.micro)
    proof = Proof(job.rows.height, sum(given.lengths), given.trained, given.failed, padding)
    refuse(proof, settings.allow, origins, ids)
    if not given.records:
        raise OperatorError(f"none of the {job.rows.height} rows can be trained on: {_reasons(given.failed)}")
    batch = first_batch(tokenizer, given.records[: settings.micro])
    watched = prepare(tokenizer, job.watched, stops) if job.watched is not None else None
    if watched is not None and not watched.records:
        raise OperatorError("none of the validation rows can be read as the training rows are")
    with warnings.catch_warnings():
        # Of the libraries, about each other.
        warnings.simplefilter("ignore", FutureWarning)
        # Of checkpoints, which hold the embeddings of new pieces as they should.
        warnings.filterwarnings("ignore", "Setting `save_embedding_layers`", UserWarning)
        trainer = make(setup_of(job, settings, tokenizer, given, watched))
        trainer.remove_callback(PrinterCallback)  # progress is told by ours
        if settings.packing:  # how many sequences there are is known only now
            sequences = len(trainer.train_dataset)
            trainer.args.eval_steps, trainer.args.save_steps = settings.rhythm(sequences)
            trainer.args.warmup_steps = settings.warming(sequences)
        if job.base.tokenizer:
            without_bias(trainer.model)
        if trainer.is_world_process_zero():
            check(trainer)
        checkpoint = last_complete(folder_of(job.work, settings.processes))
        result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint is not None else None)
        # Of several processes each gives its part, and the first one writes.
        whole = trainer.accelerator.get_state_dict(trainer.model) if settings.processes > 1 else None
    # What answers later is asked in the model's own words, whatever the training was rendered with.
    tokenizer.chat_template = own
    if trainer.is_world_process_zero():
        write(trainer.model, tokenizer, job.out, job.base.id, whole)
    log = _log(trainer.state.log_history, trainer.args.eval_steps)
    summary = {
        **_summary(trainer, given, settings, log),
        "steps": int(result.global_step),
        **({"devices": settings.processes} if settings.processes > 1 else {}),
        "proof": proof.told(origins),
    }
    return Trained(given.failed, log, summary, batch)


def setup_of(job: Job, settings: Settings, tokenizer: Any, given: Prepared, watched: Prepared | None) -> Setup:
    """What the trainer of an objective is made of: the model is loaded here."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    peft_config = job.adapter.peft_config()
    whole = settings.processes == 1
    model = opened_model(
        job.base,
        half=peft_config is not None,
        merged=True,
        quantization=job.adapter.quantization(),
        whole=whole,
    )
    if job.base.tokenizer:
        peft_config = with_new_pieces(peft_config, model, Path(job.base.tokenizer))
    count = len(given.records)
    folder = folder_of(job.work, settings.processes)
    arguments = settings.arguments(folder, job.seed, count, model.num_parameters(), watched is not None)
    callbacks = [watch(job.progress)]
    if watched is not None and settings.patience is not None:
        from transformers import EarlyStoppingCallback

        callbacks.append(EarlyStoppingCallback(settings.patience))
    return Setup(
        model,
        tokenizer,
        arguments,
        Dataset.from_list(list(given.records)),
        Dataset.from_list(list(watched.records)) if watched is not None else None,
        peft_config,
        callbacks,
        lambda: opened_model(job.base, half=False, merged=True, whole=whole),
    )


def _summary(trainer: Any, given: Prepared, settings: Settings, log: Sequence[dict[str, Any]]) -> dict[str, Any]:
    parameters = [(weight.numel(), weight.requires_grad) for weight in trainer.model.parameters()]
    losses = [float(entry["loss"]) for entry in log if "loss" in entry]
    seen = [float(entry["validation_loss"]) for entry in log if "validation_loss" in entry]
    validation = {"validation_loss_before": seen[0], "validation_loss": seen[-1]} if seen else {}
    if seen and settings.patience is not None:
        validation = {**validation, "validation_loss": min(seen)}
    return {
        "rows": len(given.records),
        "epochs": settings.epochs,
        "tokens": sum(given.lengths),
        "trained_tokens": given.trained,
        "parameters": sum(count for count, _ in parameters),
        "trained_parameters": sum(count for count, trained in parameters if trained),
        # Of the log, which a resumed run has whole; the trainer's own mean begins where the run resumed.
        "loss": sum(losses) / max(1, len(losses)),
        **validation,
    }


def watch(progress: Progress) -> Any:
    """A callback that tells of each step, and seals what was saved."""
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress(int(state.global_step), int(state.max_steps), "training steps")

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            together()  # every process has written its part
            if state.is_world_process_zero:
                seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    return Watch()


def together() -> None:
    """Wait for the other processes of the training, where there are some."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.barrier()


def _log(history: list[dict[str, Any]], every: float | None) -> tuple[dict[str, Any], ...]:
    """Losses by step, and validation losses where they were asked for: a resumed run looks at its first step too."""
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    for entry in history:
        if "loss" in entry:
            found.append({name: entry[name] for name in ("step", "epoch", "loss", "learning_rate")})
        elif "eval_loss" in entry and entry["step"] not in seen and entry["step"] % (every or 1) == 0:
            seen.add(entry["step"])
            found.append({"step": entry["step"], "validation_loss": entry["eval_loss"]})
    return tuple(found)


def _column(rows: pl.DataFrame, name: str) -> list[str]:
    return rows[name].to_list() if name in rows.columns else [""] * rows.height


def _reasons(failed: Sequence[LeftOut]) -> str:
    rules = sorted({item.rule for item in failed})
    return ", ".join(f"{rule} ({sum(item.rule == rule for item in failed)})" for rule in rules) or "there are none"
