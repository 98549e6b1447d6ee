"""Specs, stores and data of somebody who means harm: what is tried, what has to come of it, and what does.

Each attack works in a folder of its own, `project`, whose parent must hold nothing else afterwards.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = 'source a = jsonl("{}", format: alpaca, license: "MIT")\ndataset out from a {{ {} }}\n'
SPEC = 'spec s(version: "1.0.0")\n' + SOURCE
LINE = '{{"instruction": "Name colour {}.", "output": "Red."}}\n'
TIMEOUT = 120


@dataclass(frozen=True)
class Seen:
    """A line of the table."""

    attacked: str
    expected: str
    said: str
    good: bool


def attacks(root: Path) -> Iterator[Seen]:
    """Try every attack."""
    for number, (attacked, expected, attempt) in enumerate(ATTACKS):
        project = root / f"attack-{number}" / "project"
        project.mkdir(parents=True)
        (project / "a.jsonl").write_text("".join(map(LINE.format, range(6))), encoding="utf-8")
        said, good = attempt(project)
        beside = sorted(path.name for path in project.parent.iterdir())
        clean = "Traceback" not in said and "a defect of" not in said and "\x1b" not in said
        yield Seen(attacked, expected, _shown(said, project), good and clean and beside == ["project"])


def _shown(said: str, project: Path) -> str:
    """The line that tells what happened."""
    lines = [line.strip() for line in said.replace(str(project), "…").splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("error", "tunec:", "✗", "! damaged"))]
    said = re.sub(r"([0-9a-f]{8})[0-9a-f]{8,}", r"\1…", (telling or lines or ["(nothing)"])[0])
    return said if len(said) <= 160 else said[:160] + "…"


def run(project: Path, *words: str) -> tuple[int, str]:
    """A command in the folder: its exit code, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "tunec", *words],
        cwd=project, capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    return done.returncode, done.stderr + done.stdout


def refused(text: str, *code: int, mark: str = "error") -> Callable[[Path], tuple[str, bool]]:
    """Building this spec ends with one of these codes and says so."""

    def attempt(project: Path) -> tuple[str, bool]:
        (project / "s.tune").write_text(text, encoding="utf-8")
        ended, said = run(project, "build", "s.tune")
        return said, ended in code and mark in said and not (project / "build").exists()

    return attempt


def built(project: Path, text: str = SPEC.format("a.jsonl", "")) -> None:
    """A project that has built."""
    (project / "s.tune").write_text(text, encoding="utf-8")
    code, said = run(project, "build", "s.tune")
    if code != 0:
        raise SystemExit(said)
    for path in project.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def output_over_inputs(project: Path) -> tuple[str, bool]:
    (project / "s").mkdir()
    (project / "a.jsonl").rename(project / "s" / "a.jsonl")
    (project / "s.tune").write_text(SPEC.format("s/a.jsonl", ""), encoding="utf-8")
    code, said = run(project, "build", "s.tune", "--out", ".")
    return said, code == 3 and (project / "s" / "a.jsonl").exists()


def forged_object(project: Path) -> tuple[str, bool]:
    """The record of a step in a shared store names a file outside."""
    shared = project / "shared"
    (project / "s.tune").write_text(SPEC.format("a.jsonl", ""), encoding="utf-8")
    run(project, "build", "s.tune", "--store", f"file://{shared}")
    from tunec.compiler.graph import digest

    for record in (shared / "steps").glob("*.json"):
        value = json.loads(record.read_bytes())["value"]
        value["files"] = {"../../../../../bashrc": next(iter(value["files"].values()))}
        record.write_text(json.dumps({"check": digest(value), "value": value}), encoding="utf-8")
    shutil.rmtree(project / ".tunec")
    shutil.rmtree(project / "build")
    code, said = run(project, "build", "s.tune", "--store", f"file://{shared}")
    return said, code == 0 and "forged" in said


def copied_step(project: Path) -> tuple[str, bool]:
    """The folder of a step, whole, under the name of another."""
    built(project, SPEC.format("a.jsonl", "limit(2) dedup { exact(prompt) }"))
    one, other = sorted((project / ".tunec" / "steps").glob("*/*"))[:2]
    shutil.rmtree(other)
    shutil.copytree(one, other)
    for name in ("versions", "publications"):
        shutil.rmtree(project / ".tunec" / name)
    shutil.rmtree(project / "build")
    code, said = run(project, "build", "s.tune")
    return said, code == 0 and "damaged" in said


def forged_step(project: Path) -> tuple[str, bool]:
    """Other rows in a step, with a record that agrees."""
    import polars as pl

    from tunec.runtime.store.files import hash_file, write_checked

    built(project)
    for name in (".tunec/versions", ".tunec/publications", "build"):
        shutil.rmtree(project / name)
    for record in (project / ".tunec" / "steps").glob("*/*/step.json"):
        rows = record.parent / "rows.parquet"
        pl.read_parquet(rows, glob=False).with_columns(response=pl.lit("Forged.")).write_parquet(rows)
        value = json.loads(record.read_bytes())["value"]
        value["files"]["rows.parquet"] = [hash_file(rows), rows.stat().st_size]
        write_checked(record, value)
    run(project, "build", "s.tune")
    code, said = run(project, "verify", "s", "--rebuild", "s.tune")
    found = [line for line in said.splitlines() if "differs" in line]
    return "\n".join(found) or said, code == 1 and "differs from what the spec makes" in said


def steering(project: Path) -> tuple[str, bool]:
    """Control sequences and marks of direction in names, licences and data."""
    evil = "\x1b[2J\u202e\x9b"
    (project / "a.jsonl").write_text(LINE.format(json.dumps(evil)[1:-1]), encoding="utf-8")
    (project / "s.tune").write_text(SPEC.format("a.jsonl", "").replace("MIT", f"MIT{evil}"), encoding="utf-8")
    said = ""
    for words in (
        ("build", "s.tune", "-v"), ("why", "s", "Name"), ("versions",), ("verify", "s"), ("diff", "s", "s"),
        ("export", "s", "--to", "messages"), ("push", "s", "a/b", "--dry-run"), ("fmt", "--diff", "s.tune"),
        ("graph", "s.tune", "--format", "svg"), ("lint", "--format", "github", "s.tune"), ("peek", "s.tune", "out"),
    ):  # fmt: skip
        said += run(project, *words)[1]
    return "11 commands, each with escapes only", not {"\x1b", "\u202e", "\x9b"} & set(said)


def damaged_ledger(project: Path) -> tuple[str, bool]:
    built(project)
    for ledger in project.glob("**/ledger/*.parquet"):
        ledger.write_bytes(b"junk")
    code, said = run(project, "why", "s", "Name")
    return said, code == 1 and "damaged" in said


def broken_plug_in(project: Path) -> tuple[str, bool]:
    info = project / "louder-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: louder\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[tunec.operators]\nlouder = nowhere\n", encoding="utf-8")
    (project / "s.tune").write_text(SPEC.format("a.jsonl", ""), encoding="utf-8")
    code, said = run(project, "build", "s.tune")
    return said, code == 0 and "cannot be loaded" in said


def odd_folders(project: Path) -> tuple[str, bool]:
    """Folders and files with marks of patterns and line ends in their names, and links that lead in circles."""
    for name in ("proj[1]", "pr?j", "~", "a\nb"):
        folder = project / name
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "up").symlink_to(folder)
        shutil.copy(project / "a.jsonl", folder / "data[1].jsonl")
        shutil.copy(project / "a.jsonl", folder / "data" / "a\nb.jsonl")
        (folder / "s.tune").write_text(
            SPEC.format("data[1].jsonl", "").replace(" from a", " from [a, b]")
            + 'source b = jsonl("data/**/*.jsonl", format: alpaca, license: "MIT")\n',
            encoding="utf-8",
        )
        for words in (("lint", "s.tune"), ("build", "s.tune"), ("why", "s", "Name"), ("verify", "s"), ("gc",)):
            code, said = run(folder, *words)
            if code != 0:
                return said, False
        if "12 in" not in run(folder, "build", "s.tune", "--store", "other", "-v")[1].replace("12 rows", "12 in"):
            return "another number of rows", False
    return "4 folders, 5 commands each; every file once", True


def bomb(project: Path) -> tuple[str, bool]:
    """A little file that unpacks to a row and 2 GB of zeros."""
    with gzip.open(project / "z.jsonl.gz", "wb", compresslevel=9) as file:
        file.write(b'{"instruction": "Say it.", "output": "So."}\n')
        for _ in range(2048):
            file.write(bytes(1 << 20))
    (project / "s.tune").write_text(SPEC.format("z.jsonl.gz", ""), encoding="utf-8")
    code, said = run(project, "build", "s.tune")
    return said, code == 3


def pipe(project: Path) -> tuple[str, bool]:
    os.mkfifo(project / "p.jsonl")
    (project / "s.tune").write_text(SPEC.format("p.jsonl", ""), encoding="utf-8")
    code, said = run(project, "build", "s.tune")
    return said, code == 1


ATTACKS: tuple[tuple[str, str, Callable[[Path], tuple[str, bool]]], ...] = (
    ("`--out .` where the spec reads `s/a.jsonl`", "refused, the data stays", output_over_inputs),
    ('`version: "../../x"`', "refused", refused(SPEC.format("a.jsonl", "").replace("1.0.0", "../../x"), 1)),
    ('`review("../.bash_profile")`', "refused", refused(SPEC.format("a.jsonl", 'review("../.bash_profile")'), 1, 3)),
    ("a step of a shared store that names `../../bashrc`", "told, made anew, nothing written outside", forged_object),
    ("a step's folder under the name of another", "told, made anew", copied_step),
    ("a step forged with hashes that agree", "found by `verify --rebuild`", forged_step),
    ("a source `/etc/passwd`", "refused", refused(SPEC.format("/etc/passwd", ""), 1)),
    ("a source `file:///etc/passwd`", "refused", refused(SPEC.format("file:///etc/passwd", ""), 1)),
    ("a source `http://169.254.169.254/`", "refused", refused(SPEC.format("http://169.254.169.254/a.jsonl", ""), 1)),
    ("a source that is a pipe", "refused", pipe),
    ("a row and 2 GB of zeros in a small `.gz`", "given up with the place", bomb),
    ("`repeat(a, 2000000)`", "refused", refused(SPEC.format("a.jsonl", "repeat(a, 2000000)"), 1)),
    (
        "`mix(total: 20000000, epochs: 1e9)`",
        "refused",
        refused(SPEC.format("a.jsonl", "mix(total: 20000000, epochs: 1e9) { a: 100% }"), 1),
    ),
    ("control sequences in names, licences and data", "escaped by every command", steering),
    ("a damaged ledger, and `why`", "told with its file", damaged_ledger),
    ("a plug-in that cannot be imported", "told, and left out", broken_plug_in),
    ("folders `proj[1]`, `pr?j`, `~`, line ends in names, links in circles", "read as they stand", odd_folders),
)  # fmt: skip
