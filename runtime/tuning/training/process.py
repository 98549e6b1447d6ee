"""A process of a training on several devices: `python -m tunec.runtime.tuning.training.process SOCKET`.

It is told what to do by the process that began it (`several`), tells it how far it is and what became of it, and ends
with it.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from threading import Thread

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.device import device
from tunec.runtime.tuning.training.several import HOST, Task


def main(socket: int) -> None:
    """Train together with the other processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that began this one, and ends it
    connection = Connection(socket)
    task: Task = connection.recv()
    Thread(target=_end_with, args=(connection,), daemon=True).start()
    work(task, connection)


def work(task: Task, connection: Connection) -> None:
    """Train together with the others; the first tells what became of it."""
    _meet(task)

    def tell(done: int, total: int, what: str) -> None:
        if task.number == 0:
            connection.send((done, total, what))

    try:
        trained = task.objective.train(replace(task.job, progress=tell))
    except OperatorError as error:
        connection.send(error)
    else:
        if task.number == 0:
            connection.send(trained)
    from torch import distributed

    distributed.destroy_process_group()


def _meet(task: Task) -> None:
    """Join the others, and take a device."""
    here = {"RANK": task.number, "LOCAL_RANK": task.number, "WORLD_SIZE": task.of, "LOCAL_WORLD_SIZE": task.of}
    os.environ |= {name: str(value) for name, value in here.items()}
    os.environ |= {"MASTER_ADDR": HOST, "MASTER_PORT": str(task.port)}
    import torch
    from torch import distributed

    cuda = device() == "cuda"
    if cuda:
        torch.cuda.set_device(task.number)
    store = distributed.TCPStore(HOST, task.port, is_master=False)  # type: ignore[attr-defined]
    backend = "cuda:nccl,cpu:gloo" if cuda else "gloo"
    distributed.init_process_group(backend, store=store, rank=task.number, world_size=task.of)
    from accelerate.state import PartialState
    from accelerate.utils import DistributedType

    state = PartialState(cpu=not cuda)
    if not cuda:
        # accelerate shards weights on GPUs only; here two processors run what several GPUs would.
        state._shared_state["distributed_type"] = DistributedType.MULTI_GPU


def _end_with(connection: Connection) -> None:
    """End at once when the other end is closed: nothing more is ever sent."""
    connection.poll(None)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
