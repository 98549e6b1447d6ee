"""A stand-in for the Hugging Face hub: one process-local server that keeps repositories, and that fails on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tunec.runtime.sources.hub import SETTINGS

TOKEN = "hf_a_token_of_a_test"

#: A file in a tree: its bytes, or the hash of an object of the large file storage.
Blob = bytes | str


@dataclass
class Repository:
    """A repository: its commits with all their files, and the names that point to them."""

    private: bool
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, branch: str, files: dict[str, Blob], message: str) -> str:
        oid = hashlib.sha1(f"{branch} {len(self.commits)}".encode()).hexdigest()
        self.commits[oid] = files
        self.branches[branch] = oid
        self.messages.append(message)
        return oid

    def put(self, files: dict[str, Blob], message: str = "more", branch: str = "main") -> str:
        """A commit that adds files to a branch; gives its name."""
        before = self.commits[self.branches.get(branch, self.branches["main"])]
        return self.commit(branch, {**before, **files}, message)

    def resolve(self, revision: str) -> str | None:
        for names in (self.branches, self.tags):
            if revision in names:
                return names[revision]
        return revision if revision in self.commits else None


@dataclass(frozen=True)
class Raw:
    """An answer that is not valid JSON."""

    data: bytes
    headers: dict[str, str]


@dataclass
class Fault:
    """What happens to requests that match: an answer with a status, `json` and another
    answer, or `cut`, a connection that ends midway."""

    pattern: str
    what: int | str
    times: int


@dataclass
class Hub:
    """The state of the server, for a test to look at and to break. A model's repository is under `models/ORG/NAME`."""

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    leaked: bool = False

    def create(self, name: str, private: bool = True) -> Repository:
        repository = Repository(private)
        repository.commit("main", {".gitattributes": b"*.parquet filter=lfs\n"}, "initial commit")
        self.repositories[name] = repository
        return repository

    def large(self, data: bytes) -> Blob:
        """A file of the large file storage, for a commit."""
        sha = hashlib.sha256(data).hexdigest()
        self.objects[sha] = data
        return sha

    def open(self, path: str) -> bool:
        """Whether everybody may read what lies at an address."""
        found = re.match(r"/(?:api/)?datasets/([^/]+/[^/]+)", path)
        repository = self.repositories.get(found[1]) if found else None
        return repository is not None and not repository.private

    def count(self, pattern: str) -> int:
        """How many requests matched."""
        return sum(1 for request in self.requests if re.search(pattern, request))

    def content(self, name: str, revision: str = "main") -> dict[str, bytes]:
        """The files of a revision, large ones included."""
        repository = self.repositories[name]
        files = repository.commits[repository.resolve(revision) or ""]
        return {path: self.objects[blob] if isinstance(blob, str) else blob for path, blob in files.items()}


def as_user(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process speak to the server, with its token."""
    from huggingface_hub import constants

    # The command changes settings of its process; afterwards they are as they were.
    for name in (*SETTINGS, "HF_HUB_DISABLE_XET"):
        monkeypatch.setenv(name, "1")
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_HUB_DISABLE_XET"):
        monkeypatch.setattr(constants, name, getattr(constants, name))
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)


@contextmanager
def hub() -> Iterator[Hub]:
    """Run the server."""
    state = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._serve()

        def do_HEAD(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def do_DELETE(self) -> None:
            self._serve()

        def _serve(self) -> None:
            path = unquote(urlsplit(self.path).path)
            request = f"{self.command} {path}"
            state.requests.append(request)
            fault = next((f for f in state.faults if f.times and re.search(f.pattern, request)), None)
            length = int(self.headers.get("Content-Length") or 0)
            if fault is not None:
                fault.times -= 1
                if fault.what == "cut":
                    self.rfile.read(length // 2)
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
            body = self._body(length)
            if fault is not None:
                if fault.what == "lost":
                    # Done, but nobody hears of it.
                    _answer(state, self.command, path, body, f"http://{self.headers['Host']}")
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                if str(fault.what).startswith("json "):
                    return self._reply(200, json.loads(str(fault.what).removeprefix("json ")))
                return self._reply(int(fault.what), {"error": f"a planted fault for {TOKEN}"})
            bearer = self.headers.get("Authorization")
            if path.startswith("/lfs/"):
                # Signed addresses belong to others, who must not see the token.
                state.leaked |= bearer is not None
            elif bearer != f"Bearer {TOKEN}" and not (
                bearer is None and self.command in ("GET", "HEAD") and state.open(path)
            ):
                return self._reply(401, {"error": "Invalid credentials"}, "Invalid credentials in Authorization header")
            self._reply(*_answer(state, self.command, path, body, f"http://{self.headers['Host']}"))

        def _body(self, length: int) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(length)
            found = b""
            while size := int(self.rfile.readline(), 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found

        def _reply(self, status: int, value: Any, message: str = "") -> None:
            raw = value if isinstance(value, Raw) else Raw(json.dumps(value).encode(), {})
            self.send_response(status)
            self.send_header("Content-Type", "application/octet-stream" if raw is value else "application/json")
            self.send_header("Content-Length", str(len(raw.data)))
            for name, text in raw.headers.items():
                self.send_header(name, text)
            if message:
                self.send_header("X-Error-Message", message)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw.data)

    return Handler


def _answer(state: Hub, method: str, path: str, body: bytes, url: str) -> tuple[int, Any]:
    if path == "/api/repos/create":
        said = json.loads(body)
        page = "datasets/" if said.get("type") == "dataset" else ""
        name = f"{'' if page else 'models/'}{said['organization']}/{said['name']}"
        if name in state.repositories:
            return 409, {"error": "You already created this dataset repo"}
        state.create(name, said["visibility"] == "private")
        called = f"{said['organization']}/{said['name']}"
        return 200, {"url": f"{url}/{page}{called}", "name": called, "id": called}
    if path == "/api/validate-yaml":
        fine = json.loads(body)["content"].startswith("---\n")
        return (200, {"errors": [], "warnings": []}) if fine else (400, {"errors": [{"message": "no YAML"}]})
    if path.startswith("/lfs/"):
        sha = path.removeprefix("/lfs/")
        if method == "GET":
            return (200, Raw(state.objects[sha], {})) if sha in state.objects else (404, {"error": "no such object"})
        if hashlib.sha256(body).hexdigest() != sha:
            return 400, {"error": "not the bytes of this address"}
        state.objects[sha] = body
        return 200, {}
    found = re.fullmatch(r"/(?:api/)?(datasets/|models/)?([^/]+/[^/]+?)(?:\.git)?(?:/(.*))?", path)
    # Outside of the API, models have no word before their names.
    name = f"{'' if found[1] == 'datasets/' else 'models/'}{found[2]}" if found else ""
    repository = state.repositories.get(name)
    if found is None or repository is None:
        return 404, {"error": "Repository not found"}
    what, _, rest = (found[3] or "").partition("/")
    if what in ("", "revision"):
        return _info(found[2], repository, rest or "main")
    if what == "resolve":
        return _file(state, repository, rest, url)
    if what == "refs":
        refs = {
            kind: [{"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": oid} for n, oid in names.items()]
            for kind, names in (("branches", repository.branches), ("tags", repository.tags))
        }
        return 200, {**refs, "converts": []}
    if what == "tree":
        oid = repository.resolve(rest)
        return (404, {"error": "no such revision"}) if oid is None else (200, _tree(state, repository.commits[oid]))
    if what == "branch":
        if rest in repository.branches:
            return 409, {"error": "Reference already exists"}
        repository.branches[rest] = repository.branches["main"]
        return 200, {}
    if what == "tag":
        return _tag(repository, method, rest, body)
    if what == "preupload":
        files = json.loads(body)["files"]
        modes = [
            {
                "path": f["path"],
                "uploadMode": "lfs" if f["path"].endswith((".parquet", ".safetensors")) else "regular",
                "shouldIgnore": False,
            }
            for f in files
        ]
        return 200, {"files": modes}
    if what == "info":
        return 200, {"objects": [_object(state, o, url) for o in json.loads(body)["objects"]]}
    if what == "commit":
        return _commit(state, repository, rest, body, f"{url}/{found[1] or ''}{found[2]}")
    return 404, {"error": f"the stand-in has no {path}"}


def _info(name: str, repository: Repository, revision: str) -> tuple[int, Any]:
    oid = repository.resolve(revision)
    if oid is None:
        return 404, {"error": "no such revision"}
    siblings = [{"rfilename": path} for path in sorted(repository.commits[oid])]
    return 200, {"id": name, "sha": oid, "private": repository.private, "siblings": siblings}


def _file(state: Hub, repository: Repository, rest: str, url: str) -> tuple[int, Any]:
    """A file of a revision: its bytes, or for a large one where they lie, which is another host."""
    revision, _, path = rest.partition("/")
    oid = repository.resolve(revision)
    blob = repository.commits[oid].get(path) if oid is not None else None
    if oid is None or blob is None:
        return 404, Raw(b"{}", {"X-Error-Code": "RevisionNotFound" if oid is None else "EntryNotFound"})
    head = {"X-Repo-Commit": oid}
    if isinstance(blob, bytes):
        return 200, Raw(blob, {**head, "ETag": f'"{hashlib.sha1(blob).hexdigest()}"'})
    place = url.replace("127.0.0.1", "localhost") + f"/lfs/{blob}"
    linked = {"X-Linked-Etag": f'"{blob}"', "X-Linked-Size": str(len(state.objects[blob]))}
    return 302, Raw(b"", {**head, **linked, "Location": place})


def _tree(state: Hub, files: dict[str, Blob]) -> list[dict[str, Any]]:
    found = []
    for path, blob in sorted(files.items()):
        if isinstance(blob, str):
            size = len(state.objects[blob])
            lfs = {"oid": blob, "size": size, "pointerSize": 130}
            found.append({"type": "file", "path": path, "size": size, "oid": "0" * 40, "lfs": lfs})
        else:
            oid = hashlib.sha1(b"blob %d\0" % len(blob) + blob).hexdigest()
            found.append({"type": "file", "path": path, "size": len(blob), "oid": oid})
    return found


def _tag(repository: Repository, method: str, rest: str, body: bytes) -> tuple[int, Any]:
    if method == "DELETE":
        return (200, {}) if repository.tags.pop(rest, None) else (404, {"error": "no such tag"})
    tag = json.loads(body)["tag"]
    if tag in repository.tags:
        return 409, {"error": "Tag reference exists already"}
    repository.tags[tag] = repository.resolve(rest) or ""
    return 200, {}


def _object(state: Hub, wanted: dict[str, Any], url: str) -> dict[str, Any]:
    same = {"oid": wanted["oid"], "size": wanted["size"]}
    if wanted["oid"] in state.objects:
        return same
    return {**same, "actions": {"upload": {"href": f"{url}/lfs/{wanted['oid']}"}}}


def _commit(state: Hub, repository: Repository, branch: str, body: bytes, url: str) -> tuple[int, Any]:
    entries = [json.loads(line) for line in body.splitlines()]
    head = next(e["value"] for e in entries if e["key"] == "header")
    if head.get("parentCommit") not in (None, repository.branches[branch]):
        return 412, {"error": "A commit has happened since. Please refresh and try again."}
    files = dict(repository.commits[repository.branches[branch]])
    for entry in entries:
        said = entry["value"]
        if entry["key"] == "file":
            files[said["path"]] = base64.b64decode(said["content"])
        elif entry["key"] == "lfsFile":
            if said["oid"] not in state.objects:
                return 400, {"error": "an object that was never sent"}
            files[said["path"]] = said["oid"]
        elif entry["key"] == "deletedFile":
            del files[said["path"]]
    oid = repository.commit(branch, files, head["summary"])
    return 200, {"commitUrl": f"{url}/commit/{oid}", "commitOid": oid, "pullRequestUrl": None}
