"""What models have to share before they can be merged: architecture, shapes of weights, and tokenizer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tunec.compiler.planning.fingerprint import SHORT
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.local import fresh, is_adapter, layers, opened_tokenizer


@dataclass(frozen=True)
class Parent:
    """A model that is to be merged. The shapes of an adapter's weights are those of the model below it."""

    spec: ModelSpec

    @property
    def name(self) -> str:
        """The model as the engine knows it, which puts the name of its declaration in the place."""
        return self.spec.revision[:SHORT] if self.spec.adapter else f"`{self.spec.id}`"

    @cached_property
    def folder(self) -> Path:
        """Where whole weights of its shapes lie."""
        return layers(self.spec)[0]

    @cached_property
    def tokenizer(self) -> Any:
        """Its tokenizer."""
        return opened_tokenizer(self.spec)[0]

    @cached_property
    def architecture(self) -> str:
        """The class that transformers computes it with."""
        config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        return ", ".join(config.get("architectures") or [config.get("model_type", "unknown")])

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight."""
        from safetensors import safe_open

        found: dict[str, tuple[int, ...]] = {}
        for path in sorted(self.folder.glob("*.safetensors")):
            with safe_open(path, framework="np") as tensors:
                found |= {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118
        return found

    def whole(self, work: Path) -> Path:
        """A folder with its whole weights; those of an adapter, put into the model below it, are written to `work`."""
        if not is_adapter(self.spec):
            return self.folder
        model, _ = fresh(self.spec, half=False)
        model.merge_and_unload().to("cpu").save_pretrained(work)
        return work


def check(models: Sequence[ModelSpec]) -> tuple[str, ...]:
    """Compare models with the first one; OperatorError where they cannot be merged. Gives what a person should know."""
    first, *others = (Parent(model) for model in models)
    return tuple(note for other in others for note in _compared(first, other))


def _compared(first: Parent, other: Parent) -> Iterator[str]:
    both = f"{first.name} and {other.name}"
    if first.architecture != other.architecture:
        raise OperatorError(
            f"{both} are of different architectures ({first.architecture}, {other.architecture}) and cannot be merged"
        )
    ours, theirs = first.tokenizer.get_vocab(), other.tokenizer.get_vocab()
    apart = sorted(piece for piece in ours.keys() | theirs.keys() if ours.get(piece) != theirs.get(piece))
    if apart:
        raise OperatorError(
            f"{both} have different tokenizers ({len(apart):,} pieces differ, `{apart[0]}` for instance), so weights "
            "of different pieces would be mixed: merge models that were trained with one tokenizer"
        )
    for name in sorted(first.shapes.keys() | other.shapes.keys()):
        shapes = first.shapes.get(name), other.shapes.get(name)
        if shapes[0] != shapes[1]:
            said = " and ".join("absent" if shape is None else "×".join(map(str, shape)) for shape in shapes)
            raise OperatorError(f"{both} have weights of different shapes: `{name}` is {said}")
    if first.tokenizer.chat_template != other.tokenizer.chat_template:
        yield f"{both} have different chat templates: the merged model has that of {first.name}"
