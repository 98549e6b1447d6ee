"""What stands beside merged weights: the tokenizer and the settings of the first model."""

from __future__ import annotations

import shutil
from pathlib import Path

from tunec.runtime.tuning.merging.parents import Parent
from tunec.runtime.tuning.training.result import tidy


def finish(out: Path, first: Parent, base: str) -> None:
    """Write the tokenizer and the generation settings of the first model beside merged weights."""
    first.tokenizer.save_pretrained(out)
    settings = first.folder / "generation_config.json"
    if settings.exists():
        shutil.copyfile(settings, out / settings.name)
    tidy(out, base)
