"""Breaks builds in every way that disks, systems and people know, and shows what comes of it.

    python bench/faults.py [--write docs/reliability.md]

Each case starts a build of a small spec in a process of its own, breaks it, looks at the exit code and at what is said,
then builds again and compares the published files with those of an unbroken build. Exits with 1 where one differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

from attacks import Seen, attacks
from broken import TIMEOUT, Bench, Row, last_words, shortened
from kills import killed


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
    kills = killed(root / "kills", moments)  # first: it forks this process, in which nothing computes yet
    for found in (*attacks(root), kills):
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
