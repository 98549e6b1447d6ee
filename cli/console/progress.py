"""Shows a running build on standard error: a live line where a person watches, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tunec.compiler.planning.plan import Planned
from tunec.dsl.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 10.0  # seconds between two plain lines of one step


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

    def __enter__(self) -> Terminal:
        if sys.stderr.isatty() and self.level >= 0:
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
            self.task = self.live.add_task(visible(title), total=None)
        elif self.level >= 0:
            self._print(title)

    def progress(self, done: int, total: int, what: str) -> None:
        if self.live is not None and self.task is not None:
            head = str(self.live.tasks[0].description).split(" — ")[0]
            self.live.update(self.task, completed=done, total=total, description=f"{head} — {visible(what)}")
        elif self.level >= 0 and time.monotonic() - self.said > _EVERY:
            self.said = time.monotonic()
            self._print(f"      {what}: {done:,} of {total:,}")

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        if self.level < 0:
            return
        seconds = time.monotonic() - self.began
        self._print(f"  ✓ {step.label:<44} {account(step.step.op, info):<40} {seconds:7.1f} s")
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
    return f"{head} → {info['rows_out']:,} rows, {info['dropped']:,} dropped"
