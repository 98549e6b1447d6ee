"""Measures what crosses the network where a bucket is the store: bytes up and down, and requests, step by step.

    python -m bench.network [--rows 52k] [--cache FOLDER]

Run it from the root of the repository. A server on the loopback speaks S3, and a wire before it counts. The spec is
`bench/specs/scale.tune`, with the rows of `bench.scale`. It is built on a machine with an empty cache and an empty
bucket; then on one with an empty cache and the bucket; then there again, where nothing is to do; and with a lower bound
of its near duplicates on a third machine, which fetches only what that needs.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.scale import ROOT, WORLDS, prepared
from tests.buckets import Wire, bucket
from tunec.compiler.lint.check import check_spec
from tunec.compiler.planning.plan import Planned
from tunec.runtime.building.build import Wanted, plan_build, run_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.remote import Remote
from tunec.runtime.store.store import Store


@dataclass
class Counting:
    """A reporter that notes what has crossed the wire when a step ends."""

    wire: Wire
    lines: list[tuple[str, int, int, int]] = field(default_factory=list)
    _before: tuple[int, int, int] = (0, 0, 0)

    def note(self, name: str) -> None:
        """What has crossed since the last note was for `name`."""
        now = (self.wire.up, self.wire.down, self.wire.requests)
        up, down, requests = (a - b for a, b in zip(now, self._before, strict=True))
        self.lines.append((name, up, down, requests))
        self._before = now

    def start(self, step: Planned, number: int, total: int) -> None:
        """What came before the first step is planning, and what is at work."""
        if not number:
            self.note("planning")

    def progress(self, done: int, total: int, what: str) -> None:
        """Nothing."""

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        """A step has been sent."""
        self.note(f"{step.label} ({info.get('rows_out', 0):,} rows)")

    def warn(self, message: str) -> None:
        """Say it."""
        print(message, file=sys.stderr)


def built(place: Path, spec: str, data: Path, wire: Wire) -> tuple[str, list[tuple[str, int, int, int]]]:
    """Build in a folder; gives the version, and what crossed the wire by step."""
    place.mkdir(exist_ok=True)
    (place / "scale.tune").write_text(spec, encoding="utf-8")
    compiled = check_spec(place / "scale.tune", load_catalogue(), {"data": str(data)})
    if compiled.graph is None:
        raise SystemExit(str(compiled.diagnostics))
    told = Counting(wire)
    told.note("")
    told.lines.clear()
    store = Store(place / ".tunec", Remote("s3://team/scale"))
    planning = plan_build(compiled.graph, load_catalogue(), place, store, Wanted())
    made = run_build(planning, load_catalogue(), compiled.sources, place / "build", told, True)
    told.note("publishing" if made.ran else "all")
    return made.published.version if made.published is not None else "", told.lines


def main() -> int:
    """Make the rows if need be, build four times, and print a table for each."""
    reader = argparse.ArgumentParser(prog="python -m bench.network", description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--rows", choices=[*WORLDS], default="52k")
    reader.add_argument("--cache", type=Path, default=ROOT / "build/bench/network", help="data, and the last run")
    given = reader.parse_args()
    data, place, spec = prepared(given.rows, given.cache.resolve())
    os.environ["TUNEC_ALLOW_OUTSIDE"] = "1"
    other = spec.replace("jaccard: 0.8", "jaccard: 0.75")
    runs = {"an empty bucket": ("a", spec), "another machine": ("b", spec), "once more": ("b", spec)}
    with bucket() as wire:
        for name, (folder, text) in {**runs, "another bound on a third machine": ("c", other)}.items():
            version, lines = built(place / folder, text, data, wire)
            print(f"\n{name}: {version}\n\n| step | MB up | MB down | requests |\n| --- | ---: | ---: | ---: |")
            whole = ("all", *(sum(line[n] for line in lines) for n in (1, 2, 3)))
            for step, up, down, requests in [*lines, whole] if len(lines) > 1 else lines:
                print(f"| {step} | {up / 1e6:.2f} | {down / 1e6:.2f} | {requests} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
