"""Shingles of a portion of texts: hashes of n words that follow each other; what is told of all of them, and then of
those that may stand in several texts. Workers may be given this to do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.workers import Settings, Work, Worked
from tunec.runtime.text.ngrams import Sequences, hashes
from tunec.runtime.text.signs import signs_of
from tunec.runtime.text.slots import Bits

I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

#: At most, of a shingle's hash, by which shingles of texts in memory are told apart before they are compared.
BITS = 27


@dataclass(frozen=True, slots=True)
class Scan:
    """Of each text the sum of its shingles' hashes and their number; of each shingle some bits of its hash."""

    same: U64
    lengths: I64
    slots: U32

    @staticmethod
    def among(texts: pl.Series, n: int, bits: int) -> Scan:
        """That of some texts: so many leading bits of each hash."""
        text, hashed = _shingles(texts, n)
        lengths = np.bincount(text, minlength=len(texts)).astype(np.int64)
        some = np.flatnonzero(lengths)
        same = np.zeros(len(texts), dtype=np.uint64)
        if len(some):
            same[some] = np.add.reduceat(hashed, (np.cumsum(lengths) - lengths)[some])
        return Scan(same, lengths, slots_of(hashed, bits))

    @staticmethod
    def of(worked: Worked) -> Scan:
        """What `scanning` made of a portion."""
        of_texts, of_shingles = worked.frames
        return Scan(of_texts["same"].to_numpy(), of_texts["length"].to_numpy(), of_shingles["slot"].to_numpy())


def scanning(settings: Settings) -> Work:
    """The task that scans texts (`text`): shingles of `n` words, of whose hashes so many leading `bits` are kept."""
    n, bits = int(settings["n"]), int(settings["bits"])

    def work(part: pl.DataFrame) -> Worked:
        found = Scan.among(part["text"], n, bits)
        of_texts = pl.DataFrame({"same": found.same, "length": found.lengths})
        return Worked((of_texts, pl.DataFrame({"slot": found.slots})))

    return work


@dataclass(frozen=True, slots=True)
class Shared:
    """Hashes of the shingles that may stand in another text too, text after text: how many of them each text has, and
    how many others."""

    hashed: U64
    shared: I64
    lone: I64

    @staticmethod
    def among(texts: pl.Series, n: int, known: Bits | Table) -> Shared:
        """Those of some texts."""
        text, hashed = _shingles(texts, n)
        others = known.has(hashed)
        shared, lone = (np.bincount(text[mask], minlength=len(texts)).astype(np.int64) for mask in (others, ~others))
        return Shared(hashed[others], shared, lone)

    @staticmethod
    def of(worked: Worked) -> Shared:
        """What `sharing` made of a portion."""
        of_texts, of_shingles = worked.frames
        return Shared(of_shingles["hash"].to_numpy(), of_texts["shared"].to_numpy(), of_texts["lone"].to_numpy())


def sharing(settings: Settings, table: pl.DataFrame) -> Work:
    """The task that finds the shingles of texts (`text`) that may stand in others too, by a table of `bits`."""
    n, known = int(settings["n"]), Bits.of_frame(table, int(settings["bits"]))

    def work(part: pl.DataFrame) -> Worked:
        found = Shared.among(part["text"], n, known)
        of_texts = pl.DataFrame({"shared": found.shared, "lone": found.lone})
        return Worked((of_texts, pl.DataFrame({"hash": found.hashed})))

    return work


@dataclass(frozen=True, slots=True)
class Table:
    """Whether several shingles are in a slot, for each of so many bits of a hash."""

    table: NDArray[np.bool_]
    bits: int

    def has(self, hashed: U64) -> NDArray[np.bool_]:
        """Whether several are in the slot of each hash."""
        return self.table[slots_of(hashed, self.bits)]


def slots_of(hashed: U64, bits: int) -> U32:
    """The leading bits of hashes."""
    return (hashed >> np.uint64(64 - bits)).astype(np.uint32)


def _shingles(texts: pl.Series, n: int) -> tuple[I64, U64]:
    """Every n-gram, as the number of its text and a hash; a shorter text is one."""
    words = Sequences(*signs_of(texts).words(marks=True)).padded(n)
    text, position = words.windows(n)
    return text, hashes(words.words, position, n)
