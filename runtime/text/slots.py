"""Which shingles of very many texts may stand in several of them, told by some bits of their hashes that lie in a file.

A shingle that stands alone says that its text has one shingle less in common with any other (`jaccard`). For every
shingle four bytes are in the file; in memory are two tables of bits, of two to four bits a shingle each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Mask = NDArray[np.bool_]

#: Bits of a hash that are kept.
MOST = 32
_CHUNK = 1 << 21  # shingles in memory at once, with some thirty bytes for each


@dataclass(frozen=True, slots=True)
class Bits:
    """A table of bits, one for every value of so many leading bits of a hash."""

    table: NDArray[np.uint8]
    bits: int

    @staticmethod
    def empty(bits: int) -> Bits:
        """No bit is set."""
        return Bits(np.zeros(1 << max(bits - 3, 0), dtype=np.uint8), bits)

    @staticmethod
    def of_frame(frame: pl.DataFrame, bits: int) -> Bits:
        """The table of a `frame`."""
        return Bits(frame["table"].to_numpy(), bits)

    def frame(self) -> pl.DataFrame:
        """The table, eight bits a row."""
        return pl.DataFrame({"table": self.table})

    def of(self, kept: U32) -> Mask:
        """Whether the bit of each is set; `kept` are the leading 32 bits of hashes."""
        slot = kept >> np.uint32(MOST - self.bits)
        found: Mask = (self.table[slot >> np.uint32(3)] >> (slot & np.uint32(7)).astype(np.uint8)) & np.uint8(1) != 0
        return found

    def has(self, hashed: U64) -> Mask:
        """Whether the bit of each hash is set."""
        return self.of(leading(hashed))

    def add(self, slots: U32) -> None:
        """Set the bits of these slots, which ascend."""
        if len(slots):
            places, starts = np.unique(slots >> np.uint32(3), return_index=True)
            one = np.uint8(1) << (slots & np.uint32(7)).astype(np.uint8)
            self.table[places] |= np.bitwise_or.reduceat(one, starts)


def leading(hashed: U64) -> U32:
    """The leading 32 bits of hashes."""
    return (hashed >> np.uint64(64 - MOST)).astype(np.uint32)


class Slots:
    """The leading bits of the hashes of all shingles, text after text, in a file in the folder `scratch`."""

    def __init__(self, scratch: Path | None) -> None:
        self._file = TemporaryFile(dir=scratch)  # noqa: SIM115 - it goes with this
        self.count = 0

    def add(self, kept: U32) -> None:
        """Put those of more texts behind the others."""
        kept.tofile(self._file)
        self.count += len(kept)

    def shared(self, lengths: I64, stands: Mask) -> Bits:
        """The bits of the shingles that may stand several times in the texts that stand. The texts have so many
        shingles."""
        bits = min(MOST, max(3, (2 * self.count).bit_length()))
        seen, twice = Bits.empty(bits), Bits.empty(bits)
        for first, after, kept in self._chunks(lengths):
            stand = np.repeat(stands[first:after], lengths[first:after])
            slots = pl.Series(kept[stand] >> np.uint32(MOST - bits)).sort().to_numpy()
            again = slots[1:][slots[1:] == slots[:-1]]
            new = slots[np.concatenate([[True], slots[1:] != slots[:-1]])] if len(slots) else slots
            known = seen.of(new << np.uint32(MOST - bits))
            twice.add(np.unique(np.concatenate([again, new[known]])))
            seen.add(new)
        return twice

    def alone(self, lengths: I64, twice: Bits) -> I64:
        """How many shingles of each text stand nowhere else."""
        found = np.zeros(len(lengths), dtype=np.int64)
        for first, after, kept in self._chunks(lengths):
            here = lengths[first:after]
            some = np.flatnonzero(here)
            if len(some):
                starts = (np.cumsum(here) - here)[some]
                found[first + some] = np.add.reduceat(~twice.of(kept), starts, dtype=np.int64)
        return found

    def _chunks(self, lengths: I64) -> Iterator[tuple[int, int, U32]]:
        """Portions of the texts, from the first to before the last, with what is in the file of them."""
        ends = np.cumsum(lengths)
        cuts = np.searchsorted(ends, np.arange(_CHUNK, self.count, _CHUNK), side="right")
        self._file.seek(0)
        for first, after in pairwise([0, *np.unique(cuts[cuts > 0]).tolist(), len(lengths)]):
            if first < after:
                many = int(lengths[first:after].sum())
                yield first, after, np.fromfile(self._file, dtype=np.uint32, count=many)
