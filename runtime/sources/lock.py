"""The lock file: pins what lies outside of a spec and changes its results.

One entry a block, sorted, so that git merges it:

    [file data/tasks.jsonl]
    sha256 = 3f0c…

There are no times and no absolute paths in it; entries that nothing needs any more vanish with the next build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tunec.compiler.files import read_bounded
from tunec.runtime.store.files import within, write_atomically

#: What an entry pins, by its head (`file data/tasks.jsonl`).
Lock = Mapping[str, Mapping[str, str]]
_HEAD = "# Written by tunec: what {name} depends on outside of itself. `tunec build --locked` refuses when it moved.\n"
#: Bytes of a lock at most.
LARGEST = 1 << 28
#: What helps where a lock cannot be read.
_MEND = "build once without --locked to write it anew"


class LockBroken(Exception):
    """A lock file that cannot be read; the message says where."""


#: What ends a line for somebody who reads one, or steers what shows it.
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(name: str) -> str:
    """A name as the head of an entry has it: a file may be called anything, and an entry begins with one line."""
    return _NOT_IN_A_LINE.sub(lambda found: f"\\x{ord(found[0]):02x}", name)


def lock_path(spec: Path) -> Path:
    """The lock beside a spec: `chat.tune` has `chat.lock`."""
    return spec.with_suffix(".lock")


def render_lock(name: str, entries: Lock) -> str:
    """The text of a lock file."""
    blocks = [
        f"[{head}]\n" + "".join(f"{key} = {value}\n" for key, value in sorted(pins.items()))
        for head, pins in sorted(entries.items())
    ]
    return _HEAD.format(name=name) + "\n" + "\n".join(blocks)


def read_lock(path: Path) -> Lock:
    """The entries of a lock file; none where there is no file. Raises LockBroken and OSError."""
    if not path.exists():
        return {}
    raw = read_bounded(path, LARGEST)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise LockBroken(f"{path}:{number}: not valid UTF-8: byte 0x{raw[error.start]:02x}; {_MEND}") from error
    entries: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            current = entries.setdefault(line[1:-1], {})
            continue
        key, equals, value = line.partition(" = ")
        if not equals or current is None:
            raise LockBroken(f"{path}:{number}: cannot be read; {_MEND}")
        current[key] = value
    return entries


def last_lock(path: Path) -> Lock:
    """The entries of a lock that only helps: a broken one is as good as none, and the next build writes it anew."""
    try:
        return read_lock(path)
    except LockBroken:
        return {}


def moved(before: Lock, now: Lock) -> list[str]:
    """What differs between a lock and the world, a sentence each."""
    said = []
    for head in sorted({*before, *now}):
        old, new = before.get(head), now.get(head)
        if old == new:
            continue
        if old is None:
            said.append(f"{head} is not in the lock")
        elif new is None:
            said.append(f"{head} is in the lock and no longer needed")
        else:
            keys = sorted(k for k in {*old, *new} if old.get(k) != new.get(k))
            changes = ", ".join(f"{k} {old.get(k, 'none')[:16]} → {new.get(k, 'none')[:16]}" for k in keys)
            said.append(f"{head} moved: {changes}")
    return said


def write_lock(path: Path, name: str, entries: Lock) -> None:
    """Write the lock, unless it already says this."""
    text = render_lock(name, entries)
    if not path.exists() or read_bounded(path, LARGEST).replace(b"\r\n", b"\n") != text.encode():
        write_atomically(within(path.parent, path.name), text)
