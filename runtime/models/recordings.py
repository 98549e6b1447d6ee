"""Recorded arrays: rows of numbers that are computed once for each key, in chunks that are never changed again.

A chunk is a file that holds the keys of its rows and the rows; it is named by the hash of its content.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING

from tunec.runtime.base.values import Progress
from tunec.runtime.store.files import write_bytes
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import numpy as np


def key_of(content: str) -> bytes:
    """The key of a row that is computed of this text: 16 bytes."""
    return hashlib.blake2b(content.encode(), digest_size=16).digest()


def recorded(
    store: Store,
    folder: str,
    contents: Sequence[str],
    compute: Callable[[Iterable[list[int]]], Iterator[np.ndarray]],
    chunk: int,
    progress: Progress,
    what: str,
    again: str,
) -> tuple[np.ndarray, int]:
    """The rows of an array, one for each content, from the store where it has them; and how many had to be computed.

    `compute(chunks)` gives for each chunk the rows of the contents with these numbers, in their order. Of equal
    contents one is computed. What is missing is computed longest first in chunks of `chunk`, each recorded whole as
    soon as it is given, so that a kill repeats at most what was under way and what follows is composed as it would have
    been: the order of the contents never decides who is computed together. `what` is said while it goes on, `again` of
    a damaged chunk.
    """
    import numpy as np

    keys = [key_of(content) for content in contents]
    first: dict[bytes, int] = {}
    for number, key in enumerate(keys):
        first.setdefault(key, number)
    known, chunks = _known(store, folder, first.keys(), again)
    missing = sorted((k for k in first if k not in known), key=lambda k: (-len(contents[first[k]]), k))
    parts = [missing[start : start + chunk] for start in range(0, len(missing), chunk)]
    made = compute([first[k] for k in part] for part in parts)
    for number, part in enumerate(parts):
        progress(number * chunk, len(missing), what)
        rows = next(made)
        known |= {k: (len(chunks), i) for i, k in enumerate(part)}
        chunks.append(rows)
        _record(store, folder, part, rows)
    if missing:
        progress(len(missing), len(missing), what)
    if not keys:
        return np.empty((0, 0)), 0
    result = np.empty((len(keys), chunks[0].shape[1]), dtype=chunks[0].dtype)
    where = np.array([known[k] for k in keys])
    for number, rows in enumerate(chunks):
        here = where[:, 0] == number
        result[here] = rows[where[here, 1]]
    return result, len(missing)


def stored(store: Store, folder: str, contents: Sequence[str], again: str) -> dict[int, np.ndarray]:
    """The rows that the store has, by the number of their content. Nothing is computed."""
    keys = [key_of(content) for content in contents]
    known, chunks = _known(store, folder, set(keys), again)
    places = ((number, known.get(key)) for number, key in enumerate(keys))
    return {number: chunks[place[0]][place[1]] for number, place in places if place is not None}


def _known(
    store: Store, folder: str, wanted: Set[bytes], again: str
) -> tuple[dict[bytes, tuple[int, int]], list[np.ndarray]]:
    """Where the rows of keys are, as numbers of a chunk and of a row in it; and the chunks that have some."""
    known: dict[bytes, tuple[int, int]] = {}
    chunks: list[np.ndarray] = []
    for name in _names(store, folder):
        saved = _read(store, f"{folder}/{name}", again)
        if saved is None:
            continue
        found = [bytes(k) for k in saved[0]]
        if not wanted.isdisjoint(found):
            store.touched.add(f"{folder}/{name}")
            known |= {k: (len(chunks), i) for i, k in enumerate(found) if k in wanted}
            chunks.append(saved[1])
    return known, chunks


def _names(store: Store, folder: str) -> list[str]:
    """The names of a folder's chunks; those of the shared store are fetched first."""
    store.fetch(folder, ".npz")
    return sorted(p.name for p in (store.root / folder).glob("*.npz"))


def _read(store: Store, name: str, again: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Keys and rows of a chunk; a chunk that is not what its name says is set aside."""
    import numpy as np

    path = store.root / name
    content = path.read_bytes()
    if hashlib.blake2b(content, digest_size=16).hexdigest() != path.stem:
        store.warn(f"damaged: {path} has changed since it was written; {again}")
        store.put_aside(path)
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        return saved["keys"], saved["vectors"]


def _record(store: Store, folder: str, keys: list[bytes], rows: np.ndarray) -> None:
    import numpy as np

    packed = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), 16)
    whole = io.BytesIO()
    np.savez(whole, keys=packed, vectors=rows)
    content = whole.getvalue()
    name = f"{folder}/{hashlib.blake2b(content, digest_size=16).hexdigest()}.npz"
    write_bytes(store.at(name), content)
    store.touched.add(name)
    if store.remote is not None:
        store.remote.push_file(name, store.at(name))
