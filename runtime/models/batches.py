"""OpenAI's Batch API: requests are handed over in a file and answered within a day, for half of the price.

Requests that come in quick succession share a batch. What was handed over is written down before and after, beside the
recorded answers: a build that is interrupted, or killed, finds its batch again and collects it, however much later, and
what a batch said is kept as it came, so that nothing is ever paid for twice.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.store.files import write_bytes
from tunec.runtime.store.remote import RemoteError
from tunec.runtime.store.store import Store

#: Seconds without a new request after which what waits is handed over.
QUIET = 0.5
#: Seconds between looks at a batch: at first, and at most.
FIRST, LONGEST = 0.25, 60.0
#: What OpenAI takes in one batch: requests, bytes.
REQUESTS, BYTES = 50_000, 190_000_000
_ENDED = ("completed", "failed", "expired", "cancelled")

#: What a server said to a request: status, headers, body.
Reply: TypeAlias = tuple[int, Mapping[str, str], bytes]


class Client(Protocol):
    """What is asked of a server beside answers. Each raises OperatorError where it cannot be done."""

    async def get(self, path: str) -> bytes:
        """What lies at a path."""

    async def upload(self, content: bytes) -> str:
        """The id of a file with this content."""

    async def create(self, body: Mapping[str, Any], found: Callable[[], Awaitable[str | None]]) -> str:
        """The id of a new batch; where no answer came, `found` tells whether it was made all the same."""


@dataclass
class Batches:
    """The batches of one model. `folder` is where they are written down, in the store."""

    store: Store
    folder: str
    client: Client
    tell: Callable[[str], None]
    _results: dict[str, tuple[int, bytes]] | None = None  # what batches said, by request
    _futures: dict[str, asyncio.Future[tuple[int, bytes]]] = field(default_factory=dict)  # what is to come
    _waiting: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # to be handed over: path, line
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _flushing: bool = False

    async def ask(self, name: str, path: str, content: bytes) -> Reply:
        """What the server says to a request; `name` is the same for the same request in every build."""
        if self._results is None:
            self._resume()
        assert self._results is not None
        if name not in self._results and name not in self._futures:
            line = {"custom_id": name, "method": "POST", "url": f"/v1/{path}", "body": json.loads(content)}
            self._waiting[name] = path, json.dumps(line, ensure_ascii=False).encode() + b"\n"
            self._futures[name] = asyncio.get_running_loop().create_future()
            if not self._flushing:
                self._flushing = True
                self._start(self._flush())
        status, body = self._results[name] if name in self._results else await asyncio.shield(self._futures[name])
        return status, {}, body

    async def close(self) -> None:
        """Stop looking; what was handed over is found again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _resume(self) -> None:
        """Take up what earlier builds handed over."""
        self._results = {}
        self.store.fetch(self.folder, ".json", ".results")
        for path in sorted((self.store.root / self.folder).glob("batch-*.json")):
            nonce = path.stem.removeprefix("batch-")
            said = self.store.root / self._name(nonce, "results")
            try:
                if said.exists():
                    self._results |= {name: (status, body.encode()) for name, status, body in _lines(said)}
                    self.store.touched |= {self._name(nonce, "json"), self._name(nonce, "results")}
                    continue
            except (ValueError, TypeError, AttributeError):  # the provider still has them
                self.tell(f"damaged: {said} cannot be read; the answers are collected again")
                self.store.put_aside(said)
            try:
                ((requests, id),) = [(record["requests"], record["id"]) for record in _lines(path)]
            except (ValueError, KeyError, TypeError):
                self.tell(f"damaged: {path} cannot be read; its requests are asked again")
                self.store.put_aside(path)
                continue
            self._futures |= {name: asyncio.get_running_loop().create_future() for name in requests}
            self._start(self._collected(nonce, requests, id))

    async def _flush(self) -> None:
        """Hand over what waits, once no more comes."""
        many = -1
        while many != len(self._waiting):
            many = len(self._waiting)
            await asyncio.sleep(QUIET)
        self._flushing = False
        waiting, self._waiting = self._waiting, {}
        for path in sorted({path for path, _ in waiting.values()}):
            part: dict[str, bytes] = {}
            size = 0
            for name, (where, line) in waiting.items():
                if where != path:
                    continue
                if part and (len(part) == REQUESTS or size + len(line) > BYTES):
                    self._start(self._handed_over(path, part))
                    part, size = {}, 0
                part[name] = line
                size += len(line)
            self._start(self._handed_over(path, part))

    async def _handed_over(self, path: str, lines: Mapping[str, bytes]) -> None:
        nonce, names = os.urandom(8).hex(), list(lines)
        try:
            file = await self.client.upload(b"".join(lines.values()))
            self._write(nonce, {"id": None, "requests": names})
            body = {
                "input_file_id": file, "endpoint": f"/v1/{path}", "completion_window": "24h",
                "metadata": {"tunec": nonce},
            }  # fmt: skip
            id = await self.client.create(body, lambda: self._found(nonce))
        except OperatorError as error:
            self._fail(nonce, names, error)
            return
        self._write(nonce, {"id": id, "requests": names})
        self.tell(
            f"a batch of {len(names):,} requests was handed over ({id}); the server answers within a day. This build "
            "waits, or can be interrupted: the same command collects the answers later"
        )
        await self._collected(nonce, names, id)

    async def _found(self, nonce: str) -> str | None:
        """The id of a batch that may have been made, by the mark that it was given."""
        after = ""
        while True:
            page = json.loads(await self.client.get(f"batches?limit=100{after}"))
            for batch in page.get("data", []):
                if (batch.get("metadata") or {}).get("tunec") == nonce:
                    return str(batch["id"])
            if not page.get("has_more"):
                return None
            after = f"&after={page['data'][-1]['id']}"

    async def _collected(self, nonce: str, names: list[str], id: str | None) -> None:
        """Wait for a batch, and keep what it says."""
        try:
            if id is None:
                id = await self._found(nonce)
            if id is None:  # an earlier build was killed before it was made: it is handed over anew
                self._fail(nonce, names, OperatorError("a batch was not handed over; the same build does it now"))
                return
            batch, pause = json.loads(await self.client.get(f"batches/{id}")), FIRST
            while batch["status"] not in _ENDED:
                await asyncio.sleep(pause)
                pause = min(LONGEST, pause * 2)
                batch = json.loads(await self.client.get(f"batches/{id}"))
            if batch["status"] == "failed":
                raise OperatorError(f"the batch {id} failed: {_reasons(batch)}")
            said: dict[str, tuple[int, str]] = {}
            for file in (batch.get("output_file_id"), batch.get("error_file_id")):
                for line in (await self.client.get(f"files/{file}/content")).splitlines() if file else ():
                    said |= _read(line)
            lost = 503, json.dumps({"error": {"message": f"the batch {batch['status']} without an answer to it"}})
            kept = {name: said.get(name, lost) for name in names}
        except OperatorError as error:
            self._fail(nonce if "failed" in str(error) else None, names, error)
            return
        lines = (json.dumps([name, status, body], ensure_ascii=False) + "\n" for name, (status, body) in kept.items())
        self._write(nonce, {"id": id, "requests": names})
        self._keep(self._name(nonce, "results"), "".join(lines).encode())
        for name, (status, body) in kept.items():
            assert self._results is not None
            self._results[name] = status, body.encode()
            self._futures.pop(name).set_result(self._results[name])

    def _fail(self, nonce: str | None, names: list[str], error: OperatorError) -> None:
        """Tell whoever waits; with `nonce` the batch is forgotten, since it will not be answered."""
        if nonce is not None:
            self.store.at(self._name(nonce, "json")).unlink(missing_ok=True)
            if self.store.remote is not None:
                self.store.remote.discard(self._name(nonce, "json"))
        for name in names:
            future = self._futures.pop(name)
            future.set_exception(error)
            future.exception()  # whoever waits is told; nobody has to

    def _write(self, nonce: str, record: Mapping[str, Any]) -> None:
        self._keep(self._name(nonce, "json"), json.dumps(record).encode())

    def _keep(self, name: str, content: bytes) -> None:
        write_bytes(self.store.at(name), content)
        self.store.touched.add(name)
        if self.store.remote is not None:
            try:
                self.store.remote.push_file(name, self.store.at(name))
            except RemoteError as error:
                self.tell(f"{name} is kept here, and sent later: {error}")

    def _name(self, nonce: str, ending: str) -> str:
        return f"{self.folder}/batch-{nonce}.{ending}"

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _lines(path: Path) -> list[Any]:
    """The JSON values in a file, one a line. Raises ValueError."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def _read(line: bytes) -> dict[str, tuple[int, str]]:
    """The status and the body that a line of an output or error file holds, by request."""
    try:
        said = json.loads(line)
        response = said.get("response") or {}
        body = response.get("body") or {"error": said.get("error")}
        return {str(said["custom_id"]): (int(response.get("status_code") or 500), json.dumps(body, ensure_ascii=False))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # what has no name answers nothing: its request counts as lost


def _reasons(batch: Mapping[str, Any]) -> str:
    errors = (batch.get("errors") or {}).get("data") or []
    return "; ".join(str(error.get("message") or error.get("code")) for error in errors[:3]) or "no reason given"
