"""Answers of models behind servers, each recorded on its own as soon as it is there.

A shelf is a folder of logs, one for each process that has written to it: a line for each answer, with the key of the
request, a checksum and the answer as JSON. Nothing in a log is ever changed. A process that is killed leaves at most
one unfinished line, which counts as never written.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Mapping
from typing import IO, Any

from tunec.runtime.store.store import Store

_KEY = 32
_HEAD = _KEY + 10  # the key, a space, eight digits, a space


class AnswerLog:
    """The recorded answers of a shelf: an index in memory, the answers on disk."""

    def __init__(self, store: Store, shelf: str) -> None:
        self._store, self._folder = store, f"answers/{shelf}"
        self._places: dict[str, tuple[str, int, int]] = {}  # file, offset, length
        self._readers: dict[str, IO[bytes]] = {}
        self._writer: IO[bytes] | None = None
        self._own, self._end = "", 0  # the log of this process, and where it ends
        self._pull()
        folder = store.root / self._folder
        for path in sorted(folder.glob("*.log")):
            self._index(path.name)

    def __len__(self) -> int:
        return len(self._places)

    def keys(self) -> list[str]:
        """The keys of the requests that are answered."""
        return list(self._places)

    def get(self, key: str) -> dict[str, Any] | None:
        """The recorded answer to the request of that key, 32 hex digits; None where there is none."""
        place = self._places.get(key)
        if place is None:
            return None
        name, offset, length = place
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = (self._store.root / self._folder / name).open("rb")
        reader.seek(offset)
        answer: dict[str, Any] = json.loads(reader.read(length))
        self._store.touched.add(f"{self._folder}/{name}")
        return answer

    def add(self, key: str, answer: Mapping[str, Any]) -> None:
        """Record an answer."""
        content = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        if self._writer is None:
            self._own = f"{os.getpid()}-{os.urandom(6).hex()}.log"
            path = self._store.at(f"{self._folder}/{self._own}")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer, self._end = path.open("ab", buffering=0), 0
        offset = self._end
        line = b"%s %08x %s\n" % (key.encode(), zlib.crc32(content), content)
        if self._writer.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._own)
        self._end += len(line)
        self._places[key] = (self._own, offset + _HEAD, len(content))
        self._store.touched.add(f"{self._folder}/{self._own}")

    def close(self) -> None:
        """Let go of the files; what was recorded goes to those who share the store."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
        if self._writer is not None:
            os.fsync(self._writer.fileno())
            self._writer.close()
            self._writer = None
            if self._store.remote is not None:
                name = f"{self._folder}/{self._own}"
                self._store.remote.push_file(name, self._store.at(name))

    def _pull(self) -> None:
        remote = self._store.remote
        if remote is None:
            return
        here = {p.name for p in (self._store.root / self._folder).glob("*.log")}
        for name in set(remote.names(self._folder)) - here:
            if name.endswith(".log"):
                remote.pull_file(f"{self._folder}/{name}", self._store.at(f"{self._folder}/{name}"))

    def _index(self, name: str) -> None:
        damaged, offset = 0, 0
        with (self._store.root / self._folder / name).open("rb") as file:
            for line in file:
                content = line[_HEAD:-1]
                if line.endswith(b"\n") and _sum(line) == zlib.crc32(content):
                    self._places.setdefault(line[:_KEY].decode(), (name, offset + _HEAD, len(content)))
                elif line.endswith(b"\n"):
                    damaged += 1
                offset += len(line)
        if damaged:
            self._store.warn(f"{damaged:,} damaged answers in {self._folder}/{name} are asked for again")


def _sum(line: bytes) -> int:
    try:
        return int(line[_KEY + 1 : _HEAD - 1], 16)
    except ValueError:
        return -1
