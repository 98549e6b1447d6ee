"""A training on several devices: a process for each, which share every step, the weights and what the optimizer keeps.

The processes are new ones of Python, so that nothing of this one is run again; they are told their work, and tell how
far it is, through a socket. They end when it closes, whatever this process ended of.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

from tunec.runtime.base.method import Job, Objective, Trained
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Progress
from tunec.runtime.tuning.training.checkpoints import folder_of, last_complete

#: The module that a process runs.
MODULE = "tunec.runtime.tuning.training.process"
#: Where the processes meet.
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is told: its number of so many, the port where they meet, and what they train together."""

    number: int
    of: int
    port: int
    objective: Any
    job: Job


@dataclass(frozen=True, slots=True)
class Running:
    """A process at work: what it says goes into the file `log`, what it tells through `connection`."""

    number: int
    process: subprocess.Popen[bytes]
    connection: Connection
    log: Path


def train(objective: Any, job: Job, processes: int) -> Trained:
    """Train in so many processes. OperatorError where the rows cannot be trained on, or a process ends before its time.

    However this ends, also by Ctrl-C, no process is left.
    """
    shared: Objective = replace(objective, settings=replace(objective.settings, processes=processes))
    last_complete(folder_of(job.work, processes))  # what is not whole goes before several look at it
    told, silent = job.progress, replace(job, progress=_unheard)
    meeting = meeting_place()
    with ExitStack() as stack:
        running = [stack.enter_context(_started(number, processes, job.work)) for number in range(processes)]
        for one in running:
            with suppress(BrokenPipeError):  # it has ended already, which is told next
                one.connection.send(Task(one.number, processes, meeting.port, shared, silent))
        return _awaited(running, told)


def meeting_place() -> Any:
    """Where the processes find one another. Left to choose its socket, it would listen to other machines too."""
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    with socket.create_server((HOST, 0)) as listening:
        port = listening.getsockname()[1]
        return TCPStore(HOST, port, is_master=True, wait_for_workers=False, master_listen_fd=listening.detach())


@contextmanager
def _started(number: int, of: int, work: Path) -> Iterator[Running]:
    ours, theirs = Pipe()
    log = work / f"process-{number}.log"
    # Each computes with its share of the processor's cores, as torchrun and accelerate have it.
    threads = str(max(1, (os.cpu_count() or 1) // of))
    with ours, log.open("wb") as said:
        with theirs:
            process = subprocess.Popen(
                # Not what lies in the folder that somebody stands in.
                [sys.executable, "-P", "-m", MODULE, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={"OMP_NUM_THREADS": threads, **os.environ},
            )
        try:
            yield Running(number, process, ours, log)
        finally:
            process.kill()
            process.wait()


def _awaited(running: list[Running], progress: Progress) -> Trained:
    """What the first process makes; hears all of them, so that none is waited for after another has ended."""
    by_connection: dict[Any, Running] = {one.connection: one for one in running}
    while True:
        for connection in wait(list(by_connection)):
            one = by_connection[connection]
            try:
                heard = one.connection.recv()
            except (EOFError, ConnectionError):  # the latter where it had not read all that it was told
                raise OperatorError(_ended(one, len(running))) from None
            if isinstance(heard, OperatorError):
                raise heard
            if isinstance(heard, Trained):
                return heard
            progress(*heard)


def _ended(one: Running, of: int) -> str:
    code = one.process.wait()
    lines = one.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = lines[-1] if lines else "it said nothing"
    return f"process {one.number + 1} of {of} of the training ended ({code}): {last}; all that it said is in {one.log}"


def _unheard(done: int, total: int, what: str) -> None:
    """Stands for the progress in a job that is sent."""
