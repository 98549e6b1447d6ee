"""A server on this machine that speaks OpenAI's protocol and has the faults that it is told to have.

What it says depends on what it is asked alone, so that two runs can be compared; it counts what it answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

#: What a server may do to a request instead of answering it.
FAULTS = (
    "429", "500", "hang", "cut", "invalid", "schema", "empty", "reasoning", "duplicate",
)  # fmt: skip


@dataclass
class Served:
    """The server: its address, and what it has seen. `answered` counts good answers by request."""

    url: str = ""
    faults: Mapping[str, float] = field(default_factory=dict)
    say: Callable[[dict[str, Any]], str] = lambda body: "An answer to: " + last(body)
    latency: float = 0.0
    usage: Callable[[dict[str, Any]], tuple[int, int] | None] = lambda body: (10, 5)  # None: it does not say
    finish: str = "stop"
    refuse: tuple[int, str] | None = None  # status and words, instead of an answer
    only: str = ""  # refuse what contains this
    lacks: str = ""  # refuse, with status 400, requests with this part
    after: int = 0  # refuse after so many answers
    always: bool = False  # whether a fault stays; else only the first two attempts have it
    answered: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    running: int = 0
    peak: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    batches: list[dict[str, Any]] = field(default_factory=list)
    looks: int = 0  # how often a batch is looked at before it has ended
    ending: str = "completed"  # how batches end
    silent: int = 0  # so many batches are made, and the answer that they are is lost

    def fault(self, key: str, attempt: int) -> str | None:
        """The fault of a request: the same for the same request and attempt."""
        chance = (
            int.from_bytes(hashlib.sha256(f"{key} {attempt if not self.always else 0}".encode()).digest()[:4], "big")
            / 2**32
        )
        if attempt > 2 and not self.always:
            return None
        for name, share in self.faults.items():
            if chance < share:
                return name
            chance -= share
        return None


def last(body: Mapping[str, Any]) -> str:
    """The last thing that a request says, without a complaint about an earlier answer."""
    if "prompt" in body:
        return str(body["prompt"])
    users = [m["content"] for m in body["messages"] if not m["content"].startswith("Your last answer")]
    return str(users[-1])


@contextmanager
def serving(**settings: Any) -> Iterator[Served]:
    """A server in a thread of its own, as long as the block lasts."""
    from aiohttp import web

    served = Served(**settings)

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        served.bodies.append(body)
        served.headers.append(dict(request.headers))
        key = last(body)
        served.attempts[key] += 1
        served.running += 1
        served.peak = max(served.peak, served.running)
        try:
            await asyncio.sleep(served.latency)
            if served.refuse and served.only in key and sum(served.answered.values()) >= served.after:
                status, words = served.refuse
                return web.json_response({"error": {"message": words}}, status=status)
            if served.lacks in body:
                words = f"Unsupported parameter: '{served.lacks}'. Use 'max_completion_tokens' instead."
                return web.json_response({"error": {"message": words}}, status=400)
            return await reply(request, body, key, served.fault(key, served.attempts[key]))
        finally:
            served.running -= 1

    async def reply(request: web.Request, body: dict[str, Any], key: str, fault: str | None) -> web.StreamResponse:
        if fault == "429":
            return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0.05"})
        if fault == "500":
            return web.Response(status=500, text="internal error")
        if fault == "hang":
            await asyncio.sleep(30)
        if fault == "cut":
            assert request.transport is not None
            request.transport.close()
        if fault == "invalid":
            return web.Response(text='{"choices": [', content_type="application/json")
        document = document_of(body, key, fault)
        return web.Response(text=json.dumps(document), content_type="application/json")

    def document_of(body: dict[str, Any], key: str, fault: str | None) -> dict[str, Any]:
        """A reply with what the server says, or with what a fault makes of it."""
        text, thought = served.say(body), None
        if fault == "schema":
            text = '{"not": "what was asked for"}' if "response_format" in body else text
        if fault == "empty":
            text = "  "
        if fault == "reasoning":
            text, thought = "", "I thought about it."
        if fault == "duplicate":
            text = "The same as ever."
        if fault not in ("schema", "empty", "reasoning", "hang", "cut"):
            served.answered[key] += 1
        choice: dict[str, Any] = {"index": 0, "finish_reason": served.finish}
        if "prompt" in body:
            choice["text"] = text
        else:
            choice["message"] = {"role": "assistant", "content": text, "reasoning_content": thought}
        document: dict[str, Any] = {"id": "x", "object": "chat.completion", "created": 1, "choices": [choice]}
        if (tokens := served.usage(body)) is not None:
            document["usage"] = {
                "prompt_tokens": tokens[0],
                "completion_tokens": tokens[1],
                "total_tokens": sum(tokens),
            }
        return document

    async def uploaded(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        assert form["purpose"] == "batch"
        file = form["file"]
        assert isinstance(file, web.FileField)
        id = f"file-{len(served.files)}"
        served.files[id] = file.file.read()
        return web.json_response({"id": id, "object": "file"})

    async def made(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert body["completion_window"] == "24h"
        batch = {"id": f"batch-{len(served.batches)}", "status": "in_progress", "looks": 0, **body}
        served.batches.append(batch)
        if served.silent:
            served.silent -= 1
            assert request.transport is not None
            request.transport.close()
        return web.json_response(batch)

    async def listed(request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": served.batches[::-1], "has_more": False})

    async def looked(request: web.Request) -> web.StreamResponse:
        batch = next(b for b in served.batches if b["id"] == request.match_info["id"])
        batch["looks"] += 1
        if batch["looks"] > served.looks and batch["status"] == "in_progress":
            batch["status"] = served.ending
            if served.ending == "failed":
                batch["errors"] = {"data": [{"code": "invalid", "message": "the file is not what it should be"}]}
            else:
                ended(batch)
        return web.json_response(batch)

    def ended(batch: dict[str, Any]) -> None:
        """Answer what a batch asks; the last request of one that has expired is not reached."""
        lines = [json.loads(line) for line in served.files[batch["input_file_id"]].splitlines()]
        good, bad = [], []
        for line in lines[: -1 if served.ending == "expired" else None]:
            body, key = line["body"], last(line["body"])
            served.bodies.append(body)
            served.attempts[key] += 1
            fault = served.fault(key, served.attempts[key])
            if fault in ("500", "429"):
                error = {"status_code": int(fault), "body": {"error": {"message": "overloaded"}}}
                bad.append({"custom_id": line["custom_id"], "response": error})
                continue
            document = document_of(body, key, fault)
            good.append({"custom_id": line["custom_id"], "response": {"status_code": 200, "body": document}})
        for name, found in (("output_file_id", good), ("error_file_id", bad)):
            batch[name] = f"file-{len(served.files)}" if found else None
            if found:  # in another order than they were asked in
                served.files[batch[name]] = "".join(json.dumps(f) + "\n" for f in found[::-1]).encode()

    async def content(request: web.Request) -> web.StreamResponse:
        return web.Response(body=served.files[request.match_info["id"]])

    ready, stop = threading.Event(), threading.Event()

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", handle)
        app.router.add_post("/v1/completions", handle)
        app.router.add_post("/v1/files", uploaded)
        app.router.add_get("/v1/files/{id}/content", content)
        app.router.add_post("/v1/batches", made)
        app.router.add_get("/v1/batches", listed)
        app.router.add_get("/v1/batches/{id}", looked)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.02)
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield served
    finally:
        stop.set()
        thread.join(5)
