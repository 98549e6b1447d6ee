"""Vectors of texts: computed once for each distinct text, recorded for good, shared by all steps and specs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.graph import digest
from tunec.runtime.context import Progress
from tunec.runtime.store import Store
from tunec.runtime.values import EmbedderSpec

if TYPE_CHECKING:
    import numpy as np

#: Texts that are encoded and recorded at once. The composition of a chunk depends on nothing but the missing texts.
CHUNK = 1024


def embed(
    store: Store,
    spec: EmbedderSpec,
    texts: Sequence[str],
    encode: Callable[[EmbedderSpec, list[str]], np.ndarray],
    progress: Progress,
) -> np.ndarray:
    """float16 vectors of unit length, shape (texts, dimensions), from the store where it has them.

    Missing texts are encoded longest first in chunks, each recorded whole before the next begins, so that a kill
    repeats at most one chunk and what follows is composed as it would have been.
    """
    import numpy as np

    folder = store.root / "vectors" / digest([spec.kind, spec.id, spec.revision, spec.backend, spec.options], 16)
    keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    wanted = dict(zip(keys, texts, strict=True))
    known: dict[bytes, tuple[int, int]] = {}
    chunks: list[np.ndarray] = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as saved:
            found = [bytes(k) for k in saved["keys"]]
            if not wanted.keys().isdisjoint(found):
                known |= {k: (len(chunks), i) for i, k in enumerate(found) if k in wanted}
                chunks.append(saved["vectors"])
    missing = sorted((k for k in wanted if k not in known), key=lambda k: (-len(wanted[k]), k))
    for start in range(0, len(missing), CHUNK):
        progress(start, len(missing), "embedding texts")
        part = missing[start : start + CHUNK]
        vectors = encode(spec, [wanted[k] for k in part]).astype(np.float16)
        known |= {k: (len(chunks), i) for i, k in enumerate(part)}
        chunks.append(vectors)
        _record(store, folder, part, vectors)
    if missing:
        progress(len(missing), len(missing), "embedding texts")
    width = chunks[0].shape[1] if chunks else 0
    result = np.empty((len(keys), width), dtype=np.float16)
    if keys:
        where = np.array([known[k] for k in keys])
        for number, chunk in enumerate(chunks):
            here = where[:, 0] == number
            result[here] = chunk[where[here, 1]]
    return result


def _record(store: Store, folder: Path, keys: list[bytes], vectors: np.ndarray) -> None:
    import numpy as np

    name = hashlib.blake2b(b"".join(keys), digest_size=16).hexdigest()
    temporary = store.temporary()
    with (temporary / "chunk.npz").open("wb") as file:
        packed = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), 16)
        np.savez(file, keys=packed, vectors=vectors)
    target = folder / f"{name}.npz"
    target.parent.mkdir(parents=True, exist_ok=True)
    (temporary / "chunk.npz").replace(target)
    temporary.rmdir()
