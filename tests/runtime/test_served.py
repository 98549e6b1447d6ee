"""A real server: the bundled model behind `transformers serve`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.building import build, ledger
from tunec.runtime.ops.models.bundled import bundled

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server with the bundled model, and what it is called there."""
    for package in ("fastapi", "uvicorn", "openai"):
        pytest.importorskip(package, reason="`transformers serve` needs transformers[serving]")
    from tunec.runtime.models.local import fresh

    folder = str(tmp_path_factory.mktemp("served") / "model")
    model, tokenizer = fresh(bundled("smollm2-135m-instruct"))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("transformers")
    command = [str(program), "serve", folder, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    running = subprocess.Popen(command, env={**os.environ, "HF_HUB_OFFLINE": "1"}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1", folder
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
