"""Push, against a stand-in of the hub on the loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.exports.material import version
from tests.hub import TOKEN, Fault, Hub, as_user, hub
from tunec.compiler.graph import digest
from tunec.main import app

#: Large enough that half of a body is more than a socket holds at once.
ROWS = [{"text": f"{n} " + os.urandom(300).hex()} for n in range(4000)]


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return version(tmp_path / "version", "text", {"train": ROWS, "validation": ROWS[:9]})


class Push:
    """The command in this process, and how long it would have waited."""

    def __init__(self, server: Hub, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.slept: list[float] = []

    def __call__(self, *words: str, code: int = 0, folder: Path | None = None) -> Result:
        done = CliRunner().invoke(app, ["push", str(folder or self.folder), "me/chat", *words])
        assert done.exit_code == code, (done.output, done.exception)
        assert TOKEN not in done.output
        assert not self.server.leaked
        return done

    def json(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("--json", *words).stdout)
        return found


@pytest.fixture
def push(server: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Push:
    as_user(server, monkeypatch)
    command = Push(server, folder)
    monkeypatch.setattr(time, "sleep", command.slept.append)
    return command


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (folder / "datasets/out").iterdir()}


def test_sends_all_files_privately_and_tags_them(server: Hub, folder: Path, push: Push) -> None:
    done = push.json()
    assert done["sent"] == ["README.md", "train-00000.parquet", "validation-00000.parquet"]
    assert (done["private"], done["created"], done["tag"]) == (True, True, "1.0.0")
    there = server.content("me/chat", "1.0.0")
    assert {n: there[n] for n in files(folder)} == files(folder)
    assert server.repositories["me/chat"].private
    assert server.repositories["me/chat"].messages[-1] == "t@1.0.0+0123456789ab"


def test_a_second_push_sends_nothing(server: Hub, push: Push) -> None:
    push()
    before = server.repositories["me/chat"].branches["main"]
    done = push.json()
    assert done["sent"] == []
    assert done["kept"] == ["README.md", "train-00000.parquet", "validation-00000.parquet"]
    assert server.repositories["me/chat"].branches["main"] == before == done["commit"]
    assert server.count("^POST .*/commit/") == 1 and server.count("^PUT") == 2


def test_only_the_changed_file_is_sent_and_old_splits_go(server: Hub, tmp_path: Path, push: Push) -> None:
    first = version(tmp_path / "first", "text", {"train": ROWS[:50], "test": ROWS[50:60]})
    push(folder=first)
    server.repositories["me/chat"].tags.clear()
    repository = server.repositories["me/chat"]
    repository.commit("main", {**repository.commits[repository.branches["main"]], "extra/a.parquet": b"x"}, "mine")
    second = version(tmp_path / "second", "text", {"train": ROWS[:50], "validation": ROWS[50:60]})
    done = json.loads(push("--json", folder=second).stdout)
    # The rows of `test` are those of `validation` now: the hub has the object, so that only its name is sent.
    assert done["sent"] == ["README.md", "validation-00000.parquet"]
    assert done["deleted"] == ["test-00000.parquet"]
    assert sorted(server.content("me/chat")) == [
        ".gitattributes", "README.md", "extra/a.parquet", "train-00000.parquet", "validation-00000.parquet",
    ]  # fmt: skip
    assert server.count("^PUT") == 2


def test_a_branch_and_a_message(server: Hub, push: Push) -> None:
    push("--revision", "draft", "--message", "look")
    repository = server.repositories["me/chat"]
    assert repository.messages[-1] == "look"
    assert repository.tags["1.0.0"] == repository.branches["draft"] != repository.branches["main"]


def test_public_only_where_it_is_said(server: Hub, push: Push) -> None:
    server.create("me/chat", private=False)
    done = push(code=3)
    assert "me/chat is public: say --public" in done.output
    assert server.count("^(PUT|POST .*/commit)") == 0
    assert push.json("--public")["private"] is False


def test_public_creates_a_public_repository(server: Hub, push: Push) -> None:
    assert push.json("--public")["private"] is False
    assert not server.repositories["me/chat"].private


def test_a_number_is_never_given_to_other_data(server: Hub, tmp_path: Path, push: Push) -> None:
    push()
    other = version(tmp_path / "other", "text", {"train": ROWS[:7]})
    done = push(code=3, folder=other)
    assert "has a version 1.0.0 with other data (`train-00000.parquet`)" in done.output
    assert "raise the version" in done.output
    assert server.count("^POST .*/commit/") == 1


def test_the_number_of_a_draft_moves(server: Hub, tmp_path: Path, push: Push) -> None:
    for rows in (ROWS[:7], ROWS[:8]):
        folder = version(tmp_path / str(len(rows)), "text", {"train": rows})
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["spec"]["version"] = "1.1.0-dev"
        del manifest["check"]
        (folder / "manifest.json").write_text(json.dumps({**manifest, "check": digest(manifest)}))
        push(folder=folder)
    repository = server.repositories["me/chat"]
    assert repository.tags["1.1.0-dev"] == repository.branches["main"]


def test_a_changed_card_needs_no_new_number(server: Hub, folder: Path, push: Push) -> None:
    push()
    card = folder / "datasets/out/README.md"
    card.write_text(card.read_text() + "\nMore.\n")
    assert push.json()["sent"] == ["README.md"]


def test_a_dry_run_asks_nothing(server: Hub, push: Push) -> None:
    said = push("--dry-run").stdout
    assert "train-00000.parquet" in said and "tagged 1.0.0" in said and "private" in said
    document = json.loads(push("--dry-run", "--json").stdout)
    assert [f["name"] for f in document["files"]] == ["README.md", "train-00000.parquet", "validation-00000.parquet"]
    assert server.requests == []


@pytest.mark.parametrize(
    "where",
    ["^GET /api/datasets/me/chat$", "^POST /api/repos/create", "/tree/", "/preupload/", "/objects/batch", "^PUT /lfs/",
     "/commit/", "/tag/", "/refs$", "/validate-yaml"],
)  # fmt: skip
def test_two_failures_of_the_hub_are_waited_out(server: Hub, folder: Path, push: Push, where: str) -> None:
    server.faults.append(Fault(where, 500, 2))
    push()
    assert server.faults[0].times == 0
    assert {n: b for n, b in server.content("me/chat", "1.0.0").items() if n in files(folder)} == files(folder)


def test_a_hub_that_stays_broken(server: Hub, push: Push) -> None:
    server.faults.append(Fault("/commit/", 503, 99))
    assert "the hub answered 503 again and again" in push(code=3).output
    server.faults.clear()
    assert push.json()["sent"] == ["README.md", "train-00000.parquet", "validation-00000.parquet"]
    # The objects were there already.
    assert server.count("^PUT") == 2


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not accept the token in HF_TOKEN"),
        (403, "may not write to me/chat"),
        (404, "there is no me/chat"),
        (409, "is being changed by somebody else"),
    ],
)
def test_refusals_are_explained(server: Hub, push: Push, status: int, said: str) -> None:
    server.faults.append(Fault("/preupload/", status, 99))
    done = push(code=3)
    assert said in done.output and "Traceback" not in done.output


def test_a_wrong_token(server: Hub, push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    done = push(code=3)
    assert "does not accept the token" in done.output and "hf_another" not in done.output


def test_no_token(push: Push, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert "set HF_TOKEN" in push(code=3).output
    assert server.requests == []


def test_no_network(push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "no connection to http://127.0.0.1:9" in push(code=3).output


def test_a_cut_connection_is_taken_up_by_the_same_command(server: Hub, folder: Path, push: Push) -> None:
    train = _sha(folder / "datasets/out/train-00000.parquet")
    server.faults.append(Fault(f"^PUT /lfs/{train}", "cut", 999))
    done = push(code=3)
    assert "no connection to" in done.output and "Traceback" not in done.output
    assert train not in server.objects and "1.0.0" not in server.repositories["me/chat"].tags
    server.faults.clear()
    server.requests.clear()
    push()
    assert [r for r in server.requests if r.startswith("PUT")] == [f"PUT /lfs/{train}"]
    assert {n: b for n, b in server.content("me/chat", "1.0.0").items() if n in files(folder)} == files(folder)


def test_a_commit_whose_answer_is_lost_is_made_once(server: Hub, push: Push) -> None:
    server.faults.append(Fault("/commit/", "lost", 1))
    done = push.json()
    assert done["sent"] == ["README.md", "train-00000.parquet", "validation-00000.parquet"]
    assert len(server.repositories["me/chat"].messages) == 2
    assert server.repositories["me/chat"].tags["1.0.0"] == done["commit"]


def test_somebody_else_commits_in_between(server: Hub, push: Push) -> None:
    server.faults.append(Fault("/commit/", 412, 1))
    push()
    assert "1.0.0" in server.repositories["me/chat"].tags


def test_a_version_of_several_data_sets_asks_which(server: Hub, folder: Path, push: Push) -> None:
    version(folder, "preference", dataset="pairs")
    assert "choose with --dataset" in push(code=2).output
    push("--dataset", "pairs")
    assert b"# pairs" in server.content("me/chat")["README.md"]


def test_a_name_that_is_none(folder: Path) -> None:
    assert CliRunner().invoke(app, ["push", str(folder), "chat"], standalone_mode=True).exit_code == 2


def test_offline_settings_of_a_build_do_not_bind_it(server: Hub, tmp_path: Path) -> None:
    small = version(tmp_path / "small", "text")
    done = subprocess.run(
        [sys.executable, "-m", "tunec", "push", str(small), "me/chat"],
        env={
            **os.environ, "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "me/chat" in done.stdout and TOKEN not in done.stdout + done.stderr
    assert "1.0.0" in server.repositories["me/chat"].tags


def _sha(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
