"""A page in headless Chromium: what it asks for, what it says on its console, and what scripts find in it."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = next((found for name in ("chromium", "google-chrome", "chrome") if (found := shutil.which(name))), None)
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip
_KEYS = {"Tab": 9, "Enter": 13}


@dataclass
class Visit:
    """What came of a page: requests but that for the page itself, errors and warnings, and the value of each script."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)


def visit(
    url: str, scripts: Sequence[str], width: int = 1200, height: int = 900, dark: bool = False, pictures: bool = False
) -> Visit:
    """Open a page and run scripts in it, one after the other; a promise is waited for. A picture follows each.

    A script `key:NAME` presses a key instead: `key:Tab`, `key:Enter`.
    """
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:  # of a browser that may still write
        command = [CHROMIUM, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        chromium = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            assert chromium.stderr is not None
            said = next(line for line in chromium.stderr if "DevTools listening on" in line)
            port = said.split("ws://")[1].split("/")[0]
            return asyncio.run(_visit(port, url, scripts, (width, height), dark, pictures))
        finally:
            chromium.terminate()
            chromium.wait(20)


async def _visit(
    address: str, url: str, scripts: Sequence[str], size: tuple[int, int], dark: bool, pictures: bool
) -> Visit:
    import aiohttp

    seen = Visit()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://{address}/json/list") as answer:
            page = next(p for p in await answer.json() if p["type"] == "page")
        async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            number = 0
            loaded = False

            async def call(method: str, **params: Any) -> dict[str, Any]:
                nonlocal number, loaded
                number += 1
                await socket.send_json({"id": number, "method": method, "params": params})
                while True:
                    message = json.loads((await socket.receive(timeout=60)).data)
                    loaded |= message.get("method") == "Page.loadEventFired"
                    _note(message, url, seen)
                    if message.get("id") == number:
                        return dict(message.get("result") or message)

            for domain in ("Page", "Runtime", "Network", "Log"):
                await call(f"{domain}.enable")
            scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
            await call("Emulation.setEmulatedMedia", features=scheme)
            mobile = {"deviceScaleFactor": 1, "mobile": size[0] < 600}
            await call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], **mobile)
            await call("Page.navigate", url=url)
            while not loaded:
                await call("Runtime.evaluate", expression="1")
            for script in scripts:
                if script.startswith("key:"):
                    code = _KEYS[script.removeprefix("key:")]
                    key = {"key": script.removeprefix("key:"), "windowsVirtualKeyCode": code}
                    text = {"text": "\r"} if code == _KEYS["Enter"] else {}
                    await call("Input.dispatchKeyEvent", type="keyDown", **key, **text)
                    await call("Input.dispatchKeyEvent", type="keyUp", **key)
                    seen.values.append(None)
                    continue
                done = await call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
                if "exceptionDetails" in done:
                    seen.errors.append(str(done["exceptionDetails"]))
                seen.values.append(done.get("result", {}).get("value"))
                if pictures:
                    shot = await call("Page.captureScreenshot")
                    seen.pictures.append(base64.b64decode(shot["data"]))
    return seen


def _note(message: dict[str, Any], url: str, seen: Visit) -> None:
    method, params = message.get("method"), message.get("params", {})
    if method == "Network.requestWillBeSent" and params["request"]["url"] not in (url, "about:blank"):
        seen.requests.append(params["request"]["url"])
    elif method == "Runtime.exceptionThrown":
        seen.errors.append(str(params["exceptionDetails"]))
    elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
        seen.errors.append(params["entry"]["text"])
    elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
        seen.errors.append(str([a.get("value") for a in params["args"]]))


def address(path: Path) -> str:
    """The address of a file."""
    return path.resolve().as_uri()
