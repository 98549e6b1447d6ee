"""Breaks builds in every way that disks, systems and people know, and shows what comes of it.

    python bench/faults.py [--write docs/reliability.md]

Each case starts a build of a small spec in a process of its own, breaks it, looks at the exit code and at what is said,
then builds again and compares the published files with those of an unbroken build. Exits with 1 where one differs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from attacks import Seen, attacks
from kills import killed

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
        """What is published, but for times and hosts."""
        shown = self.out / "faults"
        return {
            p.relative_to(shown).as_posix(): p.read_bytes()
            for p in sorted(shown.rglob("*"))
            if p.is_file() and p.name != "run.json"
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


def kills(bench: Bench, every: int) -> Row:
    """End the process before every moment at which the store or the output changes."""
    worst: Row | None = None
    for moment in range(1, bench.moments + 1, every):
        place = bench.place(f"kill-{moment}")
        code, said = place.build(stop=moment)
        row = bench.judge(
            f"killed before each of {bench.moments} writes in turn" if every == 1 else f"killed before write {moment}",
            code,
            said,
            place,
            (137, -9),
        )
        if not row.good:
            return row
        worst = row
        shutil.rmtree(place.folder)
    assert worst is not None
    return Row(worst.fault, "137", "(nothing: the process was killed)", worst.after, True)


def signals(bench: Bench) -> Iterator[Row]:
    """SIGTERM, Ctrl-C, Ctrl-C twice, in the middle of the work."""
    for fault, numbers in (
        ("SIGTERM", [signal.SIGTERM]),
        ("Ctrl-C", [signal.SIGINT]),
        ("Ctrl-C twice", [signal.SIGINT, signal.SIGINT]),
    ):
        place = bench.place(f"signal-{fault.replace(' ', '')}")
        running = place.start()
        wait_for(lambda place=place: len(list(place.store.glob("steps/*/*"))) >= 2, running)
        for number in numbers:
            if running.poll() is None:
                os.kill(running.pid, number)
                time.sleep(0.05)
        out, errors = running.communicate(timeout=TIMEOUT)
        yield bench.judge(fault, running.returncode, errors + out, place, (130, -2, -15))


def wait_for(ready: Callable[[], bool], running: subprocess.Popen[str]) -> None:
    """Wait until something is so, or the process has ended."""
    while running.poll() is None and not ready():
        time.sleep(0.005)


def full_disk(bench: Bench) -> Iterator[Row]:
    """A store on a file system that fills up; needs the right to mount one."""
    for size in (16, 48, 96, 160):
        place = bench.place(f"full-{size}")
        disk = place.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            yield Row("full disk", "—", "not tried: no right to mount a small file system", "—", True)
            return
        try:
            code, said = place.build(store=disk / "store")
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            again, _ = place.build(store=disk / "store")
            same = again == 0 and place.files() == bench.wanted
            clean = code == 3 and "Traceback" not in said
            after = "the same files, once there is room" if same else "differs"
            words = shortened(last_words(said), bench.root)
            yield Row(f"disk full at {size} kB", str(code), words, after, clean and same)
        finally:
            subprocess.run(["umount", str(disk)], check=False)


def read_only(bench: Bench) -> Row:
    """A store that may not be written to."""
    place = bench.place("read-only")
    store = place.folder / "locked"
    store.mkdir()
    bound = subprocess.run(["mount", "--bind", "-o", "ro", str(store), str(store)], capture_output=True, check=False)
    if bound.returncode == 0:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(store)], check=False)
    else:
        store.chmod(0o500)
    try:
        code, said = place.build(store=store)
    finally:
        if bound.returncode == 0:
            subprocess.run(["umount", str(store)], check=False)
        store.chmod(0o700)
    return bench.judge("read-only store", code, said, place, (3,))


def two_builders(bench: Bench) -> Row:
    """Two builds of the same spec in the same store at once."""
    place = bench.place("race")
    both = [place.start(), place.start()]
    ends = [(p.communicate(timeout=TIMEOUT), p.returncode) for p in both]
    said = "".join(errors for (_, errors), _ in ends)
    code = max(code for _, code in ends)
    return bench.judge("two builds at once", code, said, place, (0,), heal=False)


def flips(bench: Bench) -> Iterator[Row]:
    """A bit that flipped, or a file that was cut, in every kind of object."""
    kinds = {
        "rows of a step": "steps/*/*/rows.parquet",
        "drops of a step": "steps/*/*/drops.parquet",
        "record of a step": "steps/*/*/step.json",
        "recorded vectors": "vectors/*/*.npz",
        "note of the last build": "last/*.json",
        "note of a publication": "publications/*.json",
        "data of a version": "versions/*/*/datasets/*/*.parquet",
        "ledger of a version": "versions/*/*/ledger/*.parquet",
        "manifest of a version": "versions/*/*/manifest.json",
    }
    for kind, pattern in kinds.items():
        for harm, break_it in (("a flipped bit", flip), ("cut in half", cut)):
            place = bench.copy(f"{harm}-{kind}".replace(" ", "-"))
            for path in sorted(place.store.glob(pattern)):
                break_it(path)
            # Everything that is shown or can be skipped goes, so that the build has to read what is broken.
            shutil.rmtree(place.out)
            if "version" not in kind and "publication" not in kind:
                shutil.rmtree(place.store / "versions")
            if kind == "recorded vectors":
                shutil.rmtree(place.store / "steps")
            code, said = place.build()
            yield bench.judge(f"{harm}: {kind}", code, said, place, (0,), heal=False)
            shutil.rmtree(place.folder)


def flip(path: Path) -> None:
    """Flip a bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    replace(path, bytes(content))


def cut(path: Path) -> None:
    """Keep the first half of a file."""
    content = path.read_bytes()
    replace(path, content[: len(content) // 2])


def replace(path: Path, content: bytes) -> None:
    """Other content under the same name, without touching other names of the old."""
    path.unlink()
    path.write_bytes(content)


def formats(bench: Bench) -> Iterator[Row]:
    """A store that an older or a newer program made, and a folder that is none."""
    for fault, text in (
        ("older store format", "1\n"),
        ("newer store format", "99\n"),
        ("no store format", "photographs\n"),
    ):
        place = bench.copy(fault.replace(" ", "-"))
        (place.store / "format").write_text(text, encoding="utf-8")
        code, said = place.build()
        shutil.move(place.store, place.folder / "old")
        yield bench.judge(fault, code, said, place, (3,))


def main() -> int:
    """Run every case and print the table."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--write", type=Path, help="Put the table into this file, between its two marks.")
    reader.add_argument(
        "--quick", action="store_true", help="Kill at every fifth write, and at 5 random moments, only."
    )
    reader.add_argument("--attacks", action="store_true", help="Only attacks, and kills at random moments.")
    given = reader.parse_args()
    with tempfile.TemporaryDirectory() as root:
        seen = hostile(Path(root), 5 if given.quick else 100)
    if given.write:
        write_table(given.write, "attacks", ("attacked", "expected", "seen"), seen)
    if given.attacks:
        return 0 if all(s.good for s in seen) else 1
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root))
        rows: list[Row] = []

        def add(found: Iterator[Row]) -> None:
            for row in found:
                rows.append(row)
                print(f"{'ok  ' if row.good else 'FAIL'} {row.fault}: {row.code}, {row.said} → {row.after}", flush=True)

        add(flips(bench))
        add(formats(bench))
        add(iter([two_builders(bench), read_only(bench)]))
        add(full_disk(bench))
        add(signals(bench))
        add(iter([kills(bench, 5 if given.quick else 1)]))
    if given.write:
        write_table(given.write, "faults", ("fault", "exit code", "message", "the next build"), rows)
    return 0 if all(r.good for r in (*rows, *seen)) else 1


def hostile(root: Path, moments: int) -> list[Seen]:
    """What strangers try, and kills at random moments."""
    seen = []
    for found in (*attacks(root), killed(root / "kills", moments)):
        seen.append(found)
        print(f"{'ok  ' if found.good else 'FAIL'} {found.attacked}: {found.said}", flush=True)
    return seen


def write_table(path: Path, mark: str, heads: Sequence[str], rows: Sequence[Row] | Sequence[Seen]) -> None:
    """Replace what stands between the marks of a page."""
    start, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->"
    lines = ["| " + " | ".join(heads) + " |", "|" + "".join(" ---: |" if h == "exit code" else " --- |" for h in heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in astuple(row)[:-1]) + " |" for row in rows]
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(start)
    tail = rest.partition(end)[2]
    path.write_text(f"{head}{start}" + "\n".join(lines) + f"\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
