"""Answers of models behind servers, each recorded on its own as soon as it is there.

A shelf is a folder of logs, one for each process that has written to it: a line for each answer, with the key of the
request, a checksum and the answer as JSON. Nothing in a log is ever changed. A process that is killed leaves at most
one unfinished line, which counts as never written.

Objects in a shared store cannot be appended to. So what is new goes there in parts, `WRITER.0001.log` and so on, a part
every `PART` answers, and the whole log when it is closed, in place of its parts. A part is a log like any other: who
reads a shelf reads all of its logs, and an answer that stands in two of them is one answer.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from tunec.runtime.store.remote import Remote, RemoteError
from tunec.runtime.store.store import Store

#: Answers after which what is new is sent to a shared store.
PART = 64

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
        self._parts: Parts | None = None
        store.fetch(self._folder, ".log")
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
            if self._store.remote is not None:
                self._parts = Parts(self._store.remote, f"{self._folder}/{self._own}", path)
        offset = self._end
        line = b"%s %08x %s\n" % (key.encode(), zlib.crc32(content), content)
        if self._writer.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._own)
        self._end += len(line)
        self._places[key] = (self._own, offset + _HEAD, len(content))
        self._store.touched.add(f"{self._folder}/{self._own}")
        if self._parts is not None:
            self._told(self._parts.grown(self._end))

    def close(self) -> None:
        """Let go of the files; what was recorded goes to those who share the store."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
        if self._writer is not None:
            os.fsync(self._writer.fileno())
            self._writer.close()
            self._writer = None
        if self._parts is not None:
            parts, self._parts = self._parts, None
            self._told(parts.close())

    def _told(self, failed: RemoteError | None) -> None:
        if failed is not None:
            self._store.warn(f"answers are kept here, and sent later: {failed}")

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


class Parts:
    """Sends a log that grows to a shared store, in parts, beside the work."""

    def __init__(self, remote: Remote, name: str, path: Path) -> None:
        self._remote, self._name, self._path = remote, name, path
        self._pool = ThreadPoolExecutor(1)
        self._sending: Future[RemoteError | None] | None = None
        self._sent, self._new = 0, 0  # bytes that were sent; answers since the last part
        self._parts: list[str] = []

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way."""
        return self._sending is None or self._sending.done()

    def grown(self, end: int) -> RemoteError | None:
        """One more answer is in the log, which ends there now. Gives why an earlier part could not be sent; what it
        would have held goes with the next one."""
        self._new += 1
        if self._new < PART or not self.is_idle:
            return None
        failed = self._sending.result() if self._sending is not None else None
        self._new = 0
        self._sending = self._pool.submit(self._send, end)
        return failed

    def _send(self, end: int) -> RemoteError | None:
        name = f"{self._name.removesuffix('.log')}.{len(self._parts) + 1:04}.log"
        with self._path.open("rb") as file:
            file.seek(self._sent)
            content = file.read(end - self._sent)
        try:
            self._remote.push_bytes(name, content)
        except RemoteError as error:
            return error
        self._sent = end
        self._parts.append(name)
        return None

    def close(self) -> RemoteError | None:
        """Send the whole log, and take its parts out; gives why that did not work."""
        self._pool.shutdown()
        try:
            self._remote.push_file(self._name, self._path)
            if self._parts:
                self._remote.remove(self._parts)
        except RemoteError as error:
            return error
        return None


def _sum(line: bytes) -> int:
    try:
        return int(line[_KEY + 1 : _HEAD - 1], 16)
    except ValueError:
        return -1
