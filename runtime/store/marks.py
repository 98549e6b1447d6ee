"""Who is at work in a shared store. Object stores have no locks: whoever is at work writes a mark again and again.

A build writes its mark and then looks for that of `gc`; `gc` writes its own and then looks for those of builds. What is
written is seen by whoever asks next, so at least one of the two sees the other: a build waits then, and `gc` gives up.
A mark that is old by the clock of the shared store is of somebody who is gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tunec.dsl.visible import say
from tunec.runtime.store.format import StoreError
from tunec.runtime.store.remote import Remote, RemoteError

#: Seconds after which a mark is written again, and after which one that was not counts as gone.
RENEWED, GONE = 60.0, 900.0
_PAUSE = 1.0
_GC = "gc"


@contextmanager
def building(remote: Remote, who: str) -> Iterator[None]:
    """Keep `gc` away as long as the block lasts; waits while it is at work. `who` is the name of a file."""
    name, told = f"builds/{who}", False
    with _marked(remote, name):
        while not _is_gone(remote, _GC, name):
            if not told:
                say(f"`tunec gc` is at work in {remote.url}; waiting for it")
                told = True
            time.sleep(_PAUSE)
            remote.push_bytes(name, b"")
        yield


@contextmanager
def collecting(remote: Remote) -> Iterator[None]:
    """Keep builds out as long as the block lasts. Raises StoreError where one is at work."""
    with _marked(remote, _GC):
        found = [f"builds/{name}" for name in remote.names("builds")]
        gone = [name for name in found if _is_gone(remote, name, _GC)]
        others = [name.removeprefix("builds/").partition(" (")[0] for name in found if name not in gone]
        if others:
            raise StoreError(
                f"a build is at work in {remote.url} (process {', '.join(others)}): wait for it to end. One that was "
                f"killed counts as at work for {GONE / 60:.0f} minutes"
            )
        if gone:
            remote.remove(gone)
        yield


@contextmanager
def _marked(remote: Remote, name: str) -> Iterator[None]:
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(RENEWED):
            with suppress(RemoteError):  # the next time may do
                remote.push_bytes(name, b"")

    remote.push_bytes(name, b"")
    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(RemoteError):  # it counts as gone soon
            remote.remove([name])


def _is_gone(remote: Remote, name: str, own: str) -> bool:
    """Whether a mark is not there, or is older than one that lives by more than is allowed; `own` was just written."""
    there, now = remote.written(name), remote.written(own)
    return there is None or (now is not None and (now - there).total_seconds() > GONE)
