"""Short trainings of the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tunec.runtime.base.method import Adapter, Job, Trained
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.adapters.lora import lora
from tunec.runtime.ops.objectives.sft import sft
from tunec.runtime.text.vectors import quiet


def rows(count: int = 6, response: str = "The answer is blue.") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"{n:016x}" for n in range(count)],
            "origin": ["a" if n % 2 else "b" for n in range(count)],
            "position": list(range(count)),
            "parents": [[] for _ in range(count)],
            "instruction": [f"What is the colour of thing {n}?" for n in range(count)],
            "input": [""] * count,
            "response": [response] * count,
            "system": [""] * count,
        },
        schema_overrides={"parents": pl.List(pl.String)},
    )


def train(base: ModelSpec, out: Path, data: pl.DataFrame, adapter: Adapter | None = None, **more: Any) -> Trained:
    """Train in a folder; the model is written to `out/model`."""
    (out / "model").mkdir(parents=True)
    (out / "work").mkdir()
    objective = sft(**{"epochs": 1, "learning_rate": 1e-3, "batch_size": 4, "max_length": 64, **more})
    chosen = adapter or lora(rank=2, alpha=4)
    return objective.train(Job(base, data, chosen, out / "model", out / "work", 3, quiet))


def adapted(out: Path) -> dict[str, np.ndarray]:
    """The weights of the adapter that a training wrote, by name."""
    from safetensors.numpy import load_file

    found: dict[str, np.ndarray] = load_file(out / "model" / "adapter_model.safetensors")
    return found
