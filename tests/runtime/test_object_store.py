"""A bucket as the store: machines share it, connections break, and the folder of a machine is a cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.buckets import SECRET, Wire, bucket
from tests.building import Quiet, build
from tests.cli.conftest import called
from tests.serving import serving
from tunec.main import app
from tunec.runtime.store import marks
from tunec.runtime.store.answer_log import PART, AnswerLog
from tunec.runtime.store.files import read_checked
from tunec.runtime.store.remote import Remote, RemoteError
from tunec.runtime.store.shared_gc import garbage_there
from tunec.runtime.store.store import Store

SPEC = """
spec t(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca)
dataset out from tasks { filter { keep words(prompt) in 2..50 } shuffle() limit(30) }
"""
NEXT = SPEC.replace("1.0.0", "1.1.0").replace("limit(30)", "limit(31)")


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with bucket() as found:
        yield found


@pytest.fixture
def url(wire: Wire, request: pytest.FixtureRequest) -> Iterator[str]:
    yield f"s3://team/{hashlib.sha256(request.node.name.encode()).hexdigest()[:8]}"
    wire.most = None


class Machine:
    """A folder with the data and a cache of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        folder.mkdir()
        rows = [{"instruction": f"Name colour {n}.", "output": "Red."} for n in range(60)]
        (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))

    def store(self) -> Store:
        return Store(self.folder / ".tunec", Remote(self.url))

    def build(self, text: str = SPEC) -> tuple[str, Quiet]:
        """Build here; gives the version, and what was told."""
        done = build(self.folder, text, store=self.store())
        assert done.built is not None and done.built.published is not None, done.problems
        return done.built.published.version, done.reporter

    def tunec(self, *words: str, **env: str) -> Result:
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            return CliRunner().invoke(app, list(words), env={"TUNEC_STORE": self.url, **env})
        finally:
            os.chdir(before)

    def started(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tunec", *words, "--store", self.url]
        return subprocess.Popen(command, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def machines(tmp_path: Path, url: str) -> Iterator[Machine]:
    """One machine after another."""
    return (Machine(tmp_path / f"m{number}", url) for number in range(9))


def listed(url: str) -> dict[str, str]:
    """Every file that outlasts a build, and the mark of its content."""
    remote = Remote(url)
    names = {path.removeprefix(f"{remote.root}/"): entry["ETag"] for path, entry in remote.fs.find(
        remote.root, detail=True
    ).items()}  # fmt: skip
    return {name: mark for name, mark in names.items() if name.startswith(("objects/", "steps/", "versions/"))}


def contents(url: str) -> dict[str, bytes]:
    remote = Remote(url)
    found = remote.fs.cat([f"{remote.root}/{name}" for name in listed(url)])
    return {path.removeprefix(f"{remote.root}/"): content for path, content in found.items()}


def is_whole(url: str, scratch: Path) -> bool:
    """Whether every object is what its name says, and every record names objects that are there."""
    found = contents(url)
    for name, content in found.items():
        if name.startswith("objects/"):
            assert hashlib.sha256(content).hexdigest() == name.rpartition("/")[2]
            continue
        (scratch / "record.json").write_bytes(content)
        for sha, size in read_checked(scratch / "record.json")["files"].values():
            assert len(found[f"objects/{sha[:2]}/{sha}"]) == size
    return True


def test_a_second_machine_has_all_of_it(machines: Iterator[Machine], wire: Wire, tmp_path: Path) -> None:
    first, second, third = next(machines), next(machines), next(machines)
    version, told = first.build()
    assert len(told.started) == 4
    again, told = second.build()
    assert (again, told.started) == (version, [])
    written = wire.writes
    (listed,) = json.loads(third.tunec("versions", "--json").stdout)
    assert listed["version"] == version and listed["targets"] == {"out": 30}
    assert not (third.folder / ".tunec" / "versions").exists()
    asked = third.tunec("why", "t", "colour 41")
    assert "passed     out · filter" in asked.stdout, asked.output
    for words in (["verify", version], ["diff", version, "t@1.0.0"]):
        done = third.tunec(*words)
        assert done.exit_code == 0, done.output
    assert wire.writes == written  # who only reads needs no permission to write
    shutil.rmtree(first.folder / ".tunec")  # a cache may be thrown away at any time
    again, told = first.build()
    assert (again, told.started) == (version, [])
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_the_next_version_is_judged_by_those_of_others(machines: Iterator[Machine]) -> None:
    first, second, third = next(machines), next(machines), next(machines)
    first.build()
    (second.folder / "t.tune").write_text(SPEC.replace("limit(30)", "limit(31)"))
    refused = second.tunec("build", "t.tune")
    assert refused.exit_code == 1 and 'write version: "1.1.0"' in refused.output, refused.output
    assert second.build(NEXT)[0].startswith("t@1.1.0")
    assert [v["version"][:7] for v in json.loads(third.tunec("versions", "--json").stdout)] == ["t@1.0.0", "t@1.1.0"]
    source = 'source s = version("t@1.0.0", dataset: "out", license: "MIT")'
    version, told = third.build(f'spec u(version: "1.0.0")\n{source}\ndataset u from s {{ }}\n')
    assert version.startswith("u@1.0.0") and told.started == ["s"]


def test_two_builds_at_once(machines: Iterator[Machine], url: str, tmp_path: Path) -> None:
    pair = [next(machines), next(machines)]
    for machine in pair:
        (machine.folder / "t.tune").write_text(SPEC)
    running = [machine.started("build", "t.tune", "-q") for machine in pair]
    for process in running:
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 0, said
    manifests = [json.loads((machine.folder / "build/t/manifest.json").read_text()) for machine in pair]
    assert manifests[0]["version"] == manifests[1]["version"]
    assert is_whole(url, tmp_path)
    assert next(machines).build()[1].started == []
    assert not Remote(url).names("builds")


@pytest.fixture(scope="module")
def measured(wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """The version of the spec, and what a build of it sends, in bytes."""
    before = wire.up
    version, _ = Machine(tmp_path_factory.mktemp("measured") / "m", "s3://team/measured").build()
    return version, wire.up - before


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_connection_that_breaks(
    machines: Iterator[Machine], wire: Wire, measured: tuple[str, int], tmp_path: Path, share: float
) -> None:
    version, whole = measured
    machine, other = next(machines), next(machines)
    wire.most = wire.up + int(whole * share)
    (machine.folder / "t.tune").write_text(SPEC)
    failed = called(machine.folder, "build", "t.tune", "-q", "--store", machine.url)
    said = failed.stdout + failed.stderr
    assert failed.returncode == 3, said
    assert "error: cannot " in said and "rerun to resume" in said and machine.url in said
    assert "Traceback" not in said and "defect" not in said and SECRET not in said
    wire.most = None
    assert is_whole(machine.url, tmp_path)
    stored = len(list((machine.folder / ".tunec/steps").glob("*/*")))
    again, told = machine.build()
    assert again == version and len(told.started) == 4 - stored
    assert is_whole(machine.url, tmp_path)
    again, told = other.build()
    assert (again, told.started) == (version, [])


def settled(log: AnswerLog) -> None:
    """Wait until what is to be sent is there, or has failed."""
    while log._parts is not None and not log._parts.is_idle:
        time.sleep(0.01)


def test_logs_of_two_writers_are_one_shelf(machines: Iterator[Machine]) -> None:
    logs = [AnswerLog(next(machines).store(), "shelf") for _ in range(2)]
    for number in range(300):
        for writer, log in enumerate(logs):
            log.add(f"{writer * 200 + number:032x}", {"text": f"answer {writer * 200 + number}"})
    for log in logs:
        log.close()
    third = next(machines).store()
    read = AnswerLog(third, "shelf")
    assert len(read) == 500
    assert all(read.get(f"{n:032x}") == {"text": f"answer {n}"} for n in range(500))
    assert third.remote is not None
    assert len(third.remote.names("answers/shelf")) == 2  # one log a writer, and no parts of one


def test_a_machine_that_dies_loses_few_answers(machines: Iterator[Machine]) -> None:
    log = AnswerLog(next(machines).store(), "shelf")
    for number in range(5 * PART + 7):
        log.add(f"{number:032x}", {"text": "paid"})
        settled(log)  # answers take longer than a part
    assert len(AnswerLog(next(machines).store(), "shelf")) == 5 * PART  # it is never closed


def test_answers_wait_for_a_connection(machines: Iterator[Machine], wire: Wire) -> None:
    store, warnings = next(machines).store(), list[str]()
    store.warn = warnings.append
    log = AnswerLog(store, "shelf")
    wire.most = 0
    for number in range(3 * PART):
        log.add(f"{number:032x}", {"text": "paid"})
        settled(log)
    assert any("kept here, and sent later" in warning for warning in warnings), warnings
    wire.most = None
    log.close()
    assert len(AnswerLog(next(machines).store(), "shelf")) == 3 * PART


def test_a_machine_that_dies_in_a_generation(machines: Iterator[Machine]) -> None:
    first, second = next(machines), next(machines)
    with serving(latency=0.05) as served:
        text = f"""
spec s(version: "1.0.0-dev", seed: 3)
source q = jsonl("q.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{served.url}", timeout: 60s, concurrency: 4)
generate answered from q {{ respond(teacher) }}
dataset out from answered {{ }}
"""
        rows = "".join(json.dumps({"instruction": f"Question {n}?", "output": "-"}) + "\n" for n in range(400))
        for machine in (first, second):
            (machine.folder / "q.jsonl").write_text(rows)
            (machine.folder / "s.tune").write_text(text)
        speak = served.say

        def held(body: dict[str, Any]) -> str:
            # However late the first part is seen, the build is not over by then.
            served.latency = 60.0 if len(served.bodies) > 300 else 0.05
            return speak(body)

        served.say = held
        process = first.started("build", "s.tune", "-q")
        while not Remote(first.url).sizes("answers", deep=True) and process.poll() is None:
            time.sleep(0.1)
        process.kill()
        process.communicate()
        answered = len(served.answered)
        served.say, served.latency = speak, 0.05
        shutil.rmtree(first.folder)
        second.build(text)
        twice = sum(count > 1 for count in served.answered.values())
    assert PART <= answered < 400
    assert twice <= answered - PART + 4  # and those that the server was at work on


def test_gc_keeps_what_is_needed(machines: Iterator[Machine], url: str, tmp_path: Path) -> None:
    first, second = next(machines), next(machines)
    old, _ = first.build()
    new, _ = first.build(NEXT)
    remote = Remote(url)
    assert garbage_there(remote) == []
    before = listed(url)
    with marks.building(remote, "7 on another (ab)"):
        refused = first.tunec("gc", "--drop", old)
        assert refused.exit_code == 3 and "a build is at work in s3://" in refused.output
    assert listed(url) == before
    assert first.tunec("gc", "--drop", "t@9.9.9+0").exit_code == 2
    told = first.tunec("gc", "--drop", old, "--dry-run")
    assert "would be deleted" in told.output and listed(url) == before
    told = first.tunec("gc", "--drop", old)
    assert told.exit_code == 0, told.output
    kinds = {name.partition("/")[0] for name in before.keys() - listed(url).keys()}
    assert kinds == {"versions", "steps", "objects"}
    assert is_whole(url, tmp_path)
    again, quiet = second.build(NEXT)
    assert (again, quiet.started) == (new, [])
    assert [v["version"] for v in json.loads(second.tunec("versions", "--json").stdout)] == [new]


def test_answers_that_were_paid_outlive_gc(machines: Iterator[Machine], url: str, monkeypatch: Any) -> None:
    from datetime import timedelta

    from tunec.runtime.store import shared_gc

    store = next(machines).store()
    log = AnswerLog(store, "shelf")
    log.add("0" * 32, {"text": "paid"})
    log.close()
    store.record_answer("ab" * 32, ["of a model here"])
    assert [g.path.parts[1] for g in garbage_there(Remote(url))] == ["ab"]
    monkeypatch.setattr(shared_gc, "PAID", timedelta())
    assert [g.path.parts[1] for g in garbage_there(Remote(url))] == ["ab", "shelf"]


def test_a_build_waits_for_gc_and_the_dead_are_not_waited_for(url: str, monkeypatch: Any) -> None:
    remote, order = Remote(url), list[str]()
    monkeypatch.setattr(marks, "_PAUSE", 0.05)

    def enter() -> None:
        with marks.building(Remote(url), "7 on another (ab)"):
            order.append("build")

    with marks.collecting(remote):
        build = threading.Thread(target=enter)
        build.start()
        time.sleep(0.5)
        order.append("gc")
    build.join()
    assert order == ["gc", "build"]
    remote.push_bytes("builds/9 on a dead one (cd)", b"")
    monkeypatch.setattr(marks, "GONE", -1.0)
    with marks.collecting(remote):
        assert remote.names("builds") == []


def test_the_cache_holds_what_the_last_build_used(machines: Iterator[Machine]) -> None:
    machine = next(machines)
    old, _ = machine.build()
    steps = set((machine.folder / ".tunec/steps").glob("*/*"))
    new, _ = machine.build(NEXT)
    gone = [step for step in steps if not step.exists()]
    assert len(gone) == 1  # of `limit`
    held = {p.name for p in (machine.folder / ".tunec/versions/t").iterdir()}
    assert held == {new.partition("@")[2]}
    told = machine.tunec("report", new)  # compares with the version before, which is fetched
    assert told.exit_code == 0 and (machine.folder / ".tunec/versions/t" / old.partition("@")[2]).exists()


def test_what_is_missing_is_said(tmp_path: Path, url: str) -> None:
    import fsspec

    machine = Machine(tmp_path / "m", "s3://no-such-bucket/x")
    with pytest.raises(RemoteError, match=r"cannot write s3://no-such-bucket/x/.*bucket does not exist"):
        machine.build()
    with pytest.raises(FileNotFoundError):
        fsspec.filesystem("s3").ls("no-such-bucket", refresh=True)
    code = "import sys; sys.modules['s3fs'] = None; from tunec.main import app; app()"
    command = [sys.executable, "-c", code, "versions", "--store", "s3://team/x"]
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True)
    assert "a package is not installed: pip install 'tunec[s3]'" in done.stderr
    assert done.returncode == 3


def test_credentials_that_are_missing_are_said(tmp_path: Path, url: str) -> None:
    machine = Machine(tmp_path / "m", url)
    (machine.folder / "t.tune").write_text(SPEC)
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") or k in ("AWS_ENDPOINT_URL",)}
    env |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "tunec", "plan", "t.tune", "--store", url]
    done = subprocess.run(command, cwd=machine.folder, env=env, text=True, capture_output=True)
    assert done.returncode == 3 and "Unable to locate credentials" in done.stderr and "defect" not in done.stderr
