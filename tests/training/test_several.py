"""A training that two processes share: it learns what one learns, and no process outlives it. On processors here, with
accelerate and FSDP as on GPUs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from multiprocessing.connection import Pipe
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from tests.training.tiny import rows_of, run_tiny
from tunec.compiler.types import RowType
from tunec.runtime.base.method import Job
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.adapters.full import full
from tunec.runtime.ops.objectives.kto import kto
from tunec.runtime.ops.objectives.sft import sft
from tunec.runtime.text.vectors import quiet
from tunec.runtime.tuning.training.several import MODULE, Task, meeting_place, train


def job(base: ModelSpec, folder: Path) -> Job:
    for name in ("model", "work"):
        (folder / name).mkdir(parents=True)
    return Job(base, rows_of(RowType.CHAT), full(), folder / "model", folder / "work", 3, quiet)


def children() -> list[str]:
    """What the processes of a training that this one began are running. Other tests leave helpers behind."""
    task = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    lines = (Path(f"/proc/{number}/cmdline").read_text() for number in task.read_text().split())
    return [line.replace("\0", " ") for line in lines if MODULE in line]


def test_two_processes_learn_what_one_does(tiny: ModelSpec, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    objective = sft(epochs=1, learning_rate=1e-2, batch_size=4, micro_batch_size=2, max_length=128, warmup=0)
    one = run_tiny(objective, tiny, rows_of(RowType.CHAT), tmp_path / "one")
    steps = list[int]()
    shared = job(tiny, tmp_path / "two")
    two = train(objective, replace(shared, progress=lambda done, *_: steps.append(done)), 2)
    assert steps == [1, 2] and two.summary == {**one.summary, "loss": pytest.approx(one.summary["loss"]), "devices": 2}
    assert [entry["loss"] for entry in two.log] == pytest.approx([entry["loss"] for entry in one.log])
    weights, others = (load_file(tmp_path / name / "model/model.safetensors") for name in ("one", "two"))
    assert weights.keys() == others.keys()
    assert max(float((weights[name] - others[name]).abs().max()) for name in weights) < 1e-6
    beside = {path.name for path in (tmp_path / "one/model").iterdir()} - {"model.safetensors"}
    assert all((shared.out / n).read_bytes() == (tmp_path / "one/model" / n).read_bytes() for n in beside)
    # The weights were shared, and each process wrote what it goes on from.
    kept = {path.name for path in (shared.work / "checkpoints-2/checkpoint-2").iterdir()}
    assert {"pytorch_model_fsdp.bin", "rng_state_0.pth", "rng_state_1.pth", "complete"} <= kept
    assert not children()


def test_ctrl_c_ends_every_process(tiny: ModelSpec, tmp_path: Path) -> None:
    def interrupt() -> None:
        while len(children()) < 2:
            sleep(0.01)
        sleep(0.2)  # they are told what to do
        os.kill(os.getpid(), signal.SIGINT)

    # A script that runs the tests in the background has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            train(sft(batch_size=4), job(tiny, tmp_path), 2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not children()


def test_no_other_machine_is_listened_to() -> None:
    meeting = meeting_place()
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    places = [line.split()[1] for lines in tables for line in lines if line.split()[3] == "0A"]
    assert [place for place in places if place.endswith(f":{meeting.port:04X}")] == [f"0100007F:{meeting.port:04X}"]


def test_a_process_ends_with_the_one_that_began_it(tiny: ModelSpec, tmp_path: Path) -> None:
    ours, theirs = Pipe()
    given = [sys.executable, "-P", "-m", MODULE, str(theirs.fileno())]
    with subprocess.Popen(given, pass_fds=[theirs.fileno()], stderr=subprocess.DEVNULL) as process:
        theirs.close()
        # Nobody listens at this port: left alone, it would wait for minutes.
        ours.send(Task(1, 2, 9, sft(batch_size=4), job(tiny, tmp_path)))
        ours.close()
        assert process.wait(240) == 1  # it loads PyTorch before it sees that


def test_a_process_that_ends_before_its_time_is_told(
    tiny: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OperatorError, match=r"process \d of 2 of the training ended \(1\): it said nothing"):
        train(sft(batch_size=4), job(tiny, tmp_path), 2)


def test_a_step_is_shared_in_equal_parts() -> None:
    shared = sft(batch_size=12).settings.shared_by(8)
    assert (shared.processes, shared.share, shared.micro) == (6, 2, 2)
    assert sft(batch_size=12, micro_batch_size=4).settings.shared_by(2).micro == 3
    assert sft(batch_size=7).settings.shared_by(2).processes == 1
    assert kto(batch_size=4).settings.shared_by(4).processes == 2  # answers are compared with those beside them
