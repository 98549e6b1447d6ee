"""What a configuration says, in terms of the language: sources, their shares, what is held out, a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tunec.from_yaml.settings import Left, Settings


@dataclass(frozen=True, slots=True)
class Format:
    """How records become rows: the row type, and the format as a spec writes it; whether the language has that form."""

    rows: str
    text: str
    ready: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `settings` is the entry of the configuration that it stands for."""

    settings: Settings
    name: str
    connector: str
    arguments: tuple[str, ...]
    format: Format
    sample: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A value that a configuration gives, or that its tool takes by default; then it has no key."""

    value: Any
    settings: Settings | None = None
    key: str = ""

    def leave(self, reason: str) -> None:
        """Report that the value is not carried."""
        if self.settings is not None:
            self.settings.leave(self.key, reason)


@dataclass(frozen=True, slots=True)
class Training:
    """A training in terms of the language: operators with their arguments, whether or not they can be built yet."""

    model: Asked
    adapter: str
    adapter_arguments: Mapping[str, Asked]
    objective: str
    objective_arguments: Mapping[str, Asked]


@dataclass(slots=True)
class Start:
    """Everything that a spec is written from."""

    tool: str
    file: str
    left: list[Left]
    sources: list[Source] = field(default_factory=list)
    held_out: list[Source] = field(default_factory=list)
    together: bool = True  # the tool trains on all sources at once
    shares: list[float] = field(default_factory=list)
    validation: float = 0.0
    seed: int | None = None
    training: Training | None = None


def with_model(training: Training) -> Training | None:
    """The training, where the configuration names a model; without one, everything it says is left."""
    if training.model.value:
        return training
    for given in (*training.adapter_arguments.values(), *training.objective_arguments.values()):
        given.leave("not carried: the configuration names no model to train")
    return None


def asked(settings: Settings, names: Mapping[str, str], defaults: Mapping[str, Any]) -> dict[str, Asked]:
    """The numbers that stand under `names` (ours by theirs), and the defaults of the tool where they do not."""
    found = {}
    for theirs, ours in names.items():
        if theirs in settings and (value := settings.number(theirs)) is not None:
            found[ours] = Asked(value, settings, theirs)
    return {**{name: Asked(value) for name, value in defaults.items() if value is not None}, **found}


def batches(settings: Settings, each: str, steps: str, default: int) -> dict[str, Asked]:
    """`batch_size` and `micro_batch_size` from the rows on a device and the steps whose gradients are added up."""
    rows, times = settings.number(each, default), settings.number(steps, 1)
    if not isinstance(rows, int) or not isinstance(times, int) or rows < 1 or times < 1:
        for key in (each, steps):
            settings.leave(key, "not carried: expected a whole number above zero")
        return {}
    size = Asked(rows * times, settings if each in settings else None, each)
    return {"batch_size": size, **({"micro_batch_size": Asked(rows, settings, steps)} if times > 1 else {})}


def warmup(settings: Settings, ratio: str, steps: str) -> dict[str, Asked]:
    """The warm-up as a share of the steps. Since version 5 of transformers, steps below one are a share as well."""
    found: dict[str, Asked] = {"warmup": Asked(0)}
    if steps in settings and (value := settings.number(steps)) is not None:
        if 0 <= value < 1:
            found["warmup"] = Asked(value, settings, steps)
        else:
            settings.leave(steps, "not carried: the warm-up of `sft` is a share of the steps, not a number of them")
            found = {}
    if ratio in settings and (value := settings.number(ratio)) is not None:
        found["warmup"] = Asked(value, settings, ratio)
    return found


def modules(settings: Settings, key: str, everything: tuple[str, ...], default: str | None) -> dict[str, Asked]:
    """The weight matrices that get a pair of LoRA matrices."""
    given = settings if key in settings else None
    names = settings.texts(key, separator=",") or ([] if default is None else [default])
    if not names:
        return {}
    return {"modules": Asked("all" if set(names) & set(everything) else names, given, key)}
