"""What a build refuses to read, and what of a URL it writes down."""

from __future__ import annotations

import http.server
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.building import build
from tunec.main import app
from tunec.runtime.sources import patience
from tunec.runtime.sources.lock import read_lock
from tunec.runtime.store.files import OutsideRoot

LINE = b'{"instruction": "one", "output": "ok"}\n'
SPEC = 'spec t(version: "1.0.0-dev")\nsource a = jsonl("{}", format: alpaca, license: "MIT")\ndataset t from a {{}}\n'


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A folder of specs in a repository, and a file outside of it."""
    folder = tmp_path / "repository" / "specs"
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    folder.mkdir()
    for place in (tmp_path, tmp_path / "repository", folder):
        (place / "a.jsonl").write_bytes(LINE)
    return folder


def run(folder: Path, *words: str) -> Result:
    """A command in a folder, as a person would give it."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(app, list(words))
    finally:
        os.chdir(before)


@pytest.mark.parametrize("path", ["../../a.jsonl", "{}/a.jsonl", "../../*.jsonl", "out/a.jsonl", "file://{}/a.jsonl"])
def test_a_build_refuses_what_lies_outside_and_a_person_allows_it(
    specs: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (specs / "out").symlink_to(specs.parents[1])
    path = path.format(specs.parents[1])
    (specs / "t.tune").write_text(SPEC.format(path))
    for command in ("plan", "build"):
        said = run(specs, command, "t.tune")
        assert said.exit_code == 1 and "T606" in said.output and "--allow-outside" in said.output, said.output
    assert not (specs / "build").exists() and not list(specs.rglob("a.jsonl"))[1:]
    assert run(specs, "build", "t.tune", "--allow-outside").exit_code == 0
    monkeypatch.delenv("TUNEC_ALLOW_OUTSIDE")
    assert run(specs, "build", "t.tune").exit_code == 1


def test_a_users_own_configuration_allows_it(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    assert not build(specs, SPEC.format("../../a.jsonl")).problems


def test_what_lies_in_the_repository_is_read(specs: Path) -> None:
    assert not build(specs, SPEC.format("../a.jsonl")).problems


def test_a_link_among_the_files_of_a_pattern_leads_nowhere(specs: Path) -> None:
    (specs / "data").mkdir()
    (specs / "data" / "a.jsonl").symlink_to(specs.parents[1] / "a.jsonl")
    (problem,) = build(specs, SPEC.format("data/*.jsonl")).problems
    assert problem.code == "T606"


def test_a_path_that_a_person_gives_is_read(specs: Path) -> None:
    text = SPEC.replace('jsonl("{}"', "jsonl(data").replace("{{}}", "{}")
    (specs / "t.tune").write_text(text.replace("\n", '\nparam data: path = "a.jsonl"\n', 1))
    for path in ("../../a.jsonl", str(specs.parents[1] / "a.jsonl")):
        done = run(specs, "build", "t.tune", "--set", f"data={path}")
        assert done.exit_code == 0, done.output


def test_an_embedder_from_elsewhere_is_refused(specs: Path) -> None:
    text = SPEC.format("a.jsonl").replace("{}", "{ dedup { semantic(prompt, using: e) } }")
    (problem,) = build(specs, text + 'embedder e = local("/etc")\n').problems
    assert problem.code == "T606"


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with a row; `/slow` a byte at a time, `/away` with a way to elsewhere."""

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(10**6 if self.path.startswith("/slow") else len(LINE)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if not self.path.startswith("/slow"):
            self.wfile.write(LINE)
            return
        try:
            for _ in range(200):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as served:
        served.daemon_threads = True
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1"])
def test_the_machine_itself_is_not_asked(tmp_path: Path, server: str, host: str) -> None:
    (problem,) = build(tmp_path, SPEC.format(server.replace("127.0.0.1", host) + "/a.jsonl")).problems
    assert problem.code == "T606" and "private network" in problem.message


def test_a_name_that_leads_to_the_machine_itself_is_not_asked(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: real("127.0.0.1" if host == "rows.example.org" else host, *a, **k)
    )
    url = server.replace("127.0.0.1", "rows.example.org") + "/a.jsonl"
    (problem,) = build(tmp_path, SPEC.format(url)).problems
    assert "private network" in problem.message, problem.message


@pytest.mark.usefixtures("unbound")
def test_a_redirection_is_followed_only_where_a_person_allows_it(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tunec.runtime.sources.fetched import FetchError, fetch

    with pytest.raises(FetchError, match="redirected to an address of this machine or of a private network"):
        fetch(f"{server}/away.jsonl", tmp_path)


@pytest.mark.usefixtures("unbound")
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 1.0)
    (problem,) = build(tmp_path, SPEC.format(f"{server}/slow.jsonl")).problems
    assert "is given up" in problem.message and "bytes came in 1 seconds" in problem.message
    assert problem.span.start > 0


@pytest.mark.usefixtures("unbound")
@pytest.mark.parametrize(
    "hidden", ["?auth=hush", "?jwt=hush&pat=hush", "?pw=hush", "?code=hush#access_token=hush", "?hush", "#hush"]
)
def test_nothing_of_a_query_or_a_fragment_is_written(tmp_path: Path, server: str, hidden: str) -> None:
    (tmp_path / "t.tune").write_text("# tunec: allow T331 because mine\n" + SPEC.format(f"{server}/a.jsonl{hidden}"))
    said = ""
    for words in (
        ["build", "t.tune", "-v"], ["plan", "t.tune"], ["graph", "t.tune"], ["graph", "t.tune", "--format", "svg"],
        ["lint", "t.tune"], ["lint", "t.tune", "--format", "json"], ["lint", "t.tune", "--format", "sarif"],
        ["why", "t", "1"], ["verify", "t"], ["report", "t"], ["build", "t.tune", "--json"], ["versions", "t"],
        ["diff", "t", "t"], ["export", "t", "--to", "messages"],
    ):  # fmt: skip
        done = run(tmp_path, *words)
        assert words[0] in ("lint", "why") or done.exit_code == 0, (words, done.output)
        said += done.output
    assert "hush" not in said
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "t.tune"]
    assert len(written) > 10
    assert [path for path in written if b"hush" in path.read_bytes()] == []
    heads = [head for head in read_lock(tmp_path / "t.lock") if head.startswith("file ")]
    assert heads == [f"file {server}/a.jsonl" + hidden.replace("hush", "***").replace("#access_token=", "#")]
    manifest = json.loads((tmp_path / "build" / "t" / "manifest.json").read_text())
    assert "***" in str(manifest["paths"])


@pytest.mark.usefixtures("unbound")
def test_two_urls_that_differ_in_what_is_hidden_are_two_pins(tmp_path: Path, server: str) -> None:
    text = SPEC.format(f"{server}/a.jsonl?k=1") + SPEC.format(f"{server}/a.jsonl?k=2").split("\n")[1].replace(
        "source a", "source b"
    )
    result = build(tmp_path, text.replace("t from a", "t from [a, b]"))
    assert result.built is not None, result.problems
    assert len([pin for pin in result.built.planning.outside.pins if pin.startswith("file ")]) == 2


def test_files_with_strange_names_are_one_line_of_the_lock(tmp_path: Path) -> None:
    name = "a\n[file b]\nsha256 = 1.jsonl"
    (tmp_path / name).write_bytes(LINE)
    (tmp_path / "t.tune").write_text(SPEC.format("*.jsonl"))
    assert run(tmp_path, "build", "t.tune").exit_code == 0
    assert len([head for head in read_lock(tmp_path / "t.lock") if head.startswith("file ")]) == 1
    assert run(tmp_path, "build", "t.tune", "--locked").exit_code == 0


def test_a_lock_that_is_a_link_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "bashrc").write_text("mine")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(LINE)
    (folder / "t.tune").write_text(SPEC.format("a.jsonl"))
    (folder / "t.lock").symlink_to("../bashrc")
    assert isinstance(run(folder, "build", "t.tune").exception, OutsideRoot)
    assert (tmp_path / "bashrc").read_text() == "mine"


def test_what_a_frame_shows_of_a_url_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "t.tune").write_text('source a = jsonl("https://me:hush@host/a?k=hush", formt: alpaca)\n')
    said = run(tmp_path, "lint", "t.tune").output
    assert "hush" not in said and "https://" in said
