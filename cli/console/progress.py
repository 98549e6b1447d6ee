"""Shows a running build on standard error: a live line where a person watches, plain lines elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from itertools import accumulate, takewhile
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tunec.compiler.planning.plan import Planned
from tunec.dsl.visible import visible

if TYPE_CHECKING:
    from rich.live import Live

_EVERY = 60.0  # seconds between two plain lines of one step: logs stay readable
_ANY = 10_000  # columns of a file
_LEAST = 80  # columns of a terminal that does not say how many it has


class Terminal:
    """A reporter for people. `level` -1: only warnings; 0: a line a step; 1: also what each rule dropped. `rules` are
    those that people read in other words (`tunec.runtime.versions.rules.told_rules`)."""

    def __init__(self, level: int = 0, rules: Mapping[tuple[str, str], str] | None = None) -> None:
        self.level = level
        self.rules = rules or {}
        self.live: Live | None = None
        self.title = ""
        self.began = self.said = time.monotonic()
        self.far = ""  # how far the step is
        self.part = ("", self.began, 0)  # what is counted, since when, and from which number
        self.counted = 0  # up to now
        self.rate: float | None = None  # of what is counted, a second
        self.eta: float | None = None  # seconds
        self.ended = Event()
        self.room = columns() if sys.stderr.isatty() else _ANY
        self.spinner: Any = None

    def __enter__(self) -> Self:
        if self.level < 0:
            return self
        # A dumb terminal cannot move back up: it is told as a log is.
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            from rich.console import Console
            from rich.live import Live

            self.live = Live(console=Console(stderr=True, highlight=False), get_renderable=self._line, transient=True)
            self.live.start()
        else:
            Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        if self.live is not None:
            self.live.stop()

    def start(self, step: Planned, number: int, total: int) -> None:
        self.began = self.said = time.monotonic()
        self.title, self.far = f"[{number + 1}/{total}] {step.label}", ""
        if self.live is None and self.level >= 0:
            self._print(clipped(self.title, self.room))

    def progress(self, done: int, total: int, what: str) -> None:
        self._measure(done, total, what)
        named, _, more = what.partition(", ")
        self.far = ", ".join(filter(None, (f"{named} {done:,} of {total:,}", more, self._speed())))

    def beat(self) -> None:
        """Tell a log how far the step is, where nothing was said for a minute."""
        now = time.monotonic()
        if self.title and now - self.said > _EVERY:
            self.said = now
            self._print(f"      {self.far or 'at work'}, {duration(now - self.began)} so far")

    def _watch(self) -> None:
        while not self.ended.wait(_EVERY / 12):
            self.beat()

    def _line(self) -> Any:
        """The line of the running step: what it is, how far, for how long. It is cut rather than broken."""
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        line = Table.grid(padding=(0, 1), expand=True)
        line.add_column(width=1)
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_column(no_wrap=True, overflow="ellipsis", justify="right")
        line.add_column(no_wrap=True, justify="right", min_width=5)
        if self.title:
            self.spinner = self.spinner or Spinner("dots")
            told = clipped(visible(self.far), max(20, columns() * 3 // 5))
            since = duration(time.monotonic() - self.began)
            line.add_row(self.spinner, Text(visible(self.title)), Text(told, style="dim"), Text(since))
        return line

    def _measure(self, done: int, total: int, what: str) -> None:
        """How fast it goes. Another part of a step, or the same from the beginning, is measured anew. What stands
        behind a comma is told beside it, and may change."""
        now, counted = time.monotonic(), what.partition(", ")[0]
        named, since, first = self.part
        if counted != named or done < self.counted:
            self.part, self.rate, self.eta = (counted, now, done), None, None
        elif done > first and now > since:
            self.rate = (done - first) / (now - since)
            self.eta = max(0, total - done) / self.rate
        self.counted = done

    def _speed(self) -> str:
        if self.rate is None or self.eta is None:
            return ""
        slow = self.rate < 1
        rate = f"{self.rate * 60:,.1f} a minute" if slow else f"{self.rate:,.{0 if self.rate >= 10 else 1}f} a second"
        return f"{rate}, {duration(self.eta)} left"

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        self.title = ""
        if self.level < 0:
            return
        self.said = time.monotonic()
        said = account(step.step.op, info)
        # A line of a step fits the terminal: it is the label that is cut.
        room = max(12, columns() - len(said) - 16)
        label = padded(clipped(step.label, room), min(room, 44))
        self._print(f"  ✓ {label} {said} {self.said - self.began:7.1f} s")
        if self.level > 0:
            for node in info.get("nodes", ()):
                for rule, count in sorted(node["rules"].items(), key=lambda item: -item[1]):
                    told = self.rules.get((node["node"], rule), rule)
                    self._print(f"      {count:>8,}  {clipped(told, self.room - 16)}")

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
    """A text in at most so many columns: a Chinese character takes two."""
    if len(text) * 2 <= width:
        return text
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def padded(text: str, width: int) -> str:
    """A text with blanks behind it, that together take so many columns."""
    from rich.cells import cell_len

    return text + " " * max(0, width - cell_len(text))


def folded(text: str, indent: int) -> str:
    """A line broken between words where the terminal ends, with the rest under its beginning."""
    from rich.cells import cell_len

    width, lines = columns(), list[str]()
    while cell_len(text) > width:
        ends = accumulate(map(cell_len, text))
        fits = sum(1 for _ in takewhile(lambda end: end <= width, ends))
        space = text.rfind(" ", indent + 1, fits + 1)
        cut = space if space > indent else fits
        lines.append(text[:cut])
        text = " " * indent + text[cut:].lstrip()
    return "\n".join([*lines, text])


def duration(seconds: float) -> str:
    """A time as people say it: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
