"""Vectors of texts: computed once for each distinct text, recorded for good, shared by all steps and specs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tunec.compiler.graph import digest
from tunec.runtime.context import Progress
from tunec.runtime.files import write_bytes
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
) -> tuple[np.ndarray, int]:
    """float16 vectors of unit length, shape (texts, dimensions), from the store where it has them; and how many of the
    texts had to be encoded.

    Missing texts are encoded longest first in chunks, each recorded whole before the next begins, so that a kill
    repeats at most one chunk and what follows is composed as it would have been.
    """
    import numpy as np

    folder = f"vectors/{digest([spec.kind, spec.id, spec.revision, spec.backend, spec.options], 16)}"
    keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    wanted = dict(zip(keys, texts, strict=True))
    known: dict[bytes, tuple[int, int]] = {}
    chunks: list[np.ndarray] = []
    for name in _recorded(store, folder):
        saved = _read(store, f"{folder}/{name}")
        if saved is None:
            continue
        found = [bytes(k) for k in saved[0]]
        if not wanted.keys().isdisjoint(found):
            store.touched.add(f"{folder}/{name}")
            known |= {k: (len(chunks), i) for i, k in enumerate(found) if k in wanted}
            chunks.append(saved[1])
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
    return result, len(missing)


def _recorded(store: Store, folder: str) -> list[str]:
    """The names of an embedder's chunks; those of the shared store are fetched first."""
    here = {p.name for p in (store.root / folder).glob("*.npz")}
    if store.remote is not None:
        for name in set(store.remote.names(folder)) - here:
            if name.endswith(".npz") and store.remote.pull_file(f"{folder}/{name}", store.root / folder / name):
                here.add(name)
    return sorted(here)


def _read(store: Store, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Keys and vectors of a chunk; a chunk that is not what its name says is set aside."""
    import io

    import numpy as np

    path = store.root / name
    content = path.read_bytes()
    if hashlib.blake2b(content, digest_size=16).hexdigest() != path.stem:
        store.warn(f"damaged: {path} is not as it was written; its texts are embedded again")
        store.put_aside(path)
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        return saved["keys"], saved["vectors"]


def _record(store: Store, folder: str, keys: list[bytes], vectors: np.ndarray) -> None:
    import io

    import numpy as np

    packed = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), 16)
    whole = io.BytesIO()
    np.savez(whole, keys=packed, vectors=vectors)
    content = whole.getvalue()
    name = f"{folder}/{hashlib.blake2b(content, digest_size=16).hexdigest()}.npz"
    write_bytes(store.root / name, content)
    store.touched.add(name)
    if store.remote is not None:
        store.remote.push_file(name, store.root / name)
