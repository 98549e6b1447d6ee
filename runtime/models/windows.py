"""Texts that are longer than an embedder reads, cut into windows that it reads whole."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.values import EmbedderSpec, Windows
from tunec.runtime.models.openvino import longest
from tunec.runtime.models.weights import embedder_folder

if TYPE_CHECKING:
    from tokenizers import Encoding

#: Windows the size of other texts: the powers of two among which they are sorted by size, and the share of the texts
#: from which on a size counts.
_SIZES = (16, 32, 64, 128, 256, 512)
_SOME = 0.05
#: A window begins at the first sentence after this part of the one before it.
_NEXT = 4
#: Where a sentence ends: at a mark before a blank, at a mark of a script without blanks, at a line break.
_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？；][”’」』）]*|\n+")
#: Texts that are cut into pieces at once.
_CHUNK = 1000

Span = tuple[int, int]  # pieces from, up to


def cut(spec: EmbedderSpec, texts: Sequence[str], like: Sequence[str] | None = None) -> Windows:
    """The windows of each text; a text that the embedder reads whole is its own.

    Windows are as long as the embedder reads, one after another; the last one ends with the text. With `like`, texts
    that are looked for, there are also windows of their sizes, which begin and end with sentences: what is a small part
    of a long window has little of its meaning.
    """
    folder = embedder_folder(spec)
    reads, file = longest(folder), folder / "tokenizer.json"
    parts: list[tuple[str, ...]] = [(text,) for text in texts]
    if reads is None or not file.is_file():
        return Windows(parts, 0, 0)
    tokenizer = _tokenizer(file)
    room = reads - len(tokenizer.encode("").ids)
    # A piece is a character at least, but for those that stand for a blank before a text or two halves of one sign.
    maybe = [number for number, text in enumerate(texts) if len(text) > room - 8]
    sizes = None if like is None else _sizes([len(e.ids) for e in _pieces(tokenizer, like)], room)
    count = 0
    for number, found in zip(maybe, _pieces(tokenizer, [texts[n] for n in maybe]), strict=True):
        if len(found.ids) > room:
            count += 1
            parts[number] = tuple(_windows(texts[number], found.offsets, room, sizes))
    return Windows(parts, count, reads)


def _pieces(tokenizer: Any, texts: Sequence[str]) -> Iterator[Encoding]:
    for start in range(0, len(texts), _CHUNK):
        yield from tokenizer.encode_batch(list(texts[start : start + _CHUNK]), add_special_tokens=False)


def _sizes(lengths: Sequence[int], room: int) -> list[int]:
    """The sizes that some of the texts have."""
    found = []
    for low, size in zip((0, *_SIZES), _SIZES, strict=False):
        here = sum(low < length <= size for length in lengths)
        if here and here >= _SOME * len(lengths):
            found.append(min(size, room))
    return found


def _windows(text: str, offsets: list[Span], room: int, sizes: Sequence[int] | None) -> Iterator[str]:
    spans = dict.fromkeys(_whole(len(offsets), room))
    if sizes is not None:
        starts = [start for start, _ in offsets]
        ends = {bisect_left(starts, found.end()) for found in _END.finditer(text)}
        borders = sorted({0, len(offsets)} | ends)
        for size in sizes:
            spans |= dict.fromkeys(_sentences(borders, size, room))
    # Different pieces may stand for the same part of a text.
    yield from dict.fromkeys(text[offsets[first][0] : offsets[after - 1][1]] for first, after in spans)


def _whole(count: int, room: int) -> Iterator[Span]:
    for start in range(0, count - room, room):
        yield start, start + room
    yield max(0, count - room), count


def _sentences(borders: Sequence[int], size: int, room: int) -> Iterator[Span]:
    """Runs of whole sentences of at most this size, at least one sentence each; of a very long one the beginning."""
    begins = -size
    for number, start in enumerate(borders[:-1]):
        if start < begins + size // _NEXT:
            continue
        begins = start
        last = max(number + 1, bisect_left(borders, start + size + 1) - 1)
        yield start, min(borders[last], start + room)


@functools.lru_cache(maxsize=2)
def _tokenizer(file: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
