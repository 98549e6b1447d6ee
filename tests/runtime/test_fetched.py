"""Sources behind URLs: real file systems of fsspec, and a real web server on the loopback."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import socket
import socketserver
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest
import zstandard

import tunec
from tests.building import Result, build, rows
from tests.cli.conftest import process
from tests.cli.conftest import tunec as called
from tunec.runtime.sources import fetched
from tunec.runtime.sources.fetched import FetchError, fetch, unneeded
from tunec.runtime.store.gc import alone
from tunec.runtime.store.store import Store, StoreError

pytestmark = pytest.mark.usefixtures("unbound")
MEMORY = fsspec.filesystem("memory")


@pytest.fixture
def bucket() -> Iterator[str]:
    """An empty folder in memory that outlives the objects of its file system, as a bucket does."""
    name = f"/{uuid.uuid4().hex}"
    MEMORY.makedirs(name)
    yield f"memory:/{name}"
    MEMORY.rm(name, recursive=True)


def put(url: str, content: bytes) -> None:
    with fsspec.open(url, "wb") as file:
        file.write(content)


def lines(*prompts: str) -> bytes:
    return "".join(json.dumps({"instruction": p, "output": "ok"}, ensure_ascii=False) + "\n" for p in prompts).encode()


def spec(url: str, connector: str = "jsonl", more: str = ", format: alpaca") -> str:
    return (
        f'spec t(version: "1.0.0-dev")\nsource a = {connector}("{url}"{more}, license: "MIT")\ndataset t from a {{}}\n'
    )


def prompts(result: Result, column: str = "instruction") -> list[str]:
    return rows(result, "t")[column].to_list()


def message(result: Result) -> str:
    (problem,) = result.problems
    assert problem.code == "T601"
    return problem.message


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "a.jsonl": bytes,
    "a.jsonl.gz": gzip.compress,
    "a.jsonl.zst": zstandard.compress,
}


@pytest.mark.parametrize("name", PACKED)
def test_a_url_gives_the_rows_of_a_local_file(tmp_path: Path, bucket: str, name: str) -> None:
    content = PACKED[name](lines("one", "二"))
    put(f"{bucket}/{name}", content)
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / name).write_bytes(content)
    there, here = build(tmp_path / "url", spec(f"{bucket}/{name}")), build(tmp_path / "local", spec(name))
    assert prompts(there) == ["one", "二"]
    # The origin is the fingerprint of the source: that of the content, wherever it lies.
    assert rows(there, "t").equals(rows(here, "t"))


@pytest.mark.parametrize(
    ("name", "content", "connector", "more", "column"),
    [
        ("a.json", b'[{"instruction": "one", "output": "ok"}]', "json", ", format: alpaca", "instruction"),
        ("a.csv", b"instruction,output\none,ok\n", "csv", ", format: alpaca", "instruction"),
        ("a.html", b"<p>one</p>", "text", "", "text"),
    ],
)
def test_other_connectors(
    tmp_path: Path, bucket: str, name: str, content: bytes, connector: str, more: str, column: str
) -> None:
    put(f"{bucket}/{name}", content)
    assert prompts(build(tmp_path, spec(f"{bucket}/{name}", connector, more)), column) == ["one"]


def test_parquet(tmp_path: Path, bucket: str) -> None:
    pl.DataFrame({"instruction": ["one"], "output": ["ok"]}).write_parquet(tmp_path / "a.parquet")
    put(f"{bucket}/a.parquet", (tmp_path / "a.parquet").read_bytes())
    assert prompts(build(tmp_path, spec(f"{bucket}/a.parquet", "parquet"))) == ["one"]


def test_a_glob_names_several_files_in_their_order(tmp_path: Path, bucket: str) -> None:
    for name, prompt in (("b/2.jsonl", "two"), ("a/1.jsonl", "one"), ("c/note.txt", "no")):
        put(f"{bucket}/{name}", lines(prompt))
    result = build(tmp_path, spec(f"{bucket}/**/*.jsonl"))
    assert prompts(result) == ["one", "two"]
    assert result.built is not None
    assert [pin.rpartition("/")[2] for pin in sorted(result.built.planning.outside.pins)] == ["1.jsonl", "2.jsonl"]
    assert message(build(tmp_path, spec(f"{bucket}/*.csv"))) == f"no file matches `{bucket}/*.csv`"


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a b.jsonl").write_bytes(lines("one"))
    for url in (f"file://{tmp_path}/a b.jsonl", f"file://{tmp_path}/*.jsonl"):
        assert prompts(build(tmp_path / "spec", spec(url))) == ["one"]


def test_what_has_not_changed_is_not_fetched_again(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket}/a.jsonl"
    put(url, lines("one"))
    first = fetch(url, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(type(MEMORY), "open", lambda *_, **__: pytest.fail("fetched again"))
        assert fetch(url, tmp_path) == first
    put(url, lines("uno"))
    (again,) = fetch(url, tmp_path)
    assert (tmp_path / "fetched" / again.file).read_bytes() == lines("uno")
    assert [path.name for path in unneeded(tmp_path)] == [first[0].sha256]


def test_a_changed_file_is_another_source(tmp_path: Path, bucket: str) -> None:
    url = f"{bucket}/a.jsonl"
    for prompt in ("one", "two"):
        put(url, lines(prompt))
        result = build(tmp_path, spec(url))
        assert prompts(result) == [prompt]
        assert result.reporter.started != []
    assert build(tmp_path, spec(url)).reporter.started == []


def test_gc_keeps_away_from_a_download(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("1.jsonl", "2.jsonl"):
        put(f"{bucket}/{name}", lines(name))
    store, whole, refused = Store(tmp_path), type(MEMORY).open, []

    def opened(self: Any, path: str, *more: Any, **named: Any) -> Any:
        with pytest.raises(StoreError, match="a build is at work"), alone(store):
            pass
        refused.append(path)
        return whole(self, path, *more, **named)

    monkeypatch.setattr(type(MEMORY), "open", opened)
    assert len(fetch(f"{bucket}/*.jsonl", tmp_path)) == len(refused) == 2
    with alone(store):
        assert unneeded(tmp_path) == []


def test_damage_in_the_store_is_mended(tmp_path: Path, bucket: str) -> None:
    put(f"{bucket}/a.jsonl", lines("one"))
    (found,) = fetch(f"{bucket}/a.jsonl", tmp_path)
    (tmp_path / "fetched" / found.file).write_bytes(lines("???"))
    assert fetch(f"{bucket}/a.jsonl", tmp_path) == (found,)
    assert (tmp_path / "fetched" / found.file).read_bytes() == lines("one")
    for listing in (tmp_path / "fetched").glob("*.json"):
        listing.write_bytes(b"{")
    assert fetch(f"{bucket}/a.jsonl", tmp_path) == (found,)


@pytest.mark.parametrize("breaks", [1, 3])
@pytest.mark.parametrize("how", ["raises", "ends"])
def test_a_broken_download(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch, breaks: int, how: str) -> None:
    url = f"{bucket}/a.jsonl"
    put(url, lines(*map(str, range(100))))
    whole, left = type(MEMORY).open, [breaks]

    class Line:
        """A connection that breaks after a hundred bytes."""

        def __init__(self, file: Any) -> None:
            self.file = file
            self.breaks = left[0] > 0
            left[0] -= 1

        def __enter__(self) -> Line:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def read(self, size: int) -> bytes:
            if self.breaks and self.file.tell() >= 100:
                if how == "raises":
                    raise ConnectionResetError("connection reset")
                return b""
            data: bytes = self.file.read(100 if self.breaks else size)
            return data

    monkeypatch.setattr(type(MEMORY), "open", lambda self, *a, **k: Line(whole(self, *a, **k)))
    monkeypatch.setattr(fetched, "_PAUSE", 0)
    if breaks == 1:
        (found,) = fetch(url, tmp_path)
        assert (tmp_path / "fetched" / found.file).read_bytes() == lines(*map(str, range(100)))
    else:
        said = "connection reset" if how == "raises" else "100 of [0-9,]+ bytes came"
        with pytest.raises(FetchError, match=f"cannot read `{url}`, tried 3 times: {said}"):
            fetch(url, tmp_path)
    assert left == [0 if breaks == 3 else -1]
    assert [p.name for p in (tmp_path / "fetched").rglob("*.part")] == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory://nowhere/a.jsonl", "no file at `memory://nowhere/a.jsonl`"),
        ("gopher://host/a.jsonl", "`gopher://host/a.jsonl`: no file system is known for gopher://"),
        ("https://me:hunter2@host/a.jsonl", "`https://***@host/a.jsonl`: take name and password out of the URL"),
        ("s3://AKIA:hun/ter2@bucket/a.jsonl", "`s3://***@bucket/a.jsonl`: take name and password out of the URL"),
        ("https://hunter2@host/a.jsonl", "`https://***@host/a.jsonl`: take name and password out of the URL"),
        ("HTTP://:hunter2@host/a@b.jsonl", "take name and password out of the URL"),
        ("simplecache::https://hunter2@host/a.jsonl", "take name and password out of the URL"),
        ("sftp://:hunter2@host/a.jsonl", "`sftp://***@host/a.jsonl`: take name and password out of the URL"),
        ("https://host/a.jsonl?X-Amz-Signature=hunter2", "`https://host/a.jsonl`: take `X-Amz-Signature` out"),
        ("gzip::memory://a.gz", "chained file systems are not read"),
    ],
)
def test_errors_name_the_mend_and_no_secret(tmp_path: Path, url: str, said: str) -> None:
    found = message(build(tmp_path, spec(url)))
    assert said in found
    assert "hunter2" not in found and "ter2" not in found
    kept = [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".tune"]
    assert not any(b"ter2" in path.read_bytes() for path in kept)


@pytest.mark.skipif(importlib.util.find_spec("gcsfs") is not None, reason="gcsfs is installed")
def test_a_missing_package_is_named(tmp_path: Path) -> None:
    assert "gs:// needs a package that is not installed: pip install gcsfs" in message(
        build(tmp_path, spec("gs://bucket/a.jsonl"))
    )


def test_a_port_and_an_at_are_no_password() -> None:
    for url in (
        "https://host:8080/a@b.jsonl",
        "https://host:8080?to=a@b",
        "https://host/a@b:c@d",
        "sftp://me@host/a.jsonl",
        "file:///data/a:b/c@d.jsonl",
    ):
        fetched._checked(url)


def test_no_permission(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Forbidden")

    put(f"{bucket}/a.jsonl", lines("one"))
    monkeypatch.setattr(type(MEMORY), "open", refuse)
    with pytest.raises(FetchError, match=r"no permission to read .*environment"):
        fetch(f"{bucket}/a.jsonl", tmp_path)


def test_offline_reads_what_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bucket: str) -> None:
    # The memory taken for a network.
    monkeypatch.setattr(fetched, "_HERE", ("file",))
    url = f"{bucket}/a.jsonl"
    put(url, lines("one"))
    monkeypatch.setenv(fetched.OFFLINE, "1")
    with pytest.raises(FetchError, match="has not been fetched yet, and --offline forbids it"):
        fetch(url, tmp_path)
    monkeypatch.delenv(fetched.OFFLINE)
    found = fetch(url, tmp_path)
    put(url, lines("two"))
    monkeypatch.setenv(fetched.OFFLINE, "1")
    assert fetch(url, tmp_path) == found


def test_lint_asks_nobody(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(f"{bucket}/a.jsonl", b'{"question": "not a column of alpaca"}')
    (tmp_path / "t.tune").write_text(spec(f"{bucket}/a.jsonl"))
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda *_: pytest.fail("lint looked"))
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("lint looked"))
    assert [d.message for d in tunec.lint(tmp_path / "t.tune") if d.severity == "error"] == []


def test_the_lock_pins_the_content(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    url = f"file://{tmp_path}/far/a.jsonl"
    put(url, lines(*(f"question number {n}" for n in range(60))))
    (tmp_path / "t.tune").write_text(spec(url))

    process(tmp_path, "build", "t.tune")
    sha = hashlib.sha256(lines(*(f"question number {n}" for n in range(60)))).hexdigest()
    assert f"[file {url}]\nsha256 = {sha}" in (tmp_path / "t.lock").read_text()
    called(tmp_path, "build", "t.tune", "--locked")
    called(tmp_path, "gc", "--dry-run")
    put(url, lines("moved"))
    moved = called(tmp_path, "build", "t.tune", "--locked", code=1)
    assert f"file {url} moved" in moved.stdout + moved.stderr


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A web server on the loopback that shows a folder."""
    if importlib.util.find_spec("aiohttp") is None:
        pytest.skip("fsspec reads the web through aiohttp, which is not installed")
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if "forbidden" in self.path:
                self.send_error(403)
            else:
                super().do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_web(tmp_path: Path, web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fetched.OFFLINE, raising=False)
    for name, prompt in (("a.jsonl.gz", "one"), ("b.jsonl.gz", "two")):
        (tmp_path / "served" / name).write_bytes(gzip.compress(lines(prompt)))
    assert prompts(build(tmp_path / "spec", spec(f"{web}/a.jsonl.gz?download=true"))) == ["one"]
    assert prompts(build(tmp_path / "spec", spec(f"{web}/*.jsonl.gz"))) == ["one", "two"]
    (tmp_path / "served" / "a.jsonl.gz").write_bytes(gzip.compress(lines("uno")))
    assert prompts(build(tmp_path / "spec", spec(f"{web}/a.jsonl.gz"))) == ["uno"]
    assert message(build(tmp_path / "spec", spec(f"{web}/c.jsonl"))) == f"no file at `{web}/c.jsonl`"
    assert "no permission" in message(build(tmp_path / "spec", spec(f"{web}/forbidden.jsonl")))


def test_a_network_that_is_down(tmp_path: Path, web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fetched.OFFLINE, raising=False)
    monkeypatch.setattr(fetched, "_PAUSE", 0)
    url = "http://127.0.0.1:1/a.jsonl"  # nobody listens there
    assert "is the network up?" in message(build(tmp_path / "spec", spec(url)))
