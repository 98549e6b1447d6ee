"""How much work a call does, counted in lines of Python that run: the same on every machine, however busy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from tunec.dsl.kept import KEPT
from tunec.dsl.parser import _parsed


def steps(call: Callable[[], object]) -> int:
    """The lines that run while a call is made."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def growth(make: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times more work a call on four times as much does, where nothing was read before."""
    make(size)()  # whatever is loaded once is loaded
    counts = []
    for call in (make(size), make(4 * size)):
        _parsed.cache_clear()
        KEPT.clear()
        counts.append(steps(call))
    return counts[1] / counts[0]
