"""Trainings that two processes share, beside the same in one: `python -m bench.several`.

Those of two processes are also interrupted and resumed. They compute on processors with what GPUs would run:
accelerate, FSDP of torch, and gloo between them. The model is a tiny one that reads bytes, trained on 16 rows, four a
step.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.training.test_objectives import OBJECTIVES
from tests.training.tiny import rows_of, tiny_model
from tunec.runtime.base.method import Job, Trained
from tunec.runtime.ops.adapters.full import full
from tunec.runtime.ops.adapters.lora import lora
from tunec.runtime.ops.models.bundled import bundled
from tunec.runtime.text.vectors import quiet
from tunec.runtime.tuning.training.several import train

#: What is not drawn by chance while it runs: dropout is drawn in each process for itself.
ADAPTERS: dict[str, Any] = {"full": full(), "lora": lora(rank=4, dropout=0.0)}


def job(given: Job, folder: Path, **more: Any) -> Job:
    """The same training in a folder of its own."""
    for name in ("model", "work"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return replace(given, out=folder / "model", work=folder / "work", **more)


def weights(folder: Path) -> Path:
    """The file of weights that a training wrote."""
    (found,) = (folder / "model").glob("*.safetensors")
    return found


def apart(one: Path, other: Path) -> float:
    """The largest difference of two weights of the same place."""
    from safetensors.torch import load_file

    a, b = load_file(one), load_file(other)
    assert a.keys() == b.keys()
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def losses(done: Trained) -> list[float]:
    """The loss of each step."""
    return [entry["loss"] for entry in done.log if "loss" in entry]


def interrupted(objective: Any, given: Job, folder: Path) -> None:
    """Train in two processes until the third step, where somebody presses Ctrl-C."""

    def press(step: int, total: int, what: str) -> None:
        if step == 3:
            raise KeyboardInterrupt

    try:
        train(objective, job(given, folder, progress=press), 2)
    except KeyboardInterrupt:
        return
    raise SystemExit("the training was not interrupted")


def line(name: str, adapter: str, base: Any, folder: Path) -> str:
    """A training in one process and in two, and in two with an interruption."""
    make, kind = OBJECTIVES[name]
    objective = make(
        epochs=1, learning_rate=1e-2, batch_size=4, micro_batch_size=2, max_length=64 if name == "pretrain" else 128,
        warmup=0,
    )  # fmt: skip
    objective = replace(objective, settings=replace(objective.settings, save_steps=2))
    given = Job(base, rows_of(kind, 16), ADAPTERS[adapter], folder, folder, 3, quiet)
    one = objective.train(job(given, folder / "one"))
    two = train(objective, job(given, folder / "two"), 2)
    interrupted(objective, given, folder / "broken")
    again = train(objective, job(given, folder / "broken"), 2)
    same = again == two and weights(folder / "broken").read_bytes() == weights(folder / "two").read_bytes()
    by_loss = max(abs(a - b) for a, b in zip(losses(one), losses(two), strict=True))
    by_weight = apart(weights(folder / "one"), weights(folder / "two"))
    return (
        f"| `{name}` with `{adapter}` | {len(losses(two))} | {losses(two)[0]:.3f} → {losses(two)[-1]:.3f} "
        f"| {by_loss:.0e} | {by_weight:.0e} | {'same bytes' if same else 'DIFFERENT'} |"
    )


def main() -> None:
    """The table."""
    print("| training | steps | loss in two processes | largest difference from one: loss | weights "
          "| interrupted and resumed |")  # fmt: skip
    print("| --- | ---: | --- | ---: | ---: | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        base = tiny_model(bundled("smollm2-135m-instruct"), folder / "tiny")
        for name in sys.argv[1:] or OBJECTIVES:
            for adapter in ADAPTERS:
                print(line(name, adapter, base, folder / name / adapter), flush=True)


if __name__ == "__main__":
    main()
