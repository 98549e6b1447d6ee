"""Measures how a build grows with its rows: processor time and memory of the whole process tree, stage by stage.

    python -m bench.scale --rows 520k [--memory 4GB] [--engine ray] [--jobs 2] [--kill] [--cache FOLDER]

Run it from the root of the repository. The spec is `bench/specs/scale.tune`. The rows are Alpaca's 52,002 and copies of
them, made once: 520k is that of `bench/data.py`, nine changed copies of each row. More rows are more such families: a
world is Alpaca with half of its words replaced by words of the same column of any row, so that worlds have no near
duplicates in common, and nine copies of that. So a row has as many near duplicates in 5.2M rows as in 520k.

Memory is the sum of the proportional set sizes of all processes of the build, looked at ten times a second; processor
time is that of all of them. A stage ends where the build says so (`--events`); what comes after the last is publishing.
With `--kill` the build is killed in the middle of its second stage, and built again: what was finished is not repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import psutil

from bench.data import ALPACA, SEED, changed, copy
from tunec.runtime.rows.writing import write_parts

ROOT = Path(__file__).parents[1]
COPIES = 10
#: Worlds of 520,020 rows; 52k is Alpaca as it is.
WORLDS = {"52k": 0, "520k": 1, "1M": 2, "2M": 4, "5.2M": 10}
_PAUSE = 0.1


def parts(size: str) -> Iterator[pl.DataFrame]:
    """The rows of a size, 52,002 at a time."""
    rows = pl.read_parquet(ALPACA).select("instruction", "input", "output")
    if size == "52k":
        yield rows
        return
    for world in range(WORLDS[size]):
        base = rows
        if world:
            draw = np.random.default_rng([SEED, 1_000, world])
            share = np.full(rows.height, 0.5)
            base = pl.DataFrame([changed(column, share, draw) for column in rows])
        yield base
        for number in range(1, COPIES):
            yield copy(base, world * COPIES + number)


@dataclass
class Watch:
    """Looks at a process and all below it."""

    root: psutil.Process
    peak: float = 0.0  # MB since it was last asked for
    spent: dict[int, float] = field(default_factory=dict)  # seconds of processor time by process, also of ended ones

    def look(self) -> None:
        """Note memory and time."""
        whole = 0
        for process in self._family():
            try:
                whole += process.memory_full_info().pss
                used = process.cpu_times()
                self.spent[process.pid] = used.user + used.system
            except psutil.Error:
                continue  # it has just ended
        self.peak = max(self.peak, whole / 2**20)

    def _family(self) -> list[psutil.Process]:
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return []

    def taken(self) -> tuple[float, float]:
        """The largest memory since the last call, and the processor time until now."""
        self.look()
        peak, self.peak = self.peak, 0.0
        return peak, sum(self.spent.values())


def build(words: list[str], place: Path, kill: bool) -> list[tuple[str, float, float, float]]:
    """Run a build; gives stage, seconds, processor seconds, and MB. With `kill` it is killed in its second stage."""
    environment = {**os.environ, "TUNEC_ALLOW_OUTSIDE": "1", "HF_HUB_OFFLINE": "1"}
    began = time.perf_counter()
    process = subprocess.Popen(
        words, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    watch = Watch(psutil.Process(process.pid))
    over = threading.Event()

    def watching() -> None:
        while not over.wait(_PAUSE):
            watch.look()

    threading.Thread(target=watching, daemon=True).start()
    stages: list[tuple[str, float, float, float]] = []
    before = (0.0, 0.0)
    told: list[str] = []  # all but events
    assert process.stderr is not None
    for line in process.stderr:
        event = json.loads(line) if line.startswith("{") else {}
        if not event:
            told.append(line)
        if event.get("event") == "start" and kill and event["number"] == 2:
            time.sleep(2)
            process.send_signal(signal.SIGKILL)
        if event.get("event") in ("done", "end"):
            peak, spent = watch.taken()
            now = time.perf_counter() - began
            stages.append((event.get("step", "publishing"), now - before[0], spent - before[1], peak))
            before = (now, spent)
    code = process.wait()
    over.set()
    if code and not kill:
        raise SystemExit(f"{''.join(told)}exit code {code}")
    return stages


def prepared(rows: str, cache: Path) -> tuple[Path, Path, str]:
    """The file with so many rows, made once; an empty folder to build in; and the spec, for any folder."""
    data, place = cache / f"{rows}.parquet", cache / "run"
    cache.mkdir(parents=True, exist_ok=True)
    if not data.exists():
        write_parts(parts(rows), data)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    spec = (ROOT / "bench/specs/scale.tune").read_text(encoding="utf-8")
    return data, place, spec.replace("../../../shared/data", str((ROOT / "../shared/data").resolve()))


def main() -> int:
    """Make the rows if need be, build, and print the table."""
    reader = argparse.ArgumentParser(prog="python -m bench.scale", description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--rows", choices=[*WORLDS], default="52k")
    reader.add_argument("--memory", help="the bound that the build is given")
    reader.add_argument("--engine", choices=["local", "ray"], default="local", help="who works on the rows")
    reader.add_argument("--jobs", help="processors, of the build or of the Ray cluster that it starts")
    reader.add_argument("--kill", action="store_true", help="kill the build in its second stage, and build again")
    reader.add_argument("--cache", type=Path, default=ROOT / "build/bench/scale", help="data, and the last run")
    given = reader.parse_args()
    data, place, spec = prepared(given.rows, given.cache.resolve())
    (place / "scale.tune").write_text(spec, encoding="utf-8")
    words = [sys.executable, "-m", "tunec", "build", "scale.tune", "--set", f"data={data}", "--store", "store"]
    words += ["--out", "out", "--events", "-", "--engine", given.engine]
    words += [*(["--memory", given.memory] if given.memory else []), *(["--jobs", given.jobs] if given.jobs else [])]
    if given.kill:
        build(words, place, kill=True)
    print("| stage | s | processor s | peak MB |\n| --- | ---: | ---: | ---: |")
    stages = build(words, place, kill=False)
    for name, seconds, spent, peak in stages:
        print(f"| {name} | {seconds:.1f} | {spent:.1f} | {peak:,.0f} |")
    whole = [sum(stage[n] for stage in stages) for n in (1, 2)]
    print(f"| all | {whole[0]:.1f} | {whole[1]:.1f} | {max(stage[3] for stage in stages):,.0f} |")
    manifest = json.loads((place / "out/scale/manifest.json").read_text(encoding="utf-8"))
    print(f"{manifest['version']}: {manifest['targets']['clean']['rows']:,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
