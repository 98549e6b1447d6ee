"""Measures tunec beside the tools that people use for the same work, in one run on one machine.

    python -m bench [--only WORKLOAD] [--rows 52k|260k|520k] [--runs N] [--cache FOLDER]

Run it from the root of the repository with the environment that `make` builds; results go to `bench/results.md`. The
first call makes the data (`bench/data.py`) and one virtual environment for each peer (`bench/environments.py`, about
8 GB, from PyPI) under `build/bench`. Needs the shared data beside the repository, and psutil, which accelerate brings.

Every side runs as a process of its own with an empty home and empty caches, and may use all processors. A round runs
each side once, and each round begins with another side; the figure is the median of the rounds. Before the rounds all
are started once on 1,000 rows, unmeasured, and before each run its input is read, so that no side alone pays for a
cold disk. A side that takes longer than a minute is run once. Nothing else should be at work on the machine.

Each part's results are kept as JSON in the cache folder and replaced when the part is run again; the page is written
from all of them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.environments import PEERS, ROOT, SCRIPTS, Peer, python, versions
from bench.measure import Run, run
from bench.render import page
from bench.workloads import WORKLOADS, Workload

DATA = (ROOT / "../shared/data").resolve()
SLOW = 60  # seconds from which one run is enough
TIMEOUT = 3600


class Bench:
    """Where things lie."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache.resolve()
        self.data = self.cache / "data"
        self.results = self.cache / "results"

    def prepare(self, size: str) -> Path:
        """The folder of a size of the data, made where it is missing."""
        folder = self.data / size
        if not (folder / "rows.parquet").exists() and not (folder / "items").exists():
            print(f"making the data: {size}", flush=True)
            subprocess.run([sys.executable, "-m", "bench.data", str(self.data), size], cwd=ROOT, check=True)
        return folder

    def command(self, peer: Peer, interpreter: Path, workload: Workload, size: str, place: Path) -> list[str]:
        """The words that start a side, whose current folder will be `place`."""
        if peer.script:
            words = [workload.task, self.data / size / "peers", self.data / "more", place / "out"]
            return [str(interpreter), str(SCRIPTS / peer.script), *map(str, words)]
        spec = (ROOT / "bench/specs" / workload.spec).read_text(encoding="utf-8")
        spec = spec.replace("../../../shared/data", str(DATA))
        if peer.name == "tunec (torch)":
            spec = spec.replace('bundled("all-minilm-l6-v2")', 'bundled("all-minilm-l6-v2", backend: torch)')
        folder = self.cache / "specs"  # a lock is written beside a spec
        folder.mkdir(exist_ok=True)
        (folder / workload.spec).with_suffix(".lock").unlink(missing_ok=True)
        (folder / workload.spec).write_text(spec, encoding="utf-8")
        rows = f"data={self.data / size / 'rows.parquet'}"
        build = ["build", str(folder / workload.spec), "--set", rows, "--store", "store", "--out", "out", "--quiet"]
        return [str(interpreter), "-m", "tunec", *build]

    def once(self, peer: Peer, interpreter: Path, workload: Workload, size: str) -> tuple[Run, dict[str, Any]]:
        """One run, and what it kept."""
        place = self.cache / "run"
        words = self.command(peer, interpreter, workload, size, place)
        _read(self.data / size)
        done = run(words, place, TIMEOUT)
        if done.code != 0:
            return done, {}
        read = [sys.executable, "-m", "bench.outcome", str(place / "out"), str(self.data / size)]
        told = subprocess.run(read, cwd=ROOT, capture_output=True, text=True, check=False)
        if told.returncode != 0:
            return Run(done.seconds, done.peak_mb, told.returncode, told.stderr), {}
        return done, json.loads(told.stdout)

    def measure(self, workload: Workload, size: str, runs: int, only: list[str]) -> None:
        """All sides of a workload on one size of the data; the result is written as JSON. With `only` these alone, and
        nothing is written."""
        print(f"{workload.name}, {size}", flush=True)
        for needed in ("more", "tiny", size):
            self.prepare(needed)
        entries = {}
        ready: dict[str, Path] = {}
        for name in ["tunec", *(n for n in workload.peers[size] if not only or n in only)]:
            peer = PEERS[name]
            entries[name] = {"peer": name, "versions": {}, "seconds": [], "peak_mb": []}
            try:
                ready[name] = python(peer, self.cache)
            except RuntimeError as error:
                entries[name]["error"] = str(error)
                continue
            entries[name]["versions"] = versions(peer, ready[name])
            self._note(entries[name], *self.once(peer, ready[name], workload, "tiny"), measured=False)
        for number in range(runs):
            order = [*ready][number % len(ready) :] + [*ready][: number % len(ready)]
            for name in order:
                entry = entries[name]
                if "error" in entry or (entry["seconds"] and entry["seconds"][0] > SLOW):
                    continue
                self._note(entry, *self.once(PEERS[name], ready[name], workload, size), measured=True)
        shutil.rmtree(self.cache / "run", ignore_errors=True)
        if only:
            return  # a ratio is of one run: sides of this one and of an earlier one make no table
        result = {
            "workload": workload.name,
            "rows": size,
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "commit": commit(),
            "machine": machine(),
            "entries": [*entries.values()],
        }
        self.results.mkdir(parents=True, exist_ok=True)
        text = json.dumps(result, indent=1, sort_keys=True)
        (self.results / f"{workload.name}-{size}.json").write_text(text, encoding="utf-8")

    def _note(self, entry: dict[str, Any], done: Run, told: dict[str, Any], measured: bool) -> None:
        if done.code != 0:
            last = [line for line in done.said.splitlines() if line.strip()][-1:] or ["without a word"]
            entry["error"] = f"exit code {done.code}: {last[0][-200:]}".replace(str(self.cache), "…")
            print(f"  {entry['peer']}: {done.said[-1500:]}", flush=True)
        elif measured:
            entry["seconds"].append(done.seconds)
            entry["peak_mb"].append(done.peak_mb)
            entry.update(told)
            print(f"  {entry['peer']}: {done.seconds:.2f} s, {done.peak_mb:,.0f} MB, {told['kept']:,} kept", flush=True)


def _read(folder: Path) -> None:
    """Read all files of a folder, so that they are in memory for whoever reads them next."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 20):
                    pass


def commit() -> str:
    """The commit that is measured; with a mark where files differ from it."""
    git = ["git", "-C", str(ROOT)]
    name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    return name.strip() + (" with changes" if changed.strip() else "")


def machine() -> dict[str, Any]:
    """What the figures depend on; no names and no paths."""
    models = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processors": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []


def main() -> int:
    """Measure what is asked for and write the page."""
    reader = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--only", choices=[*WORKLOADS], action="append", help="this workload (may be given again)")
    reader.add_argument("--rows", choices=["52k", "260k", "520k"], help="this size; what has another size is left out")
    reader.add_argument(
        "--peer", choices=[*PEERS], action="append", default=[], help="this peer and tunec; nothing is written"
    )
    reader.add_argument("--runs", type=int, default=3, help="rounds (default: 3)")
    reader.add_argument("--cache", type=Path, default=ROOT / "build/bench", help="data, environments and results")
    reader.add_argument("--render", action="store_true", help="only write the page from the results that there are")
    reader.add_argument("--page", type=Path, default=ROOT / "bench/results.md", help="where the page goes")
    given = reader.parse_args()
    bench = Bench(given.cache)
    bench.cache.mkdir(parents=True, exist_ok=True)
    if not given.render:
        for name in given.only or WORKLOADS:
            for size in WORKLOADS[name].peers:
                if given.rows in (None, size):
                    bench.measure(WORKLOADS[name], size, given.runs, given.peer)
    if given.peer and not given.render:
        return 0
    given.page.write_text(page(bench.results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
