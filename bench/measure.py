"""Runs a command and says how long it took and how much memory its processes held at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

_PAUSE = 0.1  # seconds between two looks at the processes
#: Left out of a command's environment: what would make one side's start slower or faster than it is for a person.
_LEFT_OUT = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Run:
    """A command that has ended: seconds from start to end, megabytes at the peak, exit code, the end of its output."""

    seconds: float
    peak_mb: float
    code: int
    said: str


def run(command: list[str], place: Path, timeout: float) -> Run:
    """Run a command in an empty folder, with home, caches and temporary files in there, so that nothing is warm.

    The memory is the larger of two figures: what the system counted for the largest single process, which is exact, and
    the proportional set sizes of all processes together at a look ten times a second, where pages that several
    processes share count once. What is over the time is ended, with its children: exit code 124.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    own = {"HOME": "home", "XDG_CACHE_HOME": "cache", "HF_HOME": "hf", "TMPDIR": "tmp"}
    for folder in own.values():
        (place / folder).mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in _LEFT_OUT}
    environment |= {name: str(place / folder) for name, folder in own.items()}
    # Data-Juicer would install what it misses while the clock runs: PyTorch with CUDA among it.
    environment |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    environment |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "NO_COLOR": "1", "COLUMNS": "200"}
    environment |= {"TUNEC_ALLOW_OUTSIDE": "1"}  # the data lies beside the repository
    with (place / "log").open("wb") as log:
        began = time.perf_counter()
        started = subprocess.Popen(
            command,
            cwd=place,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(started.pid, peak, began + timeout), daemon=True)
        watcher.start()
        _, status, used = os.wait4(started.pid, 0)
        seconds = time.perf_counter() - began
    started.returncode = os.waitstatus_to_exitcode(status)  # nobody is to wait for it again
    watcher.join()
    said = (place / "log").read_text(encoding="utf-8", errors="replace")[-3000:]
    code = 124 if seconds >= timeout else started.returncode
    return Run(seconds, max(used.ru_maxrss / 1024, peak[0]), code, said)


def _watch(pid: int, peak: list[float], until: float) -> None:
    """Note the largest sum of the memory of a process and all below it, until it has ended."""
    try:
        root = psutil.Process(pid)
        while root.status() != psutil.STATUS_ZOMBIE:
            family = [root, *root.children(recursive=True)]
            if len(family) > 1:  # of a single process the system itself tells the peak
                peak[0] = max(peak[0], sum(_share(process) for process in family) / 2**20)
            if time.perf_counter() > until:
                for process in family:
                    process.kill()
            time.sleep(_PAUSE)
    except psutil.NoSuchProcess:
        return


def _share(process: psutil.Process) -> int:
    """A process's memory in bytes, pages that others have too in shares; 0 where it has just ended."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
