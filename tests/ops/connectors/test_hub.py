"""The hub as a source, against a stand-in of it on the loopback."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from tests.hub import TOKEN, Fault, Hub, Repository, hub
from tunec.main import app
from tunec.runtime.sources.hub import SETTINGS
from tunec.runtime.sources.lock import read_lock

SPEC = """spec tasks(version: "1.0.0", license: "MIT")
source rows = hub("org/tasks", format: alpaca, license: "MIT"{more})
dataset out from rows {{ filter {{ keep words(response) >= 1 }} }}
"""


def task(n: int) -> dict[str, str]:
    return {"instruction": f"Count to {n}, 数到 {n}", "input": "", "output": " ".join(map(str, range(n + 1)))}


def lines(*numbers: int) -> bytes:
    return "".join(json.dumps(task(n), ensure_ascii=False) + "\n" for n in numbers).encode()


def parquet(*numbers: int) -> bytes:
    out = io.BytesIO()
    pl.DataFrame([task(n) for n in numbers]).write_parquet(out)
    return out.getvalue()


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub() as running:
        yield running


@pytest.fixture
def tasks(server: Hub) -> Repository:
    """A public data set of two shards, one of them in the large file storage."""
    repository = server.create("org/tasks", private=False)
    shard = "data/train-0000{}-of-00002.parquet"
    repository.put({shard.format(0): server.large(parquet(1, 2)), shard.format(1): parquet(3)})
    return repository


class Tunec:
    """The command in this process, in a folder with a spec."""

    def __init__(self, folder: Path, server: Hub) -> None:
        self.folder, self.server = folder, server
        self.spec()

    def spec(self, more: str = "", text: str = SPEC) -> None:
        (self.folder / "tasks.tune").write_text(text.format(more=more), encoding="utf-8")

    def __call__(self, command: str = "build", *words: str, code: int = 0) -> Result:
        done = CliRunner().invoke(app, [command, "tasks.tune", *words])
        assert done.exit_code == code, (done.output, done.exception)
        assert TOKEN not in done.output
        assert not self.server.leaked
        return done

    @property
    def pins(self) -> dict[str, dict[str, str]]:
        """What the lock pins of data sets; it pins packages too."""
        lock = read_lock(self.folder / "tasks.lock")
        return {head: dict(pins) for head, pins in lock.items() if not head.startswith("package ")}

    @property
    def rows(self) -> list[int]:
        """The tasks that were built, by their numbers."""
        frame = pl.read_parquet(self.folder / "build/tasks/datasets/out/train-00000.parquet")
        return [len(text.split()) - 1 for text in frame["response"]]

    def fails(self, *words: str, code: int = 1) -> str:
        said = self("build", *words, code=code).output
        assert "hub(" in said and "tasks.tune:2" in said, said
        return " ".join(said.split())


@pytest.fixture
def tunec(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tunec:
    from huggingface_hub import constants

    for name in (*SETTINGS, "HF_HUB_DISABLE_XET"):
        monkeypatch.setenv(name, "1")
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_HUB_DISABLE_XET"):
        monkeypatch.setattr(constants, name, getattr(constants, name))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    cache_at(tmp_path / "hf", monkeypatch)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    folder = tmp_path / "spec"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Tunec(folder, server)


def cache_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library reads where its cache lies when it is imported, which may have been before this test."""
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))


# Revisions


def test_a_build_resolves_the_branch_reads_at_the_commit_and_pins_it(tunec: Tunec, tasks: Repository) -> None:
    tunec()
    assert tunec.rows == [1, 2, 3]
    assert tunec.pins == {"hub org/tasks": {"revision": tasks.branches["main"]}}
    assert tunec.server.count("resolve/(?![0-9a-f]{40}/)") == 0


def test_a_second_build_asks_for_the_commit_alone(tunec: Tunec, tasks: Repository) -> None:
    tunec()
    tunec.server.requests.clear()
    tunec()
    assert tunec.server.requests == ["GET /api/datasets/org/tasks/revision/main"]


def test_a_moved_branch_is_read_anew_and_said(tunec: Tunec, tasks: Repository) -> None:
    tunec()
    before = tasks.branches["main"]
    after = tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    tunec.spec(text=SPEC.replace("1.0.0", "2.0.0"))
    said = tunec().stderr
    assert f"hub org/tasks moved: revision {before[:16]} → {after[:16]}" in said
    assert tunec.rows == [1, 2, 4]
    assert tunec.pins["hub org/tasks"]["revision"] == after


def test_locked_reads_the_commit_of_the_lock_and_does_not_ask(tunec: Tunec, tasks: Repository) -> None:
    tunec()
    before = tunec.pins
    tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    tunec.server.requests.clear()
    tunec("build", "--locked", "--force", "out")
    assert (tunec.rows, tunec.pins, tunec.server.requests) == ([1, 2, 3], before, [])


def test_locked_downloads_at_the_commit_of_the_lock(
    tunec: Tunec, tasks: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tunec()
    tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    cache_at(tmp_path / "empty", monkeypatch)
    tunec.server.requests.clear()
    tunec("build", "--locked", "--store", str(tmp_path / "other"))
    assert tunec.rows == [1, 2, 3]
    assert tunec.server.count("revision/main") == 0


def test_locked_refuses_another_revision_than_the_lock_was_asked_for(tunec: Tunec, tasks: Repository) -> None:
    tasks.tags |= {"v1": tasks.branches["main"]}
    tunec.spec(', revision: "v1"')
    tunec()
    assert tunec.pins["hub org/tasks"] == {"asked": "v1", "revision": tasks.tags["v1"]}
    tasks.tags["v2"] = tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    tunec.spec(', revision: "v2"')
    said = tunec("build", "--locked", code=1).stderr
    assert "hub org/tasks moved: asked v1 → v2, revision " in said


def test_locked_refuses_what_is_not_in_the_lock(tunec: Tunec, tasks: Repository) -> None:
    tunec()
    (tunec.folder / "tasks.lock").write_text("")
    assert "hub org/tasks is not in the lock" in tunec("build", "--locked", code=1).stderr


def test_a_commit_is_not_looked_up(tunec: Tunec, tasks: Repository) -> None:
    commit = tasks.branches["main"]
    tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    tunec.spec(f', revision: "{commit}"')
    tunec()
    assert tunec.rows == [1, 2, 3]
    assert tunec.server.count("/revision/") == 0
    assert tunec.pins == {"hub org/tasks": {"revision": commit}}


def test_two_revisions_of_one_data_set_have_two_entries(tunec: Tunec, tasks: Repository) -> None:
    tasks.tags["v1"] = tasks.branches["main"]
    tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    tunec.spec(
        text=SPEC.replace(
            "dataset out from rows",
            'source old = hub("org/tasks", format: alpaca, revision: "v1")\ndataset out from [rows, old]',
        )
    )
    tunec()
    assert tunec.rows == [1, 2, 4, 1, 2, 3]
    assert {head: pins["revision"] for head, pins in tunec.pins.items()} == {
        "hub org/tasks@main": tasks.branches["main"],
        "hub org/tasks@v1": tasks.tags["v1"],
    }
    tunec("build", "--locked", "--offline")


def test_the_same_commit_is_the_same_step_however_it_is_asked_for(tunec: Tunec, tasks: Repository) -> None:
    def prints() -> list[str]:
        return [s["fingerprint"] for s in json.loads(tunec("plan", "--json").stdout)["steps"]]

    first = prints()
    tasks.tags["v1"] = tasks.branches["main"]
    tunec.spec(', revision: "v1", on_error: skip')
    assert prints() == first
    tunec.spec(f', revision: "{tasks.branches["main"]}"')
    assert prints() == first
    tasks.put({"README.md": b"# Tasks\n"})
    tunec.spec()
    assert prints() != first


# Without a network


def test_offline_the_lock_and_the_cache_are_enough(tunec: Tunec, tasks: Repository, tmp_path: Path) -> None:
    tunec()
    tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    tunec.server.requests.clear()
    tunec("build", "--offline", "--store", str(tmp_path / "other"))
    assert (tunec.rows, tunec.server.requests) == ([1, 2, 3], [])
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    tunec("plan")
    assert tunec.server.requests == []


def test_offline_what_is_stored_needs_no_cache(
    tunec: Tunec, tasks: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tunec()
    cache_at(tmp_path / "empty", monkeypatch)
    tunec("build", "--offline")


def test_offline_without_a_lock(tunec: Tunec, tasks: Repository) -> None:
    said = tunec.fails("--offline")
    assert "cannot be looked up offline, and the lock names no commit for main" in said
    assert 'state the commit: revision: "…"' in said
    assert tunec.server.requests == []


def test_offline_without_the_data(
    tunec: Tunec, tasks: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tunec("plan")
    commit = tasks.branches["main"]
    (tunec.folder / "tasks.lock").write_text(f"[hub org/tasks]\nrevision = {commit}\n")
    # The plan has listed the files; none of them is there.
    assert "2 of 2 files of split `train` are not in the local cache" in tunec.fails("--offline", "--locked")
    cache_at(tmp_path / "empty", monkeypatch)
    assert f"`org/tasks` at {commit[:12]}: it is not in the local cache" in tunec.fails("--offline")


def test_half_of_the_data_is_not_taken_for_all_of_it(tunec: Tunec, tasks: Repository, tmp_path: Path) -> None:
    tunec()
    (shard,) = (tmp_path / "hf/hub").glob("*/snapshots/*/data/train-00001-of-00002.parquet")
    shard.unlink()
    said = tunec.fails("--offline", "--store", str(tmp_path / "other"))
    assert "1 of 2 files of split `train` are not in the local cache" in said


def test_a_spec_without_the_hub_stays_offline(tunec: Tunec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    tunec.spec(text='dataset out from [one] {{ }}\nsource one = rows([{{instruction: "a", response: "b"}}])\n')
    tunec("plan")
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_lint_asks_nobody_and_loads_no_library(tunec: Tunec, tasks: Repository) -> None:
    code = (
        "import sys\nfrom tunec.main import app\napp(['lint', 'tasks.tune'], standalone_mode=False)\n"
        "print('LOADED', 'huggingface_hub' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "LOADED False", done
    assert "T312" in done.stdout + done.stderr  # no revision is a warning, and no more
    assert tunec.server.requests == []


def test_in_a_process_of_its_own(tunec: Tunec, tasks: Repository, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("HF_HUB_OFFLINE", *SETTINGS)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tunec", "build", "tasks.tune", *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    done = run()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hf/hub/datasets--org--tasks").is_dir()
    tunec.server.requests.clear()
    done = run("--offline", "--store", str(tmp_path / "other"))
    assert (done.returncode, tunec.server.requests) == (0, []), done.stderr
    assert tunec.rows == [1, 2, 3]


# Refusals


def test_a_private_data_set_is_read_with_the_token(
    tunec: Tunec, tasks: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.private = True
    assert "or it is private: set HF_TOKEN to a token that may read it" in tunec.fails()
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    said = tunec.fails()
    assert "the hub does not accept the token in HF_TOKEN" in said and "hf_wrong" not in said
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    tunec()
    assert tunec.rows == [1, 2, 3]


@pytest.mark.parametrize("named", ['env("TEAM_TOKEN")', "key"])
def test_a_spec_names_the_variable_that_holds_the_token(
    tunec: Tunec, tasks: Repository, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """Its value works, and stands in no file and no message; nor does another variable start a step again."""
    tasks.private = True
    key = SPEC.index("source")
    tunec.spec(f", token: {named}", SPEC[:key].rstrip("\n") + ' const key = env("TEAM_TOKEN")\n' + SPEC[key:])
    assert "the environment variable TEAM_TOKEN is not set" in tunec.fails()
    monkeypatch.setenv("TEAM_TOKEN", "hf_wrong")
    said = tunec.fails()
    assert "the hub does not accept the token in TEAM_TOKEN" in said and "hf_wrong" not in said
    monkeypatch.setenv("TEAM_TOKEN", TOKEN)
    tunec()
    assert tunec.rows == [1, 2, 3]
    assert not [p for p in tunec.folder.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    tunec.spec()
    assert "0 stored" not in tunec().output


def test_what_is_not_there(tunec: Tunec, tasks: Repository) -> None:
    tunec.spec(', revision: "v9"')
    assert "no such revision" in tunec.fails()
    tunec.spec(text=SPEC.replace("org/tasks", "org/task"))
    assert "there is no org/task on http://127.0.0.1" in tunec.fails()
    tunec.spec(text=SPEC.replace("org/tasks", "tasks"))
    assert '`tasks` is no data set of the hub; it is written "org/name"' in tunec.fails()


@pytest.mark.parametrize("what", ["/revision/", "/tree/", "HEAD .*parquet", "GET /lfs/", "README"])
@pytest.mark.parametrize("fault", [500, 429, "cut"])
def test_failures_that_pass(tunec: Tunec, tasks: Repository, what: str, fault: int | str) -> None:
    tasks.put({"README.md": b"---\nlicense: mit\n---\n"})
    tunec.server.faults.append(Fault(what, fault, 1))
    tunec()
    assert tunec.rows == [1, 2, 3]
    assert tunec.server.faults[0].times == 0


@pytest.mark.parametrize("what", ["/revision/", "/tree/"])
def test_failures_that_last_are_told_at_the_place(
    tunec: Tunec, tasks: Repository, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)  # which the stand-in repeats
    tunec.server.faults.append(Fault(what, 500, 99))
    said = tunec.fails()
    assert "the hub answered 500 again and again" in said


def test_a_download_that_fails_fails_the_step_and_goes_on_later(tunec: Tunec, tasks: Repository) -> None:
    fault = Fault("(HEAD|GET) .*00001-of-00002.parquet", 403, 99)
    tunec.server.faults.append(fault)
    said = tunec("build", code=3).stderr
    assert "wants its terms accepted first" in said and "tasks.tune:2" in said
    assert not (tunec.folder / "tasks.lock").exists()
    fault.times = 0
    tunec()
    assert tunec.rows == [1, 2, 3]
    assert tunec.server.count("GET /lfs/") == 1


def test_a_hub_that_is_not_there(tunec: Tunec, tasks: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "no connection to http://127.0.0.1:9" in tunec.fails()


def test_a_data_set_with_a_program_is_refused(tunec: Tunec, server: Hub) -> None:
    repository = server.create("org/tasks", private=False)
    repository.put({"tasks.py": b"raise SystemExit", "train.jsonl": lines(1)})
    said = tunec.fails()
    assert "is loaded by a program of its own, tasks.py, which is not run here" in said
    assert 'revision: "refs/convert/parquet"' in said
    assert server.count("tasks.py") == 0


def test_what_is_no_data_is_told_before_anything_is_downloaded(tunec: Tunec, server: Hub) -> None:
    server.create("org/tasks", private=False).put({"train.zip": b"", "README.md": b"# Tasks\n"})
    assert "has no data files; what can be read is parquet" in tunec.fails()
    assert server.count("train.zip") == 0


# Files


def content(card: str, files: dict[str, bytes]) -> dict[str, Any]:
    return {"README.md": f"---\n{card}\n---\n# Tasks\n".encode(), **files}


def test_the_card_says_which_files(tunec: Tunec, server: Hub) -> None:
    card = """configs:
- config_name: small
  data_files:
  - split: train
    path: ["a/*.jsonl", "b/**/*.csv"]
  - split: rest
    path: c.json
- config_name: whole
  default: true
  data_dir: d
  data_files: "**"
"""
    table = b"instruction,output\nx,0 1 2 3 4 5\n"
    files = {"a/1.jsonl": lines(2), "a/x/1.jsonl": lines(9), "b/c/d.csv": table, "d/e.jsonl": lines(7)}
    array = json.dumps([task(3)], indent=1).encode()
    server.create("org/tasks", private=False).put(content(card, {**files, "c.json": array}))
    tunec()
    assert tunec.rows == [7]
    for more, rows in ((', config: "small"', [2, 5]), (', config: "small", split: "rest"', [3])):
        (tunec.folder / "tasks.lock").unlink()
        tunec.spec(more, SPEC.replace("1.0.0", f"1.0.{rows[0]}"))
        tunec()
        assert tunec.rows == rows
    tunec.spec(', config: "smal"')
    assert "has no configuration `smal`; it has small, whole; did you mean `small`?" in tunec.fails()
    tunec.spec(', split: "test"')
    assert "has no split `test`; it has train" in tunec.fails()


def test_several_configurations_and_no_default(tunec: Tunec, server: Hub) -> None:
    card = "configs:\n- config_name: en\n  data_files: en.jsonl\n- config_name: zh\n  data_files: zh.jsonl"
    server.create("org/tasks", private=False).put(content(card, {"en.jsonl": lines(1), "zh.jsonl": lines(2)}))
    assert 'has the configurations en, zh: name one, as config: "en"' in tunec.fails()


def test_a_broken_card(tunec: Tunec, server: Hub) -> None:
    server.create("org/tasks", private=False).put(content("configs: [", {"train.jsonl": lines(1)}))
    assert "the header of its card cannot be read" in tunec.fails()


@pytest.mark.parametrize(
    ("files", "more", "rows"),
    [
        (["train.jsonl"], "", [1]),
        (["train.jsonl.gz", "test.jsonl.gz"], "", [1]),
        (["tasks_train_v2.json", "dev.json"], "", [1]),
        (["dev.jsonl", "train.jsonl"], ', split: "validation"', [1]),
        (["train/a.jsonl", "train/b.jsonl", "test/a.jsonl"], "", [1, 2]),
        (["one.jsonl", "two.jsonl"], "", [1, 2]),
        (["train.csv", "train.jsonl"], "", [2]),
        (["config.json", "train.jsonl", ".cache/train.jsonl"], "", [2]),
        (["data/train_sft-00000-of-00001.jsonl", "data/train_gen-00000-of-00001.jsonl"], ', split: "train_sft"', [1]),
        (["en/train.jsonl", "zh/train.jsonl"], ', config: "zh"', [2]),
        (["default/train/0000.jsonl", "default/test/0000.jsonl"], ', config: "default"', [1]),
        (["hard.jsonl", "train.jsonl"], ', split: "hard"', [1]),
    ],
)
def test_usual_names(tunec: Tunec, server: Hub, files: Sequence[str], more: str, rows: list[int]) -> None:
    data = {name: lines(n) for n, name in enumerate(files, 1)}
    packed = {name: gzip.compress(text) if name.endswith(".gz") else text for name, text in data.items()}
    server.create("org/tasks", private=False).put(dict(packed))
    tunec.spec(more)
    tunec()
    assert tunec.rows == rows


def test_positions_run_on_over_files_of_several_kinds(tunec: Tunec, server: Hub) -> None:
    card = "configs:\n- config_name: default\n  data_files: [a.jsonl, b.parquet, c.jsonl]"
    files = {"a.jsonl": lines(1, 2), "b.parquet": parquet(3, 4), "c.jsonl": lines(5)}
    server.create("org/tasks", private=False).put(content(card, files))
    tunec()
    assert tunec.rows == [1, 2, 3, 4, 5]
    ledger = pl.read_parquet(tunec.folder / "build/tasks/ledger/out.parquet")
    assert sorted(ledger["position"]) == [0, 1, 2, 3, 4]


def test_a_limit_and_bad_records(tunec: Tunec, server: Hub) -> None:
    server.create("org/tasks", private=False).put({"train.jsonl": lines(1, 2) + b"{\n" + lines(3)})
    assert "org/tasks: 1 of 4 records are invalid" in tunec("build", code=3).stderr
    tunec.spec(", on_error: skip")
    assert "org/tasks: 1 invalid records quarantined" in " ".join(tunec().stderr.split())
    assert tunec.rows == [1, 2, 3]
    tunec.spec(", limit: 2", SPEC.replace("1.0.0", "1.0.1"))
    tunec()
    assert tunec.rows == [1, 2]


def test_commands_about_a_version_that_came_from_the_hub(tunec: Tunec, tasks: Repository) -> None:
    tunec()
    tasks.put({"data/train-00001-of-00002.parquet": parquet(4)})
    tunec.server.requests.clear()
    for words in (
        ["verify", "tasks@1.0.0"],
        ["why", "tasks@1.0.0", "Count to 3"],
        ["peek", "tasks.tune", "rows"],
        ["diff", "tasks@1.0.0", "tasks.tune", "--exit-code"],
    ):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, (words, done.output, done.exception)
    assert tunec.server.requests == []
    assert str(tunec.folder) not in (tunec.folder / "build/tasks/manifest.json").read_text()


def test_from_python(tunec: Tunec, tasks: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    import tunec as facade

    built = facade.build("tasks.tune")
    assert len(built.ran) == 2
    (tunec.folder / "tasks.lock").write_text(f"[hub org/tasks]\nrevision = {tasks.branches['main']}\n")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    tunec.server.requests.clear()
    assert not facade.plan("tasks.tune").pending
    assert tunec.server.requests == []


@pytest.mark.parametrize(
    "name", ["../../../../../out.jsonl", "/out.jsonl", "data/../../out.jsonl", "data\\..\\out.jsonl"]
)
def test_a_file_whose_name_climbs_out_is_refused(tunec: Tunec, tasks: Repository, tmp_path: Path, name: str) -> None:
    tasks.put({name: lines(4, 5)})
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    said = tunec.fails()
    assert "leads out of its folder" in said or "cannot be read" in said or "listing" in said, said
    assert not [p for p in tmp_path.rglob("out.jsonl") if p not in before and "spec" not in p.parts]


@pytest.mark.parametrize(
    "answer", ["[]", "null", "{}", '"text"', "[[]]", '{"sha": 7}', '[{"path": 7}]', "[" * 900 + "]" * 900]
)
@pytest.mark.parametrize("asked", ["/revision/", "/tree/"])
def test_answers_of_another_form_are_told(tunec: Tunec, tasks: Repository, asked: str, answer: str) -> None:
    tunec.server.faults.append(Fault(asked, f"json {answer}", 99))
    assert "org/tasks" in tunec.fails()
