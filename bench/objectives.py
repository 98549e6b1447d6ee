"""Trains the bundled model with every objective on a few real rows, beside the base on rows that were held out.

python -m bench.objectives FOLDER [TRAINING …]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from bench.trained import built, number, scores, training

#: By training the evaluation that has it beside the base.
TRAININGS = {
    "sft_lora": "answered",
    "sft_full": "answered",
    "pretrain_lora": "read",
    "pretrain_full": "read",
    "dpo_lora": "",
    "kto_lora": "",
}


def row(version: Path, name: str, evaluation: str) -> str:
    """A line of the table: the training loss of the first and last two steps, the loss on held-out rows of the base
    and after the training, and bits a character of both."""
    found = training(version, name)
    losses = [entry["loss"] for entry in found["log"] if "loss" in entry]
    summary = found["summary"]
    before, after = summary["validation_loss_before"], summary["validation_loss"]
    measured = ["—", "—"]
    if evaluation:
        models = scores(version, evaluation)
        measured = [number(models["base"]), number(models[name])]
    return (
        f"| `{name}` | {summary['rows']} | {summary['steps']} | {fmean(losses[:2]):.3f} → {fmean(losses[-2:]):.3f} | "
        f"{before:.3f} → {after:.3f} | {' | '.join(measured)} |"
    )


def main(folder: Path, names: Sequence[str]) -> None:
    """Build the spec, or some trainings of it, and print the table."""
    evaluations = {TRAININGS[name] for name in names} - {""}
    version = built("objectives", folder, [*names, *sorted(evaluations)])
    print("| training | rows | steps | loss, first two steps → last two | held-out loss, base → trained "
          "| held-out bits a character, base | trained |")  # fmt: skip
    print("| --- | ---: | ---: | --- | --- | --- | --- |")
    for name in names or TRAININGS:
        print(row(version, name, TRAININGS[name]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
