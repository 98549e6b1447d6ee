"""What was paid to answer for a spec since its last build came to an end: a line for each answer, written at once.

So costs add up over runs that were interrupted, whatever ended them. A line is the fingerprint of the step and dollars;
`-` marks that a bound on costs was reached and said: what is paid after it counts against the next bound.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import IO

from tunec.runtime.store.store import Store

_BOUND = "-"
_NUMBER = re.compile(r"\d[\d.e+-]*")


class Spending:
    """The account of a spec. `account` is its name; samples have one of their own."""

    def __init__(self, store: Store, account: str) -> None:
        self._store, self._name = store, f"spending/{account}.log"
        self._file: IO[bytes] | None = None
        self._before: dict[str, float] = defaultdict(float)
        self.since_bound = 0.0
        path = store.root / self._name
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            step, _, dollars = line.partition(" ")
            if step == _BOUND:
                self.since_bound = 0.0
            elif _NUMBER.fullmatch(dollars):
                self._before[step] += float(dollars)
                self.since_bound += float(dollars)

    @property
    def before(self) -> Mapping[str, float]:
        """Dollars that earlier runs paid, by step."""
        return self._before

    def add(self, step: str, dollars: float) -> None:
        """An answer was paid for."""
        if dollars > 0:
            self._write(f"{step or '?'} {dollars!r}\n")

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
