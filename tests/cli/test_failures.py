"""Whatever is broken, a command says in a line what it is and where: no traceback, and no defect of tunec."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.building import build
from tunec.main import _run
from tunec.runtime.catalogue import load_catalogue

SPEC = """spec s(version: "1.0.0")
source a = jsonl("a.jsonl", format: alpaca, license: "MIT")
dataset out from a {
    dedup {
        exact(prompt)
    }
    split {
        train: 50%
        test: 50%
    }
}
"""
LINES = [json.dumps({"instruction": f"Name colour {n} 中文.", "output": "Red."}, ensure_ascii=False) for n in range(6)]
DEEP = b"[" * 200_000
HALF = b'{"id": "\\ud800", "decision": "drop"}'
LOOKS = (
    ("why", "s", "Name"), ("why", "s", "--dropped-by", "exact"), ("versions",), ("verify", "s"), ("report", "s"),
    ("diff", "s", "s"), ("export", "s", "--to", "messages"), ("push", "s", "a/b", "--dry-run"),
    ("peek", "s.tune", "out"), ("plan", "s.tune"), ("gc",), ("gc", "--drop", "s"),
)  # fmt: skip

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """A command in a folder, as a person would give it: the exit code, and what is said."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tunec.main._leave", sys.exit)  # a command that leaves nothing running ends its process

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tunec", *words])
        with pytest.raises(SystemExit) as ended:
            _run()
        said = "".join(capfd.readouterr())
        assert "Traceback" not in said and "defect" not in said and "None:" not in said, (words, said)
        assert not said.rstrip().endswith(": None"), (words, said)
        return int(ended.value.code or 0), said

    return call


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "a.jsonl").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    (folder / "s.tune").write_text(SPEC, encoding="utf-8")
    assert build(folder, SPEC).built is not None
    return folder


def copied(built: Path, folder: Path) -> None:
    """What was built, with files that may be written to."""
    shutil.copytree(built, folder, dirs_exist_ok=True)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def damaged(folder: Path, pattern: str, content: bytes | None) -> None:
    found = [path for path in folder.glob(pattern) if path.is_file()]
    assert found, pattern
    for path in found:
        path.unlink()
        if content is not None:
            path.write_bytes(content)


BROKEN = {"junk": b"\0junk\xff", "empty": b"", "gone": None, "list": b"[1, 2]", "deep": DEEP, "object": b"{}"}
PARTS = ("**/ledger/*.parquet", "**/datasets/*/*.parquet", "**/manifest.json", "**/run.json", ".tunec/last/*.json",
         ".tunec/publications/*.json", ".tunec/steps/*/*/*")  # fmt: skip


@pytest.mark.parametrize("harm", BROKEN)
@pytest.mark.parametrize("pattern", PARTS)
def test_every_command_on_what_is_damaged(built: Path, tmp_path: Path, run: Run, pattern: str, harm: str) -> None:
    copied(built, tmp_path)
    damaged(tmp_path, pattern, BROKEN[harm])
    said = {words: run(*words) for words in LOOKS}
    if "ledger" in pattern:
        for words in LOOKS[:2]:
            assert said[words][0] == 1 and "damaged: " in said[words][1] and "ledger" in said[words][1], said[words]
    copied(built, tmp_path / "again")
    damaged(tmp_path / "again", pattern, BROKEN[harm])
    code, told = run("build", "again/s.tune", "--out", "again/build")
    if "manifest" in pattern:  # nothing tells any more that tunec wrote what stands there
        way_out = "move it away" if harm == "gone" else "move again/build/s away (what was published"
        assert code == 3 and way_out in told, told
        shutil.rmtree(tmp_path / "again" / "build")
        code, told = run("build", "again/s.tune", "--out", "again/build")
    assert code == 0, told
    assert run("verify", "s", "--out", "again/build")[0] == 0


REVIEW = 'source a = jsonl("a.jsonl", format: alpaca)\ndataset out from a {{ limit(5) review("{}") }}\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"id":' + b"[" * 100_000, "r.jsonl:1: nested more than 200 deep"),
        (
            b'{"id":"x","decision":"drop","note":' + b"[" * 900 + b"]" * 900 + b"}",
            "r.jsonl:1: nested more than 200 deep",
        ),
        (HALF, "r.jsonl:1: half a character"),
        (b'\n{"id": "a", "decision": "edit", "response": "\\udc00"}', "r.jsonl:2: half a character"),
        (b"\xff\xfe", "not valid UTF-8"),
        (b"[]", "has no `id`"),
        (b"\0", "not valid JSON"),
    ],
)
def test_a_review_that_cannot_be_read(built: Path, tmp_path: Path, run: Run, content: bytes, said: str) -> None:
    copied(built, tmp_path)
    (tmp_path / "r.jsonl").write_bytes(content)
    (tmp_path / "r.tune").write_text(REVIEW.format("r.jsonl"))
    for command in ("plan", "build"):
        code, told = run(command, "r.tune")
        assert code == 1 and said in told and "r.tune:2:31" in told, told


@pytest.mark.parametrize("name", ["../r.jsonl", "/etc/r.jsonl", "pipe", "a\\u0000b", "r" * 300, "link/r.jsonl", "."])
def test_a_review_where_none_can_lie(built: Path, tmp_path: Path, run: Run, name: str) -> None:
    folder = tmp_path / "project"
    copied(built, folder)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(tmp_path)
    (folder / "r.tune").write_text(REVIEW.format(name))
    before = sorted(path.name for path in tmp_path.iterdir())
    code, told = run("build", "project/r.tune")
    assert code in (1, 3) and "error" in told, told
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert run("lint", "project/r.tune")[0] in (0, 1)


@pytest.mark.parametrize("name", ["a\\u0000b.jsonl", "a" * 300, "*/" * 2000 + "a", "[", "", ".", "~", "\\ud800"])
@pytest.mark.parametrize(
    "connector", ['jsonl("{}", format: alpaca)', 'text("{}", by: file)', 'version("{}", rows: chat)']
)
def test_paths_that_name_nothing(built: Path, tmp_path: Path, run: Run, connector: str, name: str) -> None:
    copied(built, tmp_path)
    (tmp_path / "r.tune").write_text(f"source a = {connector.format(name)}\ndataset out from a {{ limit(5) }}\n")
    run("lint", "r.tune")
    code, told = run("build", "r.tune")
    assert code != 0 and "error" in told


def limited(folder: Path, size: int, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that may write no file longer than so many bytes, as on a disk that is full."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.run(
        [sys.executable, "-m", "tunec", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("fmt", "s.tune"), "s.tune: "),
        (("report", "s"), "s.html: "),
        (("export", "s", "--to", "messages"), "train.jsonl: "),
        (("build", "s.tune", "--store", "new"), "rows.parquet: "),
    ],
)
def test_a_disk_without_room(built: Path, tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    copied(built, tmp_path)
    (tmp_path / "s.tune").write_text(SPEC.replace("    ", " "))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = limited(tmp_path, 10, *words)
    assert done.returncode == 3 and f"{named}File too large" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and "defect" not in done.stderr
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_number_is_raised_in_a_file_that_keeps_its_line_ends(built: Path, tmp_path: Path, run: Run) -> None:
    copied(built, tmp_path)
    text = SPEC.replace("50%", "30%", 1).replace("50%", "70%").replace("\n", "\r\n")
    (tmp_path / "s.tune").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert run("build", "s.tune", "--bump")[0] == 0
    assert (tmp_path / "s.tune").read_bytes() == b"\xef\xbb\xbf" + text.replace("1.0.0", "1.1.0").encode()
    for name in (".", "nowhere.tune", "pipe"):
        if name == "pipe":
            os.mkfifo(tmp_path / name)
        assert run("build", name, "--bump")[0] == 2
        assert run("fmt", name)[0] == 2


BROKEN_PLUG_INS = {
    "absent": ("louder = nowhere", None),
    "module": ("louder = json.decoder", None),
    "raises": ("louder = louder", "raise RuntimeError('\\x1b[2J')"),
    "leaves": ("louder = louder", "raise SystemExit(7)"),
    "operator": ("louder = louder", ""),
}


@pytest.mark.parametrize("harm", BROKEN_PLUG_INS)
def test_a_broken_plug_in_leaves_the_rest(
    built: Path, tmp_path: Path, run: Run, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(built, tmp_path)
    entry, body = BROKEN_PLUG_INS[harm]
    if body is not None:
        (tmp_path / "louder" / "functions").mkdir(parents=True)
        (tmp_path / "louder" / "__init__.py").write_text(body)
        (tmp_path / "louder" / "functions" / "shout.py").write_text("def shout(")
    (tmp_path / "louder-1.0.dist-info").mkdir()
    (tmp_path / "louder-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: louder\nVersion: 1.0\n")
    (tmp_path / "louder-1.0.dist-info" / "entry_points.txt").write_text(f"[tunec.operators]\n{entry}\n")
    monkeypatch.syspath_prepend(tmp_path)
    load_catalogue.cache_clear()
    try:
        said = ""
        for words in (("lint", "s.tune"), ("plan", "s.tune"), ("build", "s.tune"), ("ops",), ("why", "s", "Name")):
            code, told = run(*words)
            assert code == 0, told
            said += told
        assert "cannot be loaded" in said and "\x1b" not in said
        (tmp_path / "u.tune").write_text(SPEC.replace("    dedup", "    filter { keep shout(prompt) }\n    dedup"))
        code, told = run("lint", "u.tune")
        assert code == 1 and "shout" in told
    finally:
        load_catalogue.cache_clear()
        for name in ("louder", "louder.functions", "louder.functions.shout"):
            sys.modules.pop(name, None)


def test_a_store_that_is_named_is_the_one_that_is_read(built: Path, tmp_path: Path, run: Run) -> None:
    copied(built, tmp_path)
    assert run("build", "s.tune", "--store", "other", "--out", "elsewhere", "-q")[0] == 0
    damaged(tmp_path, "other/versions/*/*/datasets/*/*.parquet", b"")
    assert run("verify", "s")[0] == 0
    code, told = run("verify", "s", "--store", "other")
    assert code == 1 and "has changed since it was published" in told


@pytest.mark.parametrize("words", [("report", "s", "--to", "s.tune"), ("build", "s.tune", "--events", "s.tune")])
def test_what_is_written_replaces_nothing_of_another_kind(
    built: Path, tmp_path: Path, run: Run, words: tuple[str, ...]
) -> None:
    copied(built, tmp_path)
    code, told = run(*words)
    assert code == 3 and "s.tune: is not a " in told and "name another file" in told
    assert (tmp_path / "s.tune").read_text().startswith("spec s")
    own = (*words[:-1], "own")
    assert [run(*own)[0], run(*own)[0]] == [0, 0]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_outputs_end_nothing(built: Path, tmp_path: Path, closed: str) -> None:
    copied(built, tmp_path)
    for words in ("build s.tune --force out", "versions", "why s Name"):
        shell = f"{sys.executable} -m tunec {words} {closed}"
        done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "Traceback" not in done.stderr, (words, done)


def test_an_output_that_cannot_show_a_character_shows_its_escape(built: Path, tmp_path: Path) -> None:
    copied(built, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tunec", "peek", "s.tune", "out"],
        cwd=tmp_path, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )  # fmt: skip
    assert done.returncode == 0 and rb"\u4e2d" in done.stdout, done


def test_a_working_folder_that_is_gone_is_told(built: Path, tmp_path: Path) -> None:
    copied(built, tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    shell = f"rmdir ../gone; {sys.executable} -m tunec plan ../s.tune; {sys.executable} -m tunec plan {tmp_path}/s.tune"
    done = subprocess.run(["sh", "-c", shell], cwd=gone, capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "the folder that the command runs in: No such file" in done.stderr
