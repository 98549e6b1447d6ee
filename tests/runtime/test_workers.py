"""What workers are given to do: the same bytes, whoever does it, and nothing but JSON and frames on the way."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.building import build
from tests.runtime.test_portions import CHATS, INSTRUCTIONS, SIZES, published, tables
from tunec.compiler.graph import canonical
from tunec.runtime.base.memory import SHARED, Memory
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.base.workers import NoWorkers, Settings, Task, Worked, each, name_of, named
from tunec.runtime.engine.chain import chain
from tunec.runtime.engine.ray_engine import packed, ray_workers, unpacked
from tunec.runtime.models.embed import encode, found_here

#: Specs, and how little memory has their rows in portions.
SPECS = ((INSTRUCTIONS, SIZES[0]), (CHATS, SIZES[0] // 2))


@dataclass
class Beside:
    """Workers in this process, to which everything goes as bytes all the same. `tasks` are those that were given."""

    tasks: Counter[str] = field(default_factory=Counter)

    def each(
        self, task: Task, settings: Settings, portions: Iterable[pl.DataFrame], shared: Sequence[pl.DataFrame] = ()
    ) -> Iterator[Worked]:
        self.tasks[task.__name__] += 1
        said = json.loads(canonical(dict(settings)))
        work = named(name_of(task))(said, *(unpacked(packed(frame)) for frame in shared))
        for portion in portions:
            worked = work(unpacked(packed(portion)))
            frames = tuple(unpacked(packed(frame)) for frame in worked.frames)
            yield Worked(frames, json.loads(canonical(worked.said)))

    def vectors(self, embedder: Settings, chunks: Iterable[list[str]]) -> Iterator[np.ndarray]:
        found = found_here(json.loads(canonical(dict(embedder))))
        return (encode(found, chunk) for chunk in chunks)


@pytest.mark.parametrize(("text", "memory"), SPECS, ids=["instructions", "chats"])
def test_a_build_with_workers_is_the_build(tmp_path: Path, text: str, memory: int) -> None:
    tables(tmp_path / "alone")
    alone = build(tmp_path / "alone", text)  # at once, which gives what portions give
    workers = Beside()
    tables(tmp_path / "shared")
    shared = build(tmp_path / "shared", text, memory=memory, workers=workers)
    assert published(alone) == published(shared)
    assert alone.reporter.warnings == shared.reporter.warnings
    screened = {"screening"} if text is INSTRUCTIONS else set()
    assert workers.tasks.keys() == {"chain", "hashing", "scanning", "sharing"} | screened


REFERS = """spec s(version: "0.1.0")
source raw = parquet("raw.parquet", format: alpaca, license: "MIT")
source more = jsonl("more.jsonl", format: alpaca, license: "MIT")
dataset few from raw { filter { drop contains(prompt, "river") } }
dataset d from [few, more] { filter { keep origin == NAMED or words(response) > 3 } }
"""


@pytest.mark.parametrize(("name", "chains"), [("raw", 2), ("few", 1)])
def test_stages_that_name_rows_of_a_data_set_stay(tmp_path: Path, name: str, chains: int) -> None:
    text, workers = REFERS.replace("NAMED", name), Beside()
    for folder in ("alone", "shared"):
        tables(tmp_path / folder)
    shared = build(tmp_path / "shared", text, memory=SIZES[0], workers=workers)
    assert published(shared) == published(build(tmp_path / "alone", text))
    assert workers.tasks["chain"] == chains


def test_a_worker_with_other_operators_refuses() -> None:
    said: Settings = {"operators": {"stages.filter": 99}, "packages": {}}
    with pytest.raises(OperatorError, match="`filter` is not here what it is where the build runs"):
        chain(said)
    with pytest.raises(OperatorError, match=r"polars \S+ is installed here, and 0.1 where the build runs"):
        chain({"operators": {}, "packages": {"polars": "0.1"}})


def test_an_embedder_is_found_where_the_worker_has_it(tmp_path: Path) -> None:
    missing = asdict(EmbedderSpec("local", "none", "abc", "openvino==1", (), str(tmp_path / "none")))
    with pytest.raises(OperatorError, match="is not a sentence embedder"):
        found_here(missing)


def double(settings: Settings, shared: pl.DataFrame) -> object:
    return lambda part: Worked((part.select(pl.col("n") * settings["by"] + shared["n"][0]),), part.height)


def test_ray_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NoWorkers, match=r"^`--engine ray` needs Ray: pip install 'tunec\[ray\]'$"), ray_workers():
        pass


def test_threads_do_it_where_there_are_no_workers() -> None:
    parts, shared = [pl.DataFrame({"n": [n, n]}) for n in range(3)], [pl.DataFrame({"n": [100]})]
    alone, beside = (list(each(w, double, {"by": 2}, parts, shared)) for w in (None, Beside()))  # type: ignore[arg-type]
    assert [one.frames[0]["n"].to_list() for one in alone] == [[100, 100], [102, 102], [104, 104]]
    assert [(one.frames[0]["n"].to_list(), one.said) for one in beside] == [
        (one.frames[0]["n"].to_list(), 2) for one in alone
    ]


def test_workers_are_given_small_portions_however_large_the_memory() -> None:
    memory = Memory(1 << 40, SHARED)
    assert memory.whole == memory.portion == SHARED
    assert Memory(1 << 29, SHARED).portion == SHARED
    assert Memory(1 << 28, SHARED).portion == 1 << 22
