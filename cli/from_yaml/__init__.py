"""Starts a spec from the configuration of another tool: axolotl, LLaMA-Factory, TRL or Unsloth, one module each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.from_yaml import axolotl, llamafactory, trl, unsloth
from tunec.from_yaml.settings import Left, NotUnderstood, read_settings
from tunec.from_yaml.start import Start
from tunec.from_yaml.writing import spec_text

__all__ = ["Begun", "Left", "NotUnderstood", "spec_from_yaml"]

#: The tools, each told by keys that only it has; the most telling first.
_TOOLS = (
    (unsloth.NAME, unsloth.is_unsloth, unsloth.read),
    (trl.NAME, trl.is_trl, trl.read),
    (llamafactory.NAME, llamafactory.is_catalogue, llamafactory.read_catalogue),
    (llamafactory.NAME, llamafactory.is_training, llamafactory.read),
    (axolotl.NAME, axolotl.is_axolotl, axolotl.read),
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A spec in canonical form, and what it does not carry of the configuration, key by key."""

    text: str
    left: tuple[Left, ...]


def spec_from_yaml(path: Path, catalogue: Catalogue) -> Begun:
    """The spec that a configuration says. Raises NotUnderstood and OSError."""
    from tunec.dsl.format import format_text
    from tunec.dsl.source import Source

    left: list[Left] = []
    settings = read_settings(path, left)
    tool = next(((name, read) for name, fits, read in _TOOLS if fits(settings)), None)
    if tool is None:
        raise NotUnderstood(
            f"{path} is not a configuration that is known here: axolotl has `datasets`, LLaMA-Factory `dataset` or a "
            "`file_name` for each data set, TRL `dataset_name`, Unsloth `data`"
        )
    start = Start(tool[0], path.name, left)
    tool[1](settings, start)
    if not start.sources:
        raise NotUnderstood(f"{path} names no data set that tunec can read" + "".join(f"\n  {said}" for said in left))
    text = format_text(Source(path.stem, spec_text(start, catalogue)))
    return Begun(text, tuple(sorted(left, key=lambda said: (said.file, said.line))))
