"""Builds a spec of `bench/specs` that trains, and reads what it published."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tunec

ROOT = Path(__file__).parents[1]
DATA = (ROOT / "../shared/data").resolve()


def built(name: str, folder: Path, targets: Sequence[str] = ()) -> Path:
    """The version of a spec, or of some targets of it, built in `folder`, where a run that was interrupted goes on."""
    os.environ["TUNEC_ALLOW_OUTSIDE"] = "1"
    folder.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "bench/specs" / f"{name}.tune").read_text(encoding="utf-8")
    (folder / f"{name}.tune").write_text(text.replace("../../../shared/data", str(DATA)), encoding="utf-8")
    done = tunec.build(folder / f"{name}.tune", targets, store=folder / "store", out=folder / "build")
    assert done.folder is not None
    return done.folder


def training(version: Path, name: str) -> dict[str, Any]:
    """The log and the summary of a training."""
    found: dict[str, Any] = json.loads((version / "models" / name / "training.json").read_text(encoding="utf-8"))
    return found


def scores(version: Path, name: str) -> dict[str, dict[str, Any]]:
    """By model the numbers of the first measure of an evaluation."""
    measures = json.loads((version / "evaluations" / f"{name}.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = measures[0]["models"]
    return found


def number(value: dict[str, Any], key: str = "bits_per_character") -> str:
    """A number with its interval."""
    return f"{value[key]:.3f} ({value['low']:.3f} to {value['high']:.3f})"
