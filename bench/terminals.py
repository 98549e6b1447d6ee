"""Records commands as terminals of 80 and 120 columns and a dumb one get them: `python -m bench.terminals FOLDER`.

Each command runs for real, in a starter project and behind a pseudo-terminal. The recordings are asciinema files (v2).
A line that is wider than its terminal is a fault, but for paths and addresses, which stay whole to be copied; so is a
control sequence in the dumb one.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

ROWS = 40
#: A name, the value of TERM, and the columns.
TERMINALS = (("80", "xterm-256color", 80), ("120", "xterm-256color", 120), ("dumb", "dumb", 80))
_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
_WHOLE = re.compile(r"\S*[/\\]\S{30,}")


@dataclass(frozen=True, slots=True)
class Recording:
    """What a command wrote: pieces, each with the seconds since it began; and how it ended."""

    columns: int
    pieces: tuple[tuple[float, str], ...]
    status: int

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(text for _, text in self.pieces)


def record(command: Sequence[str], folder: Path, term: str, columns: int) -> Recording:
    """Run a command in a pseudo-terminal and keep what it writes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    hidden = ("COLUMNS", "LINES", "NO_COLOR", "CI")
    environment = {**{k: v for k, v in os.environ.items() if k not in hidden}, "TERM": term}
    began, pieces = time.monotonic(), list[tuple[float, str]]()
    running = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    held = b""
    while True:
        try:
            held += os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        text = held.decode("utf-8", "ignore")
        if len(text.encode()) == len(held):
            pieces.append((round(time.monotonic() - began, 3), text))
            held = b""
    os.close(ours)
    return Recording(columns, tuple(pieces), running.wait())


def faults(recording: Recording, dumb: bool) -> Iterator[str]:
    """The lines that the terminal would break, and what a dumb one would show as rubbish."""
    if dumb and "\x1b" in recording.text:
        yield f"a control sequence: {recording.text[recording.text.index(chr(27)) :][:20]!r}"
    for line in re.split(r"\r\n|\n|\r", _CONTROL.sub("", recording.text)):
        if cell_len(line.rstrip()) > recording.columns and not _WHOLE.search(line):
            yield f"{cell_len(line.rstrip())} columns: {line.rstrip()}"


def write_cast(recording: Recording, path: Path) -> None:
    """Write a recording as asciinema plays it."""
    head = {"version": 2, "width": recording.columns, "height": ROWS}
    lines = [json.dumps(head), *(json.dumps([at, "o", text], ensure_ascii=False) for at, text in recording.pieces)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def commands() -> dict[str, list[str]]:
    """What is recorded, in this order, in a folder with the starter project `documents`."""
    tunec = [sys.executable, "-m", "tunec"]
    return {
        "new": [*tunec, "new", "project", "--template", "documents"],
        "lint": [*tunec, "lint", "project/documents.tune"],
        "plan": [*tunec, "plan", "project/documents.tune"],
        "build": [*tunec, "build", "project/documents.tune"],
        "again": [*tunec, "build", "project/documents.tune"],
        "versions": [*tunec, "versions"],
        "why": [*tunec, "why", "documents", "pump"],
        "help": [*tunec, "build", "--help"],
    }


def main(folder: Path) -> int:
    """Record everything, and say what is wrong."""
    found = 0
    folder.mkdir(parents=True, exist_ok=True)
    for name, term, columns in TERMINALS:
        with tempfile.TemporaryDirectory() as place:
            for title, command in commands().items():
                recording = record(command, Path(place), term, columns)
                write_cast(recording, folder / f"{title}-{name}.cast")
                print(f"{title:<10} {name:<5} exit {recording.status}, {recording.pieces[-1][0]:.1f} s", flush=True)
                for fault in faults(recording, term == "dumb"):
                    found += 1
                    print(f"    {fault}")
    print(f"{found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
