"""Vectors of texts: computed once for each distinct text, recorded for good, shared by all steps and specs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tunec.compiler.graph import digest
from tunec.runtime.base.values import EmbedderSpec, Progress
from tunec.runtime.base.workers import Workers
from tunec.runtime.models.recordings import recorded
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import numpy as np

#: Texts that are encoded and recorded at once. The composition of a chunk depends on nothing but the missing texts.
CHUNK = 1024


def folder_of(spec: EmbedderSpec) -> str:
    """The folder of the store that holds the vectors of an embedder."""
    return f"vectors/{digest([spec.kind, spec.id, spec.revision, spec.backend, spec.options], 16)}"


def embed(
    store: Store,
    spec: EmbedderSpec,
    texts: Sequence[str],
    encode: Callable[[EmbedderSpec, list[str]], np.ndarray],
    progress: Progress,
    workers: Workers | None = None,
) -> tuple[np.ndarray, int]:
    """float16 vectors of unit length, shape (texts, dimensions), from the store where it has them; and how many of the
    texts had to be encoded: by workers, where there are any."""
    import numpy as np

    def compute(chunks: Iterable[list[int]]) -> Iterator[np.ndarray]:
        parts = ([texts[number] for number in numbers] for numbers in chunks)
        found = workers.vectors(asdict(spec), parts) if workers is not None else (encode(spec, part) for part in parts)
        return (vectors.astype(np.float16, copy=False) for vectors in found)

    again = "its texts are embedded again"
    vectors, computed = recorded(store, folder_of(spec), texts, compute, CHUNK, progress, "embedding texts", again)
    return vectors.astype(np.float16, copy=False), computed
