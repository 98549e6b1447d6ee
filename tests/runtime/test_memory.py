"""What a build does about memory that it no longer needs."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

#: Small pieces of memory by several threads at once; then the arenas that the C library made for them.
THREADS = """
import ctypes, threading
from tunec.runtime.base.memory import share_freed
{0}
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.stdout = ctypes.c_void_p.in_dll(libc, "stdout")
gate = threading.Barrier(4)
def take():
    gate.wait()
    for _ in range(20_000):
        libc.malloc(64)  # without the lock of Python
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.malloc_info(0, libc.stdout)
libc.fflush(libc.stdout)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library, whose setting it is")
def test_threads_share_what_is_freed() -> None:
    def arenas(more: str) -> int:
        said = subprocess.run([sys.executable, "-c", THREADS.format(more)], capture_output=True, text=True, check=True)
        return said.stdout.count("<heap nr=")

    assert arenas("") > 1
    assert arenas("share_freed()") == 1
