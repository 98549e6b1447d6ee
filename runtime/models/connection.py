"""The line to a server that speaks OpenAI's protocol: requests of any kind, the key, files and batches."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.replies import Broken, Refused, failure_of, wait_of

if TYPE_CHECKING:
    import aiohttp

#: Bytes of an answer, and of a file of answers, that are read at most.
_LARGEST, _LARGEST_FILE = 1 << 24, 1 << 31


@dataclass
class Connection:
    """The line to the server of a model; `attempts` is how often what may pass is tried."""

    model: ModelSpec
    attempts: int
    _session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def exchanged(
        self,
        method: str,
        path: str,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        most: int = _LARGEST,
    ) -> tuple[int, Any, bytes]:
        """One request and what came of it. Raises Broken."""
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=float(self.model.option("timeout", 600)), sock_connect=30),
                headers=self._headers(),
                proxy=_proxy_for(self._base),  # looked up once: `trust_env` would do it in a thread for each request
            )
        try:
            async with self._session.request(
                method, f"{self._base}/{path}", data=content, headers=headers, allow_redirects=False
            ) as response:
                body = await response.content.read(most + 1)
                while len(body) <= most and (more := await response.content.read(most + 1 - len(body))):
                    body += more
                if len(body) > most:
                    raise Broken(f"an answer of more than {most >> 20} MB")
                return response.status, response.headers, self._hidden(body)
        except TimeoutError as error:
            raise Broken("no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Broken(f"no connection ({type(error).__name__}: {_first_line(error)})") from error

    async def get(self, path: str) -> bytes:
        """What lies at a path. Raises OperatorError."""
        return await self._managed(lambda: self.exchanged("GET", path, most=_LARGEST_FILE))

    async def upload(self, content: bytes) -> str:
        """The id of a file of requests. Raises OperatorError."""
        import aiohttp

        def form() -> Any:
            form = aiohttp.FormData({"purpose": "batch"})
            form.add_field("file", content, filename="requests.jsonl", content_type="application/jsonl")
            return form

        return str(json.loads(await self._managed(lambda: self.exchanged("POST", "files", form())))["id"])

    async def create(self, body: Mapping[str, Any], found: Callable[[], Awaitable[str | None]]) -> str:
        """The id of a new batch. Raises OperatorError."""
        content, headers = json.dumps(body).encode(), {"content-type": "application/json"}
        for attempt in range(1, self.attempts + 1):
            try:
                status, said, answer = await self.exchanged("POST", "batches", content, headers)
                failure = failure_of(status, answer)
                if failure is None:
                    return str(json.loads(answer)["id"])
            except Broken as error:
                said, failure = {}, str(error)
            except Refused as error:
                raise OperatorError(f"{self.name}: {error}") from error
            # It may have been made all the same: what is made once is paid once.
            id = await found()
            if id is not None:
                return id
            await self._pause(said, attempt)
        raise OperatorError(f"{self.name} takes no batch: {failure}")

    async def _managed(self, ask: Callable[[], Awaitable[tuple[int, Any, bytes]]]) -> bytes:
        """The body of an answer, asked for again where that may help."""
        for attempt in range(1, self.attempts + 1):
            try:
                status, headers, body = await ask()
                failure = failure_of(status, body)
                if failure is None:
                    return body
            except Broken as error:
                headers, failure = {}, str(error)
            except Refused as error:
                raise OperatorError(f"{self.name}: {error}") from error
            await self._pause(headers, attempt)
        raise OperatorError(f"{self.name} does not answer: {failure}; what was answered is kept")

    async def _pause(self, headers: Mapping[str, str], attempt: int) -> None:
        """Wait before the next attempt; after the last there is nothing to wait for."""
        if attempt < self.attempts:
            await asyncio.sleep(wait_of(headers, attempt, random.random()))

    @property
    def _base(self) -> str:
        return self.model.backend.rstrip("/")

    @property
    def name(self) -> str:
        """What people call the model and its server."""
        from urllib.parse import urlsplit

        return f"`{self.model.id}` at {urlsplit(self._base).netloc.rpartition('@')[2]}"

    def _hidden(self, body: bytes) -> bytes:
        """What a server said, without the key: some repeat it where they refuse it."""
        key = os.environ.get(self.model.option("key", "") or "", "").encode()
        return body.replace(key, b"***") if key else body

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        name = self.model.option("key", "")
        if name:
            key = os.environ.get(name)
            if not key:
                raise OperatorError(f"the environment variable {name}, the key of {self.name}, is not set")
            headers["authorization"] = f"Bearer {key}"
        return headers


def _proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    where = urlsplit(url)
    return None if proxy_bypass(where.netloc) else getproxies().get(where.scheme)


def _first_line(error: BaseException) -> str:
    return (str(error) or "no reason given").splitlines()[0][:200]
