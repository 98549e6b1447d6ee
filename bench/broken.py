"""A small spec that is built, broken and built again, and what is to be seen of it: for `faults.py`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SPEC = """
spec faults(version: "1.0.0", seed: 5, license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
benchmark quiz = jsonl("quiz.jsonl", format: choice)
embedder minilm = bundled("all-minilm-l6-v2")
dataset small from tasks {
    normalize()
    filter { keep words(prompt) in 2..50 }
    dedup { exact(prompt)  near(text, jaccard: 0.8)  semantic(prompt, cosine: 0.98, using: minilm) }
    decontaminate(against: [quiz]) { exact()  ngram(8) }
    select(60, by: random())
    split { train: 80%, validation: 20% }
}
"""
#: Counts the moments at which a store changes, and ends the process without a word before the given one.
STOP = """
import os, runpy, sys
left = [int(os.environ["FAULTS_STOP"])]
def counted(real):
    def call(*args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            os._exit(137)
        return real(*args, **kwargs)
    return call
for name in ("rename", "replace", "fsync", "link"):
    setattr(os, name, counted(getattr(os, name)))
def report():
    sys.stderr.write(f"moments: {int(os.environ['FAULTS_STOP']) - left[0]}\\n")
import atexit
atexit.register(report)
sys.argv = ["tunec", *sys.argv[1:]]
runpy.run_module("tunec", run_name="__main__", alter_sys=True)
"""
TIMEOUT = 300


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    fault: str
    code: str
    said: str
    after: str
    good: bool


@dataclass(frozen=True)
class Place:
    """A folder with the spec, its data, its store and its output."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / ".tunec"

    @property
    def out(self) -> Path:
        return self.folder / "build"

    def command(self, *more: str) -> list[str]:
        return ["build", "faults.tune", "--out", "build", *more]

    def start(self, *more: str, store: Path | None = None, stop: int | None = None) -> subprocess.Popen[str]:
        words = self.command(*more) + (["--store", str(store)] if store is not None else [])
        head = ["-m", "tunec"] if stop is None else ["-c", STOP]
        environment = {**os.environ, "NO_COLOR": "1", "TUNEC_ALLOW_OUTSIDE": "1", "FAULTS_STOP": str(stop or 0)}
        return subprocess.Popen(
            [sys.executable, *head, *words],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def build(self, *more: str, store: Path | None = None, stop: int | None = None) -> tuple[int, str]:
        running = self.start(*more, store=store, stop=stop)
        out, errors = running.communicate(timeout=TIMEOUT)
        return running.returncode, errors + out

    def files(self) -> dict[str, bytes]:
        """What is published, but for what tells of a build, its times and hosts."""
        shown = self.out / "faults"
        return {
            p.relative_to(shown).as_posix(): p.read_bytes()
            for p in sorted(shown.rglob("*"))
            if p.is_file() and p.name not in ("run.json", "report.html")
        }


def prepare(folder: Path) -> Place:
    """A place with 90 tasks and 10 questions."""
    folder.mkdir(parents=True)
    subjects = ["rivers", "bread", "bridges", "maps", "clocks", "birds", "苹果", "trains", "glass", "numbers"]
    verbs = ["Explain", "List facts about", "Write a poem on", "Compare two kinds of", "Describe the history of"]
    tasks = [
        {"instruction": f"{verb} {subject}, part {n}.", "input": "", "output": f"{subject} are old. " * (n + 1)}
        for n in range(2)
        for verb in verbs
        for subject in subjects[:9]
    ]
    quiz = [{"question": f"How many {s} stand in a row of {n}?", "answer": str(n)} for n, s in enumerate(subjects)]
    for name, rows in (("tasks.jsonl", tasks), ("quiz.jsonl", quiz)):
        (folder / name).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    (folder / "faults.tune").write_text(SPEC, encoding="utf-8")
    return Place(folder)


def last_words(text: str) -> str:
    """The line of the output that tells the fault."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("moments:")]
    telling = [
        ln for ln in lines if ln.startswith(("error", "interrupted", "! damaged", "! another", "tunec: damaged"))
    ]
    return (telling or lines or ["(nothing: the process was killed)"])[0]


def shortened(text: str, root: Path) -> str:
    """Without the folder of the day, and with the beginnings of hashes only."""
    return re.sub(r"([0-9a-f]{8})[0-9a-f]{8,}", r"\1…", text.replace(str(root), "…"))


class Bench:
    """The unbroken build, and folders for broken ones."""

    def __init__(self, root: Path) -> None:
        self.root = root
        whole = prepare(root / "whole")
        code, said = whole.build(stop=10**9)
        if code != 0:
            raise SystemExit(f"the unbroken build fails:\n{said}")
        self.wanted = whole.files()
        self.whole = whole
        self.moments = int(said.rsplit("moments: ", 1)[1].split()[0])

    def place(self, name: str) -> Place:
        return prepare(self.root / name)

    def copy(self, name: str) -> Place:
        """A place that has built already."""
        shutil.copytree(self.whole.folder, self.root / name, symlinks=True)
        return Place(self.root / name)

    def judge(self, fault: str, code: int, said: str, place: Place, codes: tuple[int, ...], heal: bool = True) -> Row:
        """Build again, and compare. `heal`: the broken build itself is not expected to have ended well."""
        clean = "Traceback" not in said and code in codes
        if heal:
            again, told = place.build()
            same = again == 0 and place.files() == self.wanted
            after = "the same files" if same else f"differs: {again}, {last_words(told)}"
        else:
            same = place.files() == self.wanted
            after = "the same files, at once" if same else "differs"
        words = shortened(last_words(said), self.root)
        return Row(fault, str(code), words, after, clean and same)
