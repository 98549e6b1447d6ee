"""What was paid to answer for a spec since its last build came to an end: lines that are written at once.

Before a request goes out, a line says the most that it can cost, and when it has ended, another what it did cost. So
costs add up over runs that were interrupted, whatever ended them; and what a killed run had asked without an answer, or
what was cut off, is known: it may have been paid. A line is `STEP > REQUEST MOST` or `STEP < REQUEST PAID LOST`, with
the fingerprint of the step and dollars; `-` marks that a bound on costs was reached and said: what is paid after it
counts against the next bound.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import IO

from tunec.runtime.store.store import Store

_BOUND = "-"
_DOLLARS = r"(\d[\d.e+-]*)"
_ASKED = re.compile(rf"\S+ > (\S+) {_DOLLARS}")
_ENDED = re.compile(rf"(\S+) < (\S+) {_DOLLARS} {_DOLLARS}")


class Spending:
    """The account of a spec. `account` is its name; samples have one of their own. `lost` is the most that was paid for
    requests that were cut off; with `_since_bound`, since a person was told of a bound."""

    def __init__(self, store: Store, account: str) -> None:
        self._store, self._name = store, f"spending/{account}.log"
        self._file: IO[bytes] | None = None
        self._before: dict[str, float] = defaultdict(float)
        self._run, self._requests = os.urandom(6).hex(), 0
        self._noted: set[str] = set()  # requests on their way that a line tells of
        self.since_bound = self.lost = self.lost_since_bound = 0.0
        self._read()

    def _read(self) -> None:
        path = self._store.root / self._name
        running: dict[str, float] = {}
        for line in path.read_text("utf-8", "replace").splitlines() if path.exists() else ():
            if line == _BOUND:
                self._cut_off(running.values())
                running.clear()
                self.since_bound = self.lost_since_bound = 0.0
            elif asked := _ASKED.fullmatch(line):
                running[asked[1]] = float(asked[2])
            elif ended := _ENDED.fullmatch(line):
                running.pop(ended[2], None)
                self._before[ended[1]] += float(ended[3])
                self.since_bound += float(ended[3])
                self._cut_off([float(ended[4])])
        self._cut_off(running.values())

    def _cut_off(self, most: Iterable[float]) -> None:
        for dollars in most:
            self.lost += dollars
            self.lost_since_bound += dollars

    @property
    def before(self) -> Mapping[str, float]:
        """Dollars that earlier runs paid, by step."""
        return self._before

    def asked(self, step: str, most: float) -> str:
        """A request goes out that costs so much at most; gives its name in this account."""
        self._requests += 1
        name = f"{self._run}.{self._requests}"
        if most > 0:
            self._noted.add(name)
            self._write(f"{step or '?'} > {name} {most!r}\n")
        return name

    def ended(self, step: str, name: str, paid: float, lost: float) -> None:
        """A request has ended, and was paid for; where it was cut off, `lost` is the most that was paid."""
        if name in self._noted or paid > 0 or lost > 0:
            self._noted.discard(name)
            self._write(f"{step or '?'} < {name} {paid!r} {lost!r}\n")
            self._cut_off([lost])

    def bound_reached(self) -> None:
        """A person was told that the bound is reached."""
        self._write(f"{_BOUND}\n")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def end(self) -> None:
        """The build came to its end: what is paid from now on is of another."""
        self.close()
        (self._store.root / self._name).unlink(missing_ok=True)

    def _write(self, line: str) -> None:
        if self._file is None:
            path = self._store.at(self._name)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)
            self._file.write(b"\n")  # a process that was killed may have left a line without an end
        self._file.write(line.encode())
