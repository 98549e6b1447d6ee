"""Workers of a Ray cluster: one that is there, or one on this machine that goes with the build.

A portion travels as bytes of Arrow's format and comes back so; what goes along is JSON. A task is named, and its code
is that of the worker's own packages, so every worker looks first whether they are those of the build. Ray runs a task
again whose worker was lost; results are taken in the order of the portions, and a few portions for each processor are
under way at a time.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import canonical, digest
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.parallel import workers as processors_of_this
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.base.workers import NoWorkers, Settings, Task, Work, Worked, name_of, named

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

#: How often a task, or an embedder, is started again whose worker was lost.
_AGAIN = 3
#: Portions that are under way for each processor.
_AHEAD = 2
#: Seconds in which a cluster has to answer.
_PATIENCE = 5.0
#: Characters of the folder for temporary files at most, for Ray's sockets to be in it.
_SHORT = 16
#: Bytes of the memory that a cluster of this machine shares: in all, and for each processor.
_SHARED, _SHARED_EACH = 1 << 28, 1 << 26
#: A worker computes with one processor: there are as many workers as processors.
_ALONE = {"POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


@contextmanager
def ray_workers(address: str | None = None, processors: int | None = None) -> Iterator[RayWorkers]:
    """The workers of the cluster at an address (`HOST:PORT`, or `auto` for the one that runs on this machine); without
    one, of a cluster of so many processors that is started for it, and ends with it. Raises NoWorkers."""
    try:
        if address is None:
            # Ray asks for this secret whoever connects; without it, a file in the person's home would hold one.
            os.environ.setdefault("RAY_AUTH_MODE", "token")
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
            # Workers of a cluster are polite to whatever else runs there; these are the build.
            os.environ.setdefault("RAY_worker_niceness", "0")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
        import ray
    except ModuleNotFoundError as error:
        raise NoWorkers("`--engine ray` needs Ray: pip install 'tunec[ray]'") from error
    if address not in (None, "auto"):
        _reach(str(address))
    folder = _short_folder() if address is None else None
    many = processors or processors_of_this()
    own: dict[str, Any] = {"address": address}
    if folder is not None:
        own = {"address": "local", "num_cpus": many, "_temp_dir": folder}
        own |= {"include_dashboard": False, "object_store_memory": _SHARED + _SHARED_EACH * many}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        try:
            ray.init(**own, runtime_env={"env_vars": _ALONE}, log_to_driver=False, logging_level="CRITICAL")
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise NoWorkers(_why(address, error)) from error
        finally:
            for number, handler in handlers.items():  # Ray puts one of its own in their place
                if signal.getsignal(number) is not handler:
                    signal.signal(number, handler)
        yield RayWorkers(ray)
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> str:
    """A new folder for sockets, whose paths may have about a hundred characters, of which Ray needs eighty."""
    usual = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="tunec-ray-", dir=usual if len(usual) <= _SHORT or os.name == "nt" else "/tmp")


def _reach(address: str) -> None:
    """Raise NoWorkers where nobody listens: Ray itself would try for a minute."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise NoWorkers(f"`--address {address}`: expected HOST:PORT, such as 10.0.0.1:6379, or `auto`")
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise NoWorkers(f"no Ray cluster answers at {address}: {error}; `ray start --head` starts one") from error


def _why(address: str | None, error: Exception) -> str:
    said = str(error).strip().partition("\n")[0]
    if address is None:
        return f"Ray cannot start on this machine: {said}"
    return f"the Ray cluster at `{address}` cannot be used: {said}"


@dataclass
class RayWorkers:
    """The processes of a cluster (`tunec.runtime.base.workers.Workers`). `ray` is the package, connected."""

    ray: Any
    _embedders: tuple[str, list[Any]] = field(default=("", []))

    def each(
        self, task: Task, settings: Settings, portions: Iterable[pl.DataFrame], shared: Sequence[pl.DataFrame] = ()
    ) -> Iterator[Worked]:
        """What a task makes of each portion, in their order."""
        run = self.ray.remote(max_retries=_AGAIN, num_cpus=1)(work)
        known = [self.ray.put(packed(frame)) for frame in shared]
        job = canonical({"task": name_of(task), "settings": settings, "same": program(), "run": secrets.token_hex(8)})
        calls = (run.remote(job, packed(portion), known) for portion in portions)
        for said, *frames in self._in_order(calls, self._processors()):
            answer = _answer(said)
            yield Worked(tuple(map(unpacked, frames)), answer)

    def vectors(self, embedder: Settings, chunks: Iterable[list[str]]) -> Iterator[np.ndarray]:
        """The vectors of the texts of each chunk. An embedder runs on every node, or on every GPU where the vectors are
        those of one."""
        import numpy as np

        job = canonical({"embedder": embedder, "same": program()})
        embedders = self._of(job, f" {embedder['backend']} ")
        calls = (embedders[n % len(embedders)].encode.remote(job, chunk) for n, chunk in enumerate(chunks))
        for said, content in self._in_order(calls, len(embedders)):
            width = _answer(said)
            yield np.frombuffer(content, dtype=np.float16).reshape(-1, width)

    def _in_order(self, calls: Iterable[Any], many: int) -> Iterator[list[bytes]]:
        """The results of calls, no more of which are under way than keep so many workers busy."""
        waiting: deque[Any] = deque()
        try:
            for call in calls:
                waiting.append(call)
                if len(waiting) > _AHEAD * many:
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            for call in waiting:
                with suppress(self.ray.exceptions.RayError, ValueError):
                    self.ray.cancel(call)

    def _result(self, call: Any) -> list[bytes]:
        errors = self.ray.exceptions
        try:
            found: list[bytes] = self.ray.get(call)
        except errors.RayTaskError as error:  # a defect there is one here
            raise getattr(error, "cause", error) from error
        except errors.RayError as error:
            raise OperatorError(f"Ray gave up: {str(error).strip().partition(chr(10))[0]}") from error
        return found

    def _processors(self) -> int:
        return max(1, int(self.ray.cluster_resources().get("CPU", 1)))

    def _of(self, job: str, backend: str) -> list[Any]:
        """The processes that hold the embedder of a job; those of the one before it end."""
        if self._embedders[0] == job:
            return self._embedders[1]
        for embedder in self._embedders[1]:
            self.ray.kill(embedder)
        nodes = [node for node in self.ray.nodes() if node["Alive"]]
        graphics = " cuda " in backend
        many = int(self.ray.cluster_resources().get("GPU", 0)) if graphics else len(nodes)
        if not many:
            raise OperatorError("the embedder computes on a GPU here, and the Ray cluster has none")
        # Nothing else computes meanwhile, so the embedder of a node may have all of it.
        threads = str(int(max(1, *(node["Resources"].get("CPU", 1) for node in nodes))))
        environment = {**_ALONE, "POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1"}
        if not graphics:
            environment["CUDA_VISIBLE_DEVICES"] = ""
        made = self.ray.remote(Embedder).options(
            num_gpus=int(graphics),
            max_restarts=_AGAIN,
            max_task_retries=_AGAIN,
            scheduling_strategy="SPREAD",
            runtime_env={"env_vars": environment},
        )
        self._embedders = job, [made.remote() for _ in range(many)]
        return self._embedders[1]


def _answer(said: bytes) -> Any:
    """What a worker says; raises the OperatorError that it tells of."""
    found = json.loads(said)
    if "error" in found:
        raise OperatorError(found["error"])
    return found["said"]


def _answered(make: Callable[[], tuple[Any, list[bytes]]]) -> list[bytes]:
    """What is made, packed; or what an operator refuses to do, and where."""
    try:
        said, content = make()
    except OperatorError as error:
        return [canonical({"error": str(error)}).encode(), b""]
    return [canonical({"said": said}).encode(), *content]


# What runs in the processes of workers.


def work(job: str, portion: bytes, shared: Sequence[Any]) -> list[bytes]:
    """What a job makes of a portion: what is said, as JSON, and frames. `shared` are fetched when a job is new here."""

    def make() -> tuple[Any, list[bytes]]:
        if job not in _READY:
            _READY.clear()
            _READY[job] = _ready(json.loads(job), shared)
        worked = _READY[job](unpacked(portion))
        return worked.said, [packed(frame) for frame in worked.frames]

    return _answered(make)


#: The work of the last job of this process.
_READY: dict[str, Work] = {}


def _ready(job: Any, shared: Sequence[Any]) -> Work:
    import ray

    _check_same(job["same"])
    frames = map(unpacked, ray.get(list(shared)))
    found: Work = named(job["task"])(job["settings"], *frames)
    return found


class Embedder:
    """An embedder in a process of its own: loaded once, and computing chunk after chunk."""

    def encode(self, job: str, texts: list[str]) -> list[bytes]:
        """How wide vectors are, and the vectors of texts in float16."""

        def make() -> tuple[Any, list[bytes]]:
            from tunec.runtime.models.embed import encode

            vectors = encode(_embedder_of(job), texts)
            return vectors.shape[1], [vectors.tobytes()]

        return _answered(make)


@cache
def _embedder_of(job: str) -> EmbedderSpec:
    """The embedder of a job as it lies here. Raises OperatorError where it is not there, or would compute otherwise."""
    from tunec.runtime.models.embed import found_here

    given = json.loads(job)
    _check_same(given["same"])
    return found_here(given["embedder"])


def _check_same(wanted: dict[str, str]) -> None:
    """Raise OperatorError where this process has other packages than the build, and might compute something else."""
    here = program()
    for name, version in wanted.items():
        if here.get(name) != version:
            found = f"{name} {here.get(name, 'is not installed')}"
            raise OperatorError(
                f"the Ray worker on {socket.gethostname()} has {found}, and the build {version}: "
                "install the same packages on every node"
            )


@cache
def program() -> dict[str, str]:
    """What decides the bytes that a process computes, besides what operators name: this program, the packages that it
    always needs, and how the machine hashes texts."""
    import polars as pl

    requirements = (re.match(r"[\w.-]+", one) for one in metadata.requires("tunec") or () if "extra ==" not in one)
    versions = {found[0]: metadata.version(found[0]) for found in requirements if found is not None}
    hashes = pl.Series(["", "a", "hash", "多少 bytes are hashed"]).hash().to_list()
    return {"tunec": _code(), **dict(sorted(versions.items())), "hashes": digest(hashes, 12)}


def _code() -> str:
    """A hash of the files of the program."""
    import tunec.compiler
    import tunec.dsl
    import tunec.runtime

    found = hashlib.sha256()
    for package in (tunec.compiler, tunec.dsl, tunec.runtime):
        folder = Path(package.__path__[0])
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            found.update(f"{package.__name__}/{path.relative_to(folder).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:12]


def packed(frame: pl.DataFrame) -> bytes:
    """A frame as bytes of Arrow's format."""
    whole = io.BytesIO()
    frame.write_ipc(whole, compression="lz4")
    return whole.getvalue()


def unpacked(content: bytes) -> pl.DataFrame:
    """The frame of such bytes."""
    import polars as pl

    return pl.read_ipc(content)
