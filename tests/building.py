"""Builds small specs in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from tunec.compiler.pipeline import compile_spec
from tunec.compiler.planning.plan import Planned
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.base.memory import Memory
from tunec.runtime.base.workers import Workers
from tunec.runtime.building.build import Built, Wanted, plan_build, run_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.store import Store


@dataclass
class Quiet:
    """A reporter that remembers."""

    started: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def start(self, step: Planned, number: int, total: int) -> None:
        self.started.append(step.label)

    def progress(self, done: int, total: int, what: str) -> None:
        pass

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        pass

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@dataclass
class Result:
    """What a build did. `built` is None where there were diagnostics."""

    built: Built | None
    reporter: Quiet
    problems: Sequence[Diagnostic]


def build(
    folder: Path,
    text: str,
    params: Mapping[str, str] | None = None,
    name: str = "t.tune",
    store: Store | None = None,
    memory: int | None = None,
    workers: Workers | None = None,
    publishing: bool = True,
) -> Result:
    """Write a spec into a folder and build it, with the store and the output beside it, in so many bytes of memory
    and with these workers; publish it, or run its steps alone."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / name
    spec.write_text(text, encoding="utf-8")
    compiled = compile_spec(spec, load_catalogue(), params)
    reporter, wanted = Quiet(), Wanted(memory=None if memory is None else Memory(memory))
    if compiled.graph is None:
        return Result(None, reporter, compiled.diagnostics)
    planning = plan_build(compiled.graph, load_catalogue(), folder, store or Store(folder / ".tunec"), wanted)
    if planning.problems:
        return Result(None, reporter, planning.problems)
    built = run_build(planning, load_catalogue(), compiled.sources, folder / "build", reporter, publishing, workers)
    return Result(built, reporter, compiled.diagnostics)


def rows(result: Result, target: str) -> pl.DataFrame:
    """The rows of a data set of a build, with the columns that the engine keeps."""
    assert result.built is not None, result.problems
    engine = result.built.engine
    return engine.results.rows(engine.plan.graph.targets[target].node)


def ledger(result: Result, target: str) -> pl.DataFrame:
    """The published ledger of a data set."""
    assert result.built is not None and result.built.published is not None, result.problems
    return pl.read_parquet(result.built.published.out / "ledger" / f"{target}.parquet", glob=False)
