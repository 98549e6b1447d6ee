"""Shows a running build on standard error: a live line where a person watches, plain lines elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tunec.compiler.planning.plan import Planned
from tunec.dsl.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 60.0  # seconds between two plain lines of one step: logs stay readable
_LEAST = 80  # columns of a terminal that does not say how many it has


class Terminal:
    """A reporter for people. `level` -1: only warnings; 0: a line a step; 1: also what each rule dropped. `rules` are
    those that people read in other words (`tunec.runtime.versions.rules.told_rules`)."""

    def __init__(self, level: int = 0, rules: Mapping[tuple[str, str], str] | None = None) -> None:
        self.level = level
        self.rules = rules or {}
        self.live: Progress | None = None
        self.task: TaskID | None = None
        self.began = time.monotonic()
        self.said = 0.0
        self.part = ("", self.began, 0)  # what is counted, since when, and from which number
        self.rate: float | None = None  # of what is counted, a second
        self.eta: float | None = None  # seconds

    def __enter__(self) -> Self:
        # A dumb terminal cannot move back up: it is told as a log is.
        if sys.stderr.isatty() and self.level >= 0 and os.environ.get("TERM") != "dumb":
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                SpinnerColumn,
                TextColumn,
                TimeElapsedColumn,
            )

            self.live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[speed]}", markup=False),
                console=Console(stderr=True),
                transient=True,
            )
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live is not None:
            self.live.stop()

    def start(self, step: Planned, number: int, total: int) -> None:
        self.began = self.said = time.monotonic()
        title = f"[{number + 1}/{total}] {step.label}"
        if self.live is not None:
            if self.task is not None:
                self.live.remove_task(self.task)
            self.task = self.live.add_task(visible(title), total=None, speed="")
        elif self.level >= 0:
            self._print(title)

    def progress(self, done: int, total: int, what: str) -> None:
        self._measure(done, total, what)
        if self.live is not None and self.task is not None:
            head = str(self.live.tasks[0].description).split(" — ")[0]
            told = f"{head} — {visible(what)}"
            self.live.update(self.task, completed=done, total=total, description=told, speed=self._speed())
        elif self.level >= 0 and time.monotonic() - self.said > _EVERY:
            self.said = time.monotonic()
            speed = self._speed()
            self._print(f"      {what}: {done:,} of {total:,}" + (f", {speed}" if speed else ""))

    def _measure(self, done: int, total: int, what: str) -> None:
        """How fast it goes. Another part of a step, or the same from the beginning, is measured anew."""
        now = time.monotonic()
        named, since, first = self.part
        if what != named or done < first:
            self.part, self.rate, self.eta = (what, now, done), None, None
        elif done > first and now > since:
            self.rate = (done - first) / (now - since)
            self.eta = max(0, total - done) / self.rate

    def _speed(self) -> str:
        if self.rate is None or self.eta is None:
            return ""
        slow = self.rate < 1
        rate = f"{self.rate * 60:,.1f} a minute" if slow else f"{self.rate:,.{0 if self.rate >= 10 else 1}f} a second"
        return f"{rate}, {duration(self.eta)} left"

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        if self.level < 0:
            return
        seconds = time.monotonic() - self.began
        said = account(step.step.op, info)
        # A line of a step fits the terminal: it is the label that is cut.
        room = max(12, columns() - len(said) - 16)
        self._print(f"  ✓ {clipped(step.label, room):<{min(room, 44)}} {said} {seconds:7.1f} s")
        if self.level > 0:
            for node in info.get("nodes", ()):
                for rule, count in sorted(node["rules"].items(), key=lambda item: -item[1]):
                    self._print(f"      {count:>8,}  {self.rules.get((node['node'], rule), rule)}")

    def warn(self, message: str) -> None:
        self._print(f"  ! {message}")

    def _print(self, text: str) -> None:
        if self.live is not None:
            self.live.console.print(visible(text), markup=False, highlight=False, soft_wrap=True)
        else:
            print(visible(text), file=sys.stderr, flush=True)


def account(op: str, info: dict[str, Any]) -> str:
    """What became of a step, in a few words: of its rows, or what its kind says."""
    if "nodes" not in info:
        from tunec.runtime.engine.steps import node_kinds

        told = node_kinds()[op].told
        return "" if told is None else told(info)
    made, before = info["made"], info["rows_in"]
    head = f"{made:,} made" if made else f"{before:,} in"
    given = made + before
    part = f", {info['rows_out'] / given:.0%} kept" if info["dropped"] and given else ""
    return f"{head} → {info['rows_out']:,} rows{part}"


def columns() -> int:
    """How wide the terminal is, at most 120."""
    return min(120, shutil.get_terminal_size((_LEAST, 24)).columns)


def clipped(text: str, width: int) -> str:
    """A text in at most so many characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def duration(seconds: float) -> str:
    """A time as people say it: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
