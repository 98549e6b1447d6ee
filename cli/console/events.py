"""The events of a running build as JSON Lines, for scripts and dashboards. `events.schema.json` is their schema.

A line is written whole and at once, so that whoever reads along never sees half of one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from tunec.compiler.planning.plan import Planned
from tunec.console.progress import Terminal
from tunec.dsl.visible import visible_json

SCHEMA = Path(__file__).with_name("events.schema.json")
_EVERY = 1.0  # seconds between two events of progress of one step


class Events(Terminal):
    """A reporter that tells a person what `Terminal` does, and writes an event for each of it."""

    def __init__(self, level: int, rules: Mapping[tuple[str, str], str], file: IO[str]) -> None:
        super().__init__(level, rules)
        self.file = file
        self.step = ""
        self.told = 0.0

    def start(self, step: Planned, number: int, total: int) -> None:
        super().start(step, number, total)
        self.step, self.told = step.label, 0.0
        self._event("start", step=step.label, number=number + 1, total=total, reason=step.reason)

    def progress(self, done: int, total: int, what: str) -> None:
        super().progress(done, total, what)
        if time.monotonic() - self.told >= _EVERY or done == total:
            self.told = time.monotonic()
            speed = {"per_second": self.rate, "eta": self.eta}
            self._event("progress", step=self.step, what=what, done=done, total=total, **speed)

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        super().done(step, info)
        counts = {key: info[key] for key in ("rows_in", "made", "dropped", "rows_out") if key in info}
        spent = {key: info[key] for key in ("requests", "prompt_tokens", "completion_tokens") if key in info}
        seconds = round(time.monotonic() - self.began, 3)
        self._event("done", step=step.label, seconds=seconds, **counts, **spent)

    def warn(self, message: str) -> None:
        super().warn(message)
        self._event("warning", message=message)

    def end(self, version: str | None, seconds: float, cost: float) -> None:
        """The build has ended well; `version` is none where nothing was published."""
        self._event("end", version=version, seconds=round(seconds, 3), cost=cost)

    def _event(self, kind: str, **told: Any) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        # With `-` they are written to a terminal.
        self.file.write(visible_json(json.dumps({"event": kind, "at": at, **told}, ensure_ascii=False)) + "\n")
        self.file.flush()
