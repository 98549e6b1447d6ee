"""What an operator may use while it runs, handed to it as the argument `ctx`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.runtime.values import EmbedderSpec

if TYPE_CHECKING:
    import numpy as np

#: `progress(done, total, what)`: tells the person who waits.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Context:
    """`seed` is hash(seed of the spec, operator, its arguments), never the rows (`docs/semantics.md`): a random choice
    ranks rows by hash(seed, row id). `embed(embedder, texts)` gives float16 vectors of unit length, shape
    (texts, dimensions), recorded by content in the store. Relative paths start in `folder`, the spec's.
    """

    seed: int
    embed: Callable[[EmbedderSpec, Sequence[str]], np.ndarray]
    progress: Progress
    folder: Path = Path()
