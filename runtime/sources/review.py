"""The file in which people decide about rows: one JSON object a line, with the row's id and an empty `decision`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.files import read_bounded
from tunec.compiler.graph import digest
from tunec.runtime.sources.reading import DEEPEST, HALF, is_deep, is_whole
from tunec.runtime.store.files import json_line, write_bytes

DECISIONS = ("keep", "drop", "edit")
#: Bytes of a file of decisions at most.
LARGEST = 1 << 30
#: How a note speaks of rows without a decision.
WAIT = "wait for a decision in"


class BadDecisions(Exception):
    """A line of a file of decisions cannot be understood; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a row, and where. `line` is the whole object, which after `edit` holds the new content."""

    verdict: str
    line: dict[str, Any]
    place: str


def read_decisions(path: Path) -> tuple[dict[str, Decision], set[str]]:
    """What was decided, by row id, and the ids of all rows in the file. A file that is not there holds nothing.

    Raises BadDecisions.
    """
    found: dict[str, Decision] = {}
    ids: set[str] = set()
    for place, line in read_lines(path):
        verdict = str(line.get("decision") or "").strip().lower()
        ids.add(line["id"])
        if not verdict:
            continue
        if verdict not in DECISIONS:
            raise BadDecisions(f"{place}: the decision `{verdict}` is not one of {', '.join(DECISIONS)}")
        before = found.get(line["id"])
        if before is not None and (before.verdict, before.line) != (verdict, line):
            raise BadDecisions(f"{place}: the row {line['id']} is decided twice, and differently")
        found[line["id"]] = Decision(verdict, line, place)
    return found, ids


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines of a file of decisions, each with its place; none where there is no file. Raises BadDecisions."""
    try:
        raw = read_bounded(path, LARGEST)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadDecisions(f"{path.name}: {error.strerror}") from error
    try:
        whole = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number, byte = error.object.count(b"\n", 0, error.start) + 1, error.object[error.start]
        raise BadDecisions(
            f"{path.name}:{number}: not valid UTF-8: byte 0x{byte:02x}; save the file as UTF-8"
        ) from error
    for number, text in enumerate(whole.split("\n"), start=1):
        if text.strip():
            place = f"{path.name}:{number}"
            yield place, _object(text, place)


def _object(text: str, place: str) -> dict[str, Any]:
    """A line of a file of decisions. Raises BadDecisions."""
    if is_deep(text):
        raise BadDecisions(f"{place}: nested more than {DEEPEST} deep")
    try:
        line = json.loads(text)
    except ValueError as error:
        raise BadDecisions(f"{place}: not valid JSON: {error}") from error
    if HALF.search(text) and not is_whole(line):
        raise BadDecisions(f"{place}: half a character, as if a text was cut in two")
    if not isinstance(line, dict) or not isinstance(line.get("id"), str):
        raise BadDecisions(f"{place}: has no `id`")
    return line


def digest_of_decisions(path: Path) -> str:
    """The hash of the decisions in a file, whatever their order; rows that wait for one do not change it.

    Raises BadDecisions.
    """
    decided, _ = read_decisions(path)
    return digest([[row, decided[row].verdict, decided[row].line] for row in sorted(decided)])


def append_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Add rows to a file, which is replaced whole; what stands in it stays as it is, byte for byte.

    Without rows there is a file too: a build asks for it.
    """
    missing = not path.exists()
    before = b"" if missing else read_bounded(path, LARGEST)
    if before and not before.endswith(b"\n"):
        before += b"\n"
    added = b"".join(map(json_line, lines))
    if added or missing:
        write_bytes(path, before + added)


def decide(path: Path, row: str, verdict: str, note: str = "") -> None:
    """Write a decision into the line of a row; every other line stays as it is, byte for byte. An empty verdict takes
    a decision back.

    Raises BadDecisions where the row is not in the file, or its decision holds other content (`edit`).
    """
    if verdict not in ("", "keep", "drop"):
        raise BadDecisions(f"{path.name}: the decision `{verdict}` is not one of keep, drop")
    read_decisions(path)
    lines = read_bounded(path, LARGEST).split(b"\n")
    for number, raw in enumerate(lines):
        if not raw.strip():
            continue
        line = _object(raw.decode("utf-8-sig"), f"{path.name}:{number + 1}")
        if line["id"] != row:
            continue
        if str(line.get("decision") or "").strip().lower() == "edit":
            raise BadDecisions(f"{path.name}:{number + 1}: the row {row} was edited; change the file itself")
        changed = {**line, "decision": verdict, **({"note": note} if note else {})}
        lines[number] = json_line(changed).rstrip(b"\n")
        write_bytes(path, b"\n".join(lines))
        return
    raise BadDecisions(f"{path.name}: there is no row {row}")
