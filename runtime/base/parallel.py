"""The same work on the parts of something, on as many processors as a build may use; what this process has taken."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Part = TypeVar("Part")
Result = TypeVar("Result")


def workers() -> int:
    """How many processors a build may use (`--jobs`)."""
    import polars as pl

    return pl.thread_pool_size()


def most_memory() -> int:
    """The most memory that this process has held so far, in bytes."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def side_by_side(function: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """`map` in threads: results in the order of the parts, no more of them in memory than there are workers.

    For work in Polars and NumPy, which leave the interpreter to others while they compute.
    """
    many = workers()
    if many == 1:
        yield from map(function, parts)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(many) as pool:
        running: deque[Future[Result]] = deque()
        for part in parts:
            running.append(pool.submit(function, part))
            if len(running) == many:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
