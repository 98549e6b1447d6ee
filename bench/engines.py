"""Builds specs on the local engine and again on Ray, and compares the ids of what they publish.

    python -m bench.engines FOLDER [SPEC …] [--jobs 2]

Without specs it takes the demo and all recipes. What models answered, vectors, and what has no rows (trainings, merges,
measures) is taken from the first build; all rows are made and curated anew. Each build is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.recipes import ROOT, recipes

DEMO = ROOT / "specs/chat.tune"
#: What a store keeps of earlier builds beside recordings.
BUILDS = ("last", "publications", "versions", "spending")


def build(spec: Path, store: Path, out: Path, more: list[str]) -> tuple[str, float]:
    """The version that a build publishes, and its processor time in seconds."""
    words = [sys.executable, "-m", "tunec", "build", str(spec), "--store", str(store), "--out", str(out), *more]
    before = os.times()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    (manifest,) = out.glob("*/manifest.json")
    return json.loads(manifest.read_text("utf-8"))["version"], spent


def without_rows(store: Path, other: Path) -> int:
    """Copy a store without the steps that made rows, and without what it published; gives how many steps are gone."""
    shutil.copytree(store, other)
    for name in BUILDS:
        shutil.rmtree(other / name, ignore_errors=True)
    made = [file.parent for file in other.glob("steps/*/*/rows.parquet")]
    for step in made:
        shutil.rmtree(step)
    return len(made)


def main() -> int:
    """Print a line for each spec; gives how many differ."""
    reader = argparse.ArgumentParser(prog="python -m bench.engines", description=(__doc__ or "").splitlines()[0])
    reader.add_argument("folder", type=Path)
    reader.add_argument("specs", nargs="*", type=Path)
    reader.add_argument("--jobs", default="2", help="processors of the Ray cluster")
    given = reader.parse_args()
    differ = 0
    print("| spec | version | local: processor s | steps made anew | Ray: processor s | |")
    print("| --- | --- | ---: | ---: | ---: | --- |")
    for spec in given.specs or [DEMO, *recipes([])]:
        place = given.folder / spec.stem
        shutil.rmtree(place, ignore_errors=True)
        local, spent = build(spec, place / "store", place / "out", ["--jobs", "1"])
        steps = without_rows(place / "store", place / "ray-store")
        ray, more = build(spec, place / "ray-store", place / "ray-out", ["--engine", "ray", "--jobs", given.jobs])
        differ += local != ray
        verdict = "the same" if local == ray else f"**other**: {ray}"
        print(f"| {spec.stem} | {local} | {spent:,.0f} | {steps} | {more:,.0f} | {verdict} |", flush=True)
        shutil.rmtree(place)
    return differ


if __name__ == "__main__":
    sys.exit(main())
