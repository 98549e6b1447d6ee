"""Asks a server on this machine beside other tools: time, processor time and memory of whole processes.

    python bench/generation.py FOLDER [--requests 2000] [--at-once 64 256] [--rounds 3] [--only tunec]

The server takes 200 ms for an answer. Every tool is given the same questions and writes the answers to a file; tools
take turns, so that what else the machine does falls on all. FOLDER keeps the other tools' environments: only what they
need beside the packages of this one is installed, without what their other backends need.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.environments import SCRIPTS, Peer, python, versions  # noqa: E402

_CLIENT = ("openai==3.57.0", "jiter==0.19.0", "distro==1.9.0", "sniffio", "nest-asyncio==1.6.0")
TOOLS = (
    Peer("tunec", "", (), ("tunec",)),
    Peer(
        "Bespoke Curator",
        "curator_peer.py",
        ((
            "--no-deps", *_CLIENT, "bespokelabs-curator==0.1.31", "litellm==1.83.7", "instructor==1.17.0",
            "anthropic==2.14.0", "docstring-parser", "aiofiles==25.1.0", "posthog==7.91.1", "tiktoken==0.14.0",
            "importlib-metadata", "python-dotenv", "backoff", "tenacity", "mistralai==3.7.0", "eval-type-backport",
            "pillow", "bespokelabs-sandbox", "fastuuid",
        ),),
        ("bespokelabs-curator", "litellm"),
    ),
    Peer(
        "distilabel",
        "distilabel_peer.py",
        ((
            "--no-deps", *_CLIENT, "distilabel==1.5.3", "orjson==3.13.0", "portalocker", "tblib", "universal-pathlib",
            "pathlib-abc", "networkx", "multiprocess", "typer", "importlib-resources",
        ),),
        ("distilabel", "openai"),
    ),
)  # fmt: skip

SPEC = """spec s(version: "1.0.0-dev", allow_empty: true)
source q = jsonl("q.jsonl", format: alpaca, license: "MIT")
model teacher = openai("m", base_url: "{url}", concurrency: {many})
generate answered from q {{ respond(teacher) }}
dataset out from answered {{ }}
"""


def main() -> None:
    """Measure, and print a line for each tool and number of requests at once."""
    reads = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reads.add_argument("folder", type=Path)
    reads.add_argument("--requests", type=int, default=2000)
    reads.add_argument("--at-once", type=int, nargs="+", default=[64, 256])
    reads.add_argument("--rounds", type=int, default=3)
    reads.add_argument("--only", nargs="+", default=[tool.name for tool in TOOLS])
    asked = reads.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    places = {tool: _prepared(tool, asked.folder) for tool in TOOLS if tool.name in asked.only}
    with _served() as url:
        for many in asked.at_once:
            found: dict[str, list[tuple[float, float, int]]] = {tool.name: [] for tool in places}
            for _ in range(asked.rounds):
                for tool, place in places.items():
                    found[tool.name].append(_measured(tool, place, url, asked.requests, many, asked.folder))
            print(f"{asked.requests:,} requests, {many} at once; the quickest of {asked.rounds}")
            for name, runs in found.items():
                wall, cpu, memory = min(r[0] for r in runs), min(r[1] for r in runs), max(r[2] for r in runs)
                each = 1000 * cpu / asked.requests
                print(f"  {name:<16} {wall:6.1f} s  {cpu:6.2f} s CPU ({each:.2f} ms a request)  {memory >> 10:5,} MB")


def _prepared(tool: Peer, folder: Path) -> Path:
    """The interpreter of a tool, which finds the packages of this one too."""
    place = python(tool, folder)
    if tool.install:
        shared = "".join(f"{path}\n" for path in sys.path if path.endswith("site-packages"))
        (next(place.parents[1].glob("lib/python*/site-packages")) / "shared.pth").write_text(shared, "utf-8")
    print(tool.name, versions(tool, place), flush=True)
    return place


def _measured(tool: Peer, place: Path, url: str, count: int, many: int, folder: Path) -> tuple[float, float, int]:
    """Seconds, processor seconds with those of children, and kilobytes at most of one run."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    if tool.install:
        command = [str(place), str(SCRIPTS / tool.script), url, str(count), str(many), "out.parquet"]
    else:
        asked = (f"Question number {n} about something" for n in range(count))
        lines = (json.dumps({"instruction": text, "output": "-"}) + "\n" for text in asked)
        (work / "q.jsonl").write_text("".join(lines), "utf-8")
        (work / "s.tune").write_text(SPEC.format(url=url, many=many), "utf-8")
        command = [str(place), "-m", "tunec", "build", "s.tune", "--out", "build", "-q"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"HF_HUB_OFFLINE": "1"}
    began = time.monotonic()
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(command, cwd=work, env=environment, stdout=log, stderr=log)
        _, status, used = os.wait4(running.pid, 0)
    if status:
        raise RuntimeError(f"{tool.name} failed: see {folder / 'log'}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss


@contextmanager
def _served() -> Iterator[str]:
    """A server in a process of its own."""
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_serve, args=(port,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{port.get(timeout=20)}/v1"
    finally:
        process.terminate()
        process.join()


def _serve(port: multiprocessing.Queue[int]) -> None:
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        await asyncio.sleep(0.2)
        asked = str(body["messages"][-1]["content"]) if body.get("messages") else ""  # Curator asks for headers first
        message = {"role": "assistant", "content": f"An answer to: {asked}"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        told = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        headers = {"x-ratelimit-limit-requests": "10000000", "x-ratelimit-limit-tokens": "10000000000"}
        return web.json_response(told, headers=headers)

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
        port.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main()
