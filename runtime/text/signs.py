"""What counts of a text where it is compared with others: its words, and the marks that carry meaning.

White space and the punctuation of sentences count for nothing, so that neither a lost blank nor a lost comma hides
anything. Symbols count, and so does punctuation where it is part of a number, an operation, an amount or a name
(`tunec.runtime.text.marks`). Words are runs of letters and digits; in scripts without spaces each character is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.laid_out import unmarked
from tunec.runtime.text.marks import Kind, joining, kinds_of, meaningful
from tunec.runtime.text.normal import folded
from tunec.runtime.text.words import UNSPACED, count_words

U64 = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
Kinds = NDArray[np.uint8]

#: An odd number with bits all over.
SPREAD = np.uint64(0x9E3779B97F4A7C15)
#: Of eight bytes the first so many, as little-endian numbers.
FIRST = np.array([(1 << 8 * many) - 1 for many in range(9)], dtype=np.uint64)
_LONG = 64  # longer words are hashed one by one
_BLANK = ord(" ")
#: A byte that is in no text.
EDGE = 0xFF
_TEXTS, _BYTES = 10_000, 8_000_000  # of which the signs are in memory at once, for each processor


@dataclass(frozen=True)
class Signs:
    """Texts in their normal form as UTF-8: their bytes, with an edge before each text and after the last, and of each
    byte what its character is and whether it counts. `begins` says where words begin, or marks."""

    codes: Bytes
    kinds: Kinds
    counts: Mask
    begins: Mask

    @cached_property
    def edges(self) -> I64:
        """Where the edges are."""
        return np.flatnonzero(self.kinds == Kind.EDGE)

    def words(self, *, marks: bool) -> tuple[U64, I64]:
        """The words of all texts as 64-bit hashes, with or without their marks, and how many each text has. No word
        hashes to 0."""
        starts, ends = self._spans(marks)
        lengths = np.diff(np.searchsorted(starts, self.edges)).astype(np.int64)
        return word_hashes(self.codes, starts, ends - starts), lengths

    def long(self, least: int) -> Mask:
        """Which texts have so many words. Scripts without spaces are cut into words for that."""
        starts, _ = self._spans(marks=False)
        enough = np.diff(np.searchsorted(starts, self.edges)) >= least
        unspaced = np.diff(np.searchsorted(np.flatnonzero(self.kinds == Kind.UNSPACED), self.edges)) > 0
        # A word of them has one character or more.
        open_ = np.flatnonzero(enough & unspaced)
        if len(open_):
            written = self.written(marks=False).gather(open_)
            for _ in range(2):  # a match takes both of its characters
                written = written.str.replace_all(f"([{UNSPACED}]) ([{UNSPACED}])", "$1$2")
            enough[open_] = (count_words(written) >= least).to_numpy()
        return enough

    def written(self, *, marks: bool) -> pl.Series:
        """The words of each text with blanks between them, with or without their marks."""
        starts, ends = self._spans(marks)
        whole = self.codes.tobytes()
        words = [whole[a:b].decode() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        cuts = np.searchsorted(starts, self.edges).tolist()
        return pl.Series([" ".join(words[a:b]) for a, b in pairwise(cuts)], dtype=pl.String)

    def packed(self) -> Packed:
        """The signs of each text without anything between them, but a blank between two digits."""
        starts, ends = self._every
        number = np.flatnonzero(self.kinds[starts[1:]] == Kind.DIGIT) + 1
        number = number[self.kinds[ends[number - 1] - 1] == Kind.DIGIT]
        blank = starts[number] - 1
        # Not from one text to the next.
        within = np.searchsorted(self.edges, blank, "right") == np.searchsorted(self.edges, ends[number - 1], "left")
        number, blank = number[within], blank[within]
        kept = self.codes * self.counts
        kept[blank], kept[self.edges] = _BLANK, EDGE
        # Every sign is in some word, so a word begins after all words, blanks and edges before it.
        added = np.zeros(len(starts) + 1, dtype=np.int64)
        np.add.at(added, number, 1)
        np.add.at(added, np.searchsorted(starts, self.edges), 1)
        lengths = ends - starts
        packed = np.frombuffer(kept.tobytes().translate(None, b"\0"), dtype=np.uint8)
        return Packed(packed, np.cumsum(lengths) - lengths + np.cumsum(added)[:-1])

    @cached_property
    def _every(self) -> tuple[I64, I64]:
        over = self.counts.copy()
        over[:-1] &= ~self.counts[1:] | self.begins[1:]
        return np.flatnonzero(self.begins), np.flatnonzero(over) + 1

    def _spans(self, marks: bool) -> tuple[I64, I64]:
        """Where words begin and end."""
        starts, ends = self._every
        if marks:
            return starts, ends
        word = self.kinds[starts] < Kind.MARK
        return starts[word], ends[word]


@dataclass(frozen=True)
class Packed:
    """Texts as one array of bytes, with an `EDGE` before each text and after the last, and where their words begin."""

    codes: Bytes
    starts: I64

    @cached_property
    def edges(self) -> I64:
        """Where the edges are."""
        return np.flatnonzero(self.codes == EDGE)

    @cached_property
    def whole(self) -> bytes:
        """The bytes."""
        return self.codes.tobytes()

    @cached_property
    def eights(self) -> U64:
        """At every place, and behind the last, the number that the eight bytes from there on are."""
        return eights(self.codes)

    @cached_property
    def first_eights(self) -> U64:
        """That number where each word begins."""
        return self.eights[self.starts]

    def texts(self) -> list[bytes]:
        """Each text."""
        return self.whole.split(bytes([EDGE]))[1:-1]


def signs_of(texts: pl.Series) -> Signs:
    """The signs of texts; a missing text has none."""
    spelled = unmarked(folded(texts).fill_null(""))
    long = spelled.str.len_bytes().to_numpy().astype(np.int64)
    whole = b"\0%b\0" % (spelled.str.join("\0").cast(pl.Binary).item() if len(texts) else b"")
    codes, kinds = kinds_of(np.frombuffer(whole, dtype=np.uint8)[: None if len(texts) else 1])
    kinds[np.cumsum(np.concatenate([[0], long + 1]))] = Kind.EDGE
    something = kinds != Kind.NOTHING
    if not something.all():
        codes, kinds = codes[something], kinds[something]
    stays = ~joining(codes, kinds)
    codes, kinds = codes[stays], kinds[stays]
    kinds[meaningful(codes, kinds)] = Kind.MARK
    counts = kinds >= Kind.LETTER
    begins = kinds >= Kind.UNSPACED
    begins[1:] |= begins[:-1] | ~counts[:-1]
    begins &= counts
    begins &= (codes & 0xC0) != 0x80  # not inside of a character
    return Signs(codes, kinds, counts, begins)


def word_lists(texts: pl.Series) -> pl.Series:
    """The words of each text as a list, without marks."""
    written = signs_of(texts).written(marks=False)
    return written.set(written == "", None).str.split(" ").fill_null([])


def portions(texts: pl.Series) -> Iterator[pl.Series]:
    """The texts in portions of which the signs may be in memory at once."""
    size = np.cumsum(texts.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)) // _BYTES
    number = np.maximum(size, 0) + np.arange(len(texts)) // _TEXTS * (int(size[-1]) + 1 if len(texts) else 1)
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(texts)]
    for first, after in pairwise(cuts):
        yield texts.slice(first, after - first)


def mixed(values: U64) -> U64:
    """splitmix64's finaliser: spreads the bits."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


def eights(codes: Bytes) -> U64:
    """At every place, and behind the last, the number that the eight bytes from there on are."""
    padded = np.concatenate([codes, np.zeros(8, dtype=np.uint8)])
    return np.ndarray(len(codes) + 1, dtype="<u8", buffer=padded, strides=(1,))


def word_hashes(codes: Bytes, starts: I64, lengths: I64, numbers: U64 | None = None) -> U64:
    """A hash of each word, taken eight bytes at a time. `numbers` are the `eights` of the codes, where known."""
    numbers = eights(codes) if numbers is None else numbers
    hashed = mixed(numbers[starts] & FIRST[np.minimum(lengths, 8)])
    more = np.flatnonzero(lengths > 8)
    for step in range(8, _LONG, 8):
        more = more[lengths[more] > step]
        if not len(more):
            break
        piece = numbers[starts[more] + step] & FIRST[np.minimum(lengths[more] - step, 8)]
        hashed[more] = mixed(hashed[more] * SPREAD + piece)
    for word in more[lengths[more] > _LONG].tolist():
        whole = codes[starts[word] : starts[word] + lengths[word]].tobytes()
        hashed[word] = int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest(), "little")
    return hashed | np.uint64(1)
