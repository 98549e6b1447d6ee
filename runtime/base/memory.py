"""How much memory a build may use, and how large that lets a portion of rows be."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tunec.dsl.record import record

#: A stage holds a few times what its rows take: themselves, what it computes of them, and what it gives back.
_WHOLE, _PORTION = 16, 64
#: Bytes of rows of a portion that workers are given: some thousand rows, about a second of work.
SHARED = 1 << 23
#: Memory below this is not kept to: the program itself and its libraries take half of it.
LEAST = 1 << 29
#: The number of this setting in glibc's `malloc.h`; other C libraries do not know it, and leave it.
_ARENA_MAX = -8


@record
class Memory:
    """A bound on the memory of a build, in bytes. Where `most` is said, rows of more bytes are in portions of no more,
    however much memory there is: workers share them."""

    limit: int
    most: int | None = None

    @property
    def whole(self) -> int:
        """Bytes of rows up to which a step holds all of them at once."""
        return min(self.limit // _WHOLE, self.most or self.limit)

    @property
    def portion(self) -> int:
        """Bytes of rows of one portion, where they are more."""
        return min(self.limit // _PORTION, self.most or self.limit)

    def rows(self, height: int, size: int) -> int:
        """Rows of one portion of so many, which take so many bytes in all."""
        return max(1, self.portion * height // max(size, 1))


def bound_of(stated: Memory | None, shared: bool) -> Memory:
    """The bound of a build: what a person states, or half of the machine; with small portions where workers share
    them."""
    found = stated or _half_of_the_machine()
    return Memory(found.limit, SHARED) if shared else found


def share_freed() -> None:
    """Let all threads share what the C library keeps of freed memory, where it can: kept by each thread for itself, it
    came to as much as the rest of a build on two threads."""
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Give the system what the C library keeps of freed memory, where it knows how to: between steps of large rows that
    is most of what a process seems to hold."""
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _half_of_the_machine() -> Memory:
    """Half of the memory that this process may use: the machine's, or what its container allows."""
    known = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError):
        known.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return Memory(max(min(known) // 2, LEAST))
