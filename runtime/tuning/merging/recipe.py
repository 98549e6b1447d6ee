"""Merges that mergekit computes: the configuration, and a run of it on folders with whole weights."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tunec.runtime.base.method import Merged
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.device import prepare
from tunec.runtime.tuning.merging.parents import Parent, check
from tunec.runtime.tuning.merging.written import finish


@dataclass(frozen=True, slots=True)
class Recipe:
    """A merge by one of mergekit's methods.

    `base` is the model that the others are seen as changes of; with `first`, the first one is. `settings` are those of
    the whole merge; `weights` has a number for each model, and is empty where each counts alike.
    """

    method: str
    base: ModelSpec | None = None
    first: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[float, ...] = ()

    def merge(self, models: Sequence[ModelSpec], out: Path, work: Path, seed: int) -> Merged:
        """See `Merging`."""
        given = [*models, *([self.base] if self.base is not None else [])]
        notes = check(given)
        _known(self.settings, Parent(models[0]))
        with tempfile.TemporaryDirectory(dir=work) as made:
            folders = [str(Parent(model).whole(Path(made) / str(number))) for number, model in enumerate(given)]
            _run(self.configuration(folders), out, seed)
        finish(out, Parent(models[0]), models[0].id)
        return Merged(notes, self.configuration([f"model-{number + 1}" for number in range(len(given))]))

    def configuration(self, models: Sequence[str]) -> dict[str, Any]:
        """What mergekit is to do, with these names of the models; that of the base comes last."""
        merged = models[:-1] if self.base is not None else models
        weights = self.weights or (1.0,) * len(merged)
        own = [{} if self.first else {"parameters": {"weight": weight}} for weight in weights]
        base = models[-1] if self.base is not None else models[0] if self.first else None
        return {
            "merge_method": self.method,
            **({"base_model": base} if base is not None else {}),
            "models": [{"model": name, **more} for name, more in zip(merged, own, strict=True)],
            **({"parameters": dict(self.settings)} if self.settings else {}),
            "dtype": "float32",
        }


def _known(settings: Mapping[str, Any], first: Parent) -> None:
    """Raise OperatorError where a schedule names parts that no weight has in its name: they would have no effect."""
    for setting, value in settings.items():
        for entry in value if isinstance(value, list) else ():
            part = entry.get("filter", "") if isinstance(entry, dict) else ""
            if not any(part in name for name in first.shapes):
                words = {word for name in first.shapes for word in name.split(".") if not word.isdigit()}
                near = get_close_matches(part, sorted(words), 1, 0.6)
                help_ = f": did you mean `{near[0]}`?" if near else f"; their parts are {', '.join(sorted(words))}"
                raise OperatorError(f"`{setting}`: no weight of {first.name} has `{part}` in its name{help_}")


def _run(configuration: Mapping[str, Any], out: Path, seed: int) -> None:
    prepare()
    try:
        from mergekit.config import MergeConfiguration
        from mergekit.merge import run_merge
        from mergekit.options import MergeOptions
    except ModuleNotFoundError as error:
        raise OperatorError(f"`{error.name}` is not installed: pip install 'tunec[merge]'") from None
    import torch

    options = MergeOptions(
        copy_tokenizer=False,
        write_model_card=False,
        trust_remote_code=False,
        quiet=True,
        device="cpu",  # the same bytes everywhere; merging reads each weight once
        random_seed=seed % 2**32,
    )
    with torch.random.fork_rng():
        run_merge(MergeConfiguration.model_validate(dict(configuration)), str(out), options)
