"""Real servers: the bundled model behind `transformers serve` and llama.cpp."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.building import build, ledger
from tunec.runtime.models.bundled import MODELS, weights_file
from tunec.runtime.ops.models.bundled import bundled

pytestmark = pytest.mark.model


def transformers(folder: Path, port: int) -> tuple[list[str], str]:
    """How `transformers serve` is started with the bundled model, and what that is called there."""
    for package in ("fastapi", "uvicorn", "openai"):
        pytest.importorskip(package, reason="`transformers serve` needs transformers[serving]")
    from tunec.runtime.models.local import fresh

    model, tokenizer = fresh(bundled("smollm2-135m-instruct"))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    program = str(Path(sys.executable).with_name("transformers"))
    return [program, "serve", str(folder), "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)], str(folder)


def llama_cpp(_: Path, port: int) -> tuple[list[str], str]:
    """The same of llama.cpp."""
    program = shutil.which("llama-server")
    if program is None:
        pytest.skip("llama.cpp's `llama-server` is not on the path")
    weights = weights_file(MODELS["smollm2-135m-instruct"])
    return [program, "-m", str(weights), "-c", "4096", "--host", "127.0.0.1", "--port", str(port)], "smollm2"


@pytest.fixture(scope="module", params=[transformers, llama_cpp])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server with the bundled model, and what it is called there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, name = request.param(tmp_path_factory.mktemp("served") / "model", port)
    running = subprocess.Popen(command, env={**os.environ, "HF_HUB_OFFLINE": "1"}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1", name
    finally:
        running.terminate()
        running.wait(30)


def test_chats_and_completions(served: tuple[str, str], tmp_path: Path) -> None:
    url, name = served
    text = f"""
spec s(version: "1.0.0-dev")
source q = rows([{{instruction: "Name a colour.", response: "Red."}}, {{instruction: "你好！", response: "你好。"}}])
model served = openai("{name}", base_url: "{url}", max_tokens: 16, concurrency: 2)
generate answered from q {{ respond(served) }}
generate continued from q {{ self_instruct(served, demonstrations: 1, mode: completion) until(requests: 1) }}
dataset out from [answered, continued, q] {{ }}
"""
    built = build(tmp_path, text.replace("spec s(", "spec s(allow_empty: true, "))
    lines = ledger(built, "out")
    assert lines.height >= 5 and lines.filter(rule="answer").is_empty()
