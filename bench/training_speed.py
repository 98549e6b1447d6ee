"""A LoRA training by `sft(…)` beside the same one written by hand with TRL: `python -m bench.training_speed`.

Both begin with rows and a model of 18 million weights, drawn at random, and end with a saved adapter. Each run is a
process of its own, forked from one that has imported the libraries. They run in turns, so that what else the machine
does hurts both alike.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.training_memory import write

ROUNDS, ROWS, BATCH, LONGEST = 7, 40, 4, 256
#: The value of Student's t that six degrees of freedom stay below in 97.5 % of cases.
STUDENT = 2.447
MODULES = ["down_proj", "gate_proj", "up_proj"]


def rows() -> list[tuple[str, str]]:
    """Questions and answers, about sixty tokens together."""
    return [
        (f"Name {n} facts about rivers.", " ".join(f"Fact {k}: water flows {n}." for k in range(6)))
        for n in range(ROWS)
    ]


def tuned(folder: Path, model: str) -> None:
    """Ours."""
    from dataclasses import replace

    import polars as pl

    from tunec.runtime.base.method import Job
    from tunec.runtime.ops.adapters.lora import lora
    from tunec.runtime.ops.models.bundled import bundled
    from tunec.runtime.ops.objectives.sft import sft
    from tunec.runtime.text.vectors import quiet

    chats = [[{"role": "user", "content": a}, {"role": "assistant", "content": b}] for a, b in rows()]
    ids = [f"{n:016x}" for n in range(ROWS)]
    frame = pl.DataFrame({"messages": chats, "tools": [None] * ROWS, "id": ids, "origin": ["rows"] * ROWS})
    (folder / "out").mkdir()
    (folder / "work").mkdir()
    objective = sft(epochs=1, batch_size=BATCH, max_length=LONGEST, learning_rate=4e-4)
    base = replace(bundled("smollm2-135m-instruct"), adapter=model)
    objective.train(Job(base, frame, lora(), folder / "out", folder / "work", 1, quiet))


def by_hand(folder: Path, model: str) -> None:
    """TRL as its documentation has it, with the same settings."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    data = [
        {"prompt": [{"role": "user", "content": a}], "completion": [{"role": "assistant", "content": b}]}
        for a, b in rows()
    ]
    settings: dict[str, Any] = {
        "num_train_epochs": 1,
        "learning_rate": 4e-4,
        "per_device_train_batch_size": BATCH,
        "max_length": LONGEST,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.03,
        "gradient_checkpointing": False,
        "bf16": False,
        "use_cpu": True,
        "logging_steps": 1,
        "save_steps": 10,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }
    trainer = SFTTrainer(
        model=loaded,
        args=SFTConfig(output_dir=str(folder / "work"), **settings),
        train_dataset=Dataset.from_list(data),
        processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=LoraConfig(
            r=16, lora_alpha=32, lora_dropout=0.05, target_modules=MODULES, bias="none", task_type="CAUSAL_LM"
        ),
    )
    trainer.train()
    trainer.save_model(str(folder / "out"))


def measured(run: Callable[[Path, str], None], model: str) -> tuple[float, float, float]:
    """Wall time and processor time in seconds, and the peak in MB, of one run."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        used = forked(lambda: run(Path(folder), model))
        return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def forked(work: Callable[[], None]) -> resource.struct_rusage:
    """Do some work in a process that is forked from this one; gives what it used."""
    receiver, sender = get_context("fork").Pipe(duplex=False)

    def told() -> None:
        work()
        sender.send(resource.getrusage(resource.RUSAGE_SELF))

    child = get_context("fork").Process(target=told)
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit("a run failed")
    used: resource.struct_rusage = receiver.recv()
    return used


def ratio(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """The geometric mean of ours over theirs, and the upper limit of its 95 % interval."""
    logs = [math.log(a / b) for a, b in pairs]
    mean = statistics.fmean(logs)
    return math.exp(mean), math.exp(mean + STUDENT * statistics.stdev(logs) / math.sqrt(len(logs)))


def main() -> None:
    """The table."""
    # One thread: those that wait for one another burn the time that is to be measured.
    os.environ["OMP_NUM_THREADS"] = "1"
    for library in ("datasets", "peft", "polars", "torch", "transformers", "trl"):
        importlib.import_module(library)
    from peft import LoraConfig, get_peft_model  # noqa: F401
    from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer  # noqa: F401
    from trl import SFTConfig, SFTTrainer  # noqa: F401

    runs = (tuned, by_hand)
    found: dict[str, list[tuple[float, float, float]]] = {run.__name__: [] for run in runs}
    with tempfile.TemporaryDirectory() as model:
        forked(lambda: write("18M", Path(model)))  # so that nothing has computed where the runs begin
        for number in range(ROUNDS):
            for run in runs[:: 1 if number % 2 else -1]:
                found[run.__name__].append(measured(run, model))
                print(json.dumps({run.__name__: found[run.__name__][-1]}), file=sys.stderr, flush=True)
    print(f"| median of {ROUNDS} | `sft(…)` | TRL by hand | ratio | upper 95 % limit |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for at, (what, unit) in enumerate((("wall time", "s"), ("processor time", "s"), ("peak memory", "MB"))):
        ours, theirs = ([numbers[at] for numbers in found[run.__name__]] for run in runs)
        mean, upper = ratio(list(zip(ours, theirs, strict=True)))
        medians = [f"{statistics.median(numbers):,.1f} {unit}" for numbers in (ours, theirs)]
        print(f"| {what} | {medians[0]} | {medians[1]} | {mean:.2f} | {upper:.2f} |", flush=True)


if __name__ == "__main__":
    main()
