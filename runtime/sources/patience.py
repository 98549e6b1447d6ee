"""Work that may hang: it is given up where nothing moves for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

#: Seconds in which an answer has to come, or `ENOUGH` bytes of a download.
PATIENCE = 120.0
ENOUGH = 1 << 16


class TooSlow(Exception):
    """Nothing, or next to nothing, came for a long time."""


class Arrived:
    """How many bytes came so far. `given_up` tells who brings them that nobody waits any more."""

    def __init__(self) -> None:
        self.bytes = 0
        self.given_up = threading.Event()


def patiently(work: Callable[[Arrived], Answer]) -> Answer:
    """The answer of `work`, which notes what arrives. Raises TooSlow where too little does.

    The work runs in a thread of its own: libraries wait for servers without an end, and nothing else can stop that.
    """
    arrived = Arrived()
    found: list[Answer] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work(arrived))
        except BaseException as error:  # raised again below, where somebody waits for it
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    began, before = time.monotonic(), 0
    try:
        while thread.is_alive():
            thread.join(min(0.2, PATIENCE / 4))
            if arrived.bytes - before >= ENOUGH:
                began, before = time.monotonic(), arrived.bytes
            elif time.monotonic() - began > PATIENCE and thread.is_alive():
                said = f"{arrived.bytes - before:,} bytes" if arrived.bytes else "nothing"
                raise TooSlow(f"{said} came in {PATIENCE:.0f} seconds")
    finally:
        arrived.given_up.set()
    if failed:
        raise failed[0]
    return found[0]
