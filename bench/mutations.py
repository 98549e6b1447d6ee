"""Single mistakes in specs of 50 to 60 lines: which are told, where, how often, and with which suggestion.

`python -m bench.mutations [SPEC…] [--each 60] [--misses] [--jobs 2] [--page]` makes the mutants of
`bench/specs/mutated` (with a fixed seed), checks each of them, and prints the table. `--page` writes
`docs/diagnostics-measured.md`. What is missed in the specs named `held_…` is never looked at while the compiler is
changed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

from bench.mutants import Maker, Mutant
from bench.mutated_data import write
from bench.wrong_structure import STRUCTURE
from bench.wrong_values import VALUES
from tunec.compiler.elaborate.kept import Known, Memory
from tunec.compiler.graph import canonical, to_json
from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import Compiled
from tunec.dsl.diagnostics import Diagnostic, Fix
from tunec.dsl.render.text import render
from tunec.lsp.room import with_room
from tunec.runtime.catalogue import load_catalogue

SEED = 14
#: A wrong name that all uses may follow: the fix gives the spec under another name.
RENAMED = ("misspelt declared name", "misspelt share's name")
#: Where a page begins to say what people found in the tables; that is kept when the tables are made anew.
JUDGED = "\n## Judged by hand\n"
PAGE = Path(__file__).parents[1] / "docs" / "diagnostics-measured.md"
NAMES = ("tutor", "chats", "prefs", "pool", "lessons", "support", "kitchen", "court", "fleet", "workshop", "studio",
         "school", "held_harbour", "held_kiosk")  # fmt: skip


@dataclass
class Counts:
    """What was counted of one kind of mutants."""

    mutants: int = 0
    same: int = 0  # mean what the spec meant
    caught: int = 0
    line: int = 0
    cascades: int = 0
    wanted: int = 0  # suggestions that ought to be made
    suggested: int = 0
    fixes: int = 0
    clean: int = 0  # fixes after which nothing is wrong
    kept: int = 0  # of those, fixes that give the spec as it was
    missed: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        """Add what was counted elsewhere."""
        for name in ("mutants", "same", "caught", "line", "cascades", "wanted", "suggested", "fixes", "clean", "kept"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.missed += other.missed

    @property
    def judged(self) -> int:
        """The mutants that mean something else than the spec."""
        return self.mutants - self.same


def every(maker: Maker) -> Iterator[Mutant]:
    """Every mutant of a spec, grouped by how it is made."""
    yield from maker.misspelt()
    for made in (*VALUES, *STRUCTURE):
        yield from made(maker)


def measure(name: str, folder: Path, each: int) -> dict[str, Counts]:
    """All counts of one spec, by kind of mutant."""
    path = folder / f"{name}.tune"
    judged = Judged(path)
    before = judged.of(path.read_text(encoding="utf-8"))
    assert not before.diagnostics, render(before.diagnostics, before.sources)
    meant = _meaning(before)
    groups: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in every(Maker(path, SEED)):
        if mutant.must:
            groups[mutant.kind].append(mutant)
    counts: dict[str, Counts] = {}
    for kind, mutants in groups.items():
        chosen = random.Random(f"{name} {kind} {SEED}").sample(mutants, min(each, len(mutants)))
        counts[kind] = Counts()
        for mutant in chosen:
            _judge(name, judged, mutant, meant, counts[kind])
    return counts


class Judged:
    """Texts of one spec, judged as an editor does: what they have in common with the first is looked at once."""

    def __init__(self, path: Path) -> None:
        self.path, self.memory, self.first = path, Memory(), Known()

    def of(self, text: str) -> Compiled:
        """The judgement of a text with room in it."""
        self.memory.known = self.first
        compiled = check_spec(self.path, load_catalogue(), text=with_room(text), memory=self.memory)
        if not self.first.made:
            self.first = self.memory.known
        return compiled


def _judge(name: str, judged: Judged, mutant: Mutant, meant: str, counts: Counts) -> None:
    after = judged.of(mutant.text)
    counts.mutants += 1
    found = after.diagnostics
    render(found, after.sources)  # may not raise either
    shown = dict(enumerate(mutant.text.splitlines(), 1)).get(next(iter(mutant.lines), 1), "").strip()
    where = f"{name}:{next(iter(mutant.lines), 0)} [{mutant.word} → {mutant.wrong}] {shown[:110]}"
    if not found:
        if _meaning(after) == meant:
            counts.same += 1
        else:
            counts.missed.append(f"NOT CAUGHT {where}")
        return
    counts.caught += 1
    if any(_near(d, mutant, after) for d in found):
        counts.line += 1
    else:
        counts.missed.append(f"OTHER LINE {where} ⇒ {_said(found[0])}")
    if len(found) > 1:
        counts.cascades += 1
        counts.missed.append(f"CASCADE {where} ⇒ {' | '.join(_said(d) for d in found[:4])}")
    if mutant.suggests:
        counts.wanted += 1
        if any(_suggests(d, mutant) for d in found):
            counts.suggested += 1
        else:
            counts.missed.append(f"NO SUGGESTION {where} ⇒ {_said(found[0])}")
    for diagnostic in found:
        for fix in diagnostic.fixes:
            _try(judged, after, mutant, fix, meant, counts, where)


def _try(judged: Judged, after: Compiled, mutant: Mutant, fix: Fix, meant: str, counts: Counts, where: str) -> None:
    counts.fixes += 1
    text = next(iter(after.sources.values())).text
    for edit in sorted(fix.edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    fixed = judged.of(text)
    if fixed.diagnostics:
        counts.missed.append(f"FIX LEAVES {where} ⇒ {fix.title} ⇒ {_said(fixed.diagnostics[0])}")
        return
    counts.clean += 1
    if _meaning(fixed) == meant or mutant.kind in RENAMED:
        counts.kept += 1
    else:
        counts.missed.append(f"FIX CHANGES {where} ⇒ {fix.title}")


def _said(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.code} {diagnostic.message[:90]}"


def _near(diagnostic: Diagnostic, mutant: Mutant, after: Compiled) -> bool:
    source = next(iter(after.sources.values()))
    spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
    lines = {source.position(p)[0] for span in spans for p in (span.start, max(span.end - 1, span.start))}
    return bool(lines & {*mutant.lines})


def _suggests(diagnostic: Diagnostic, mutant: Mutant) -> bool:
    if mutant.kind in RENAMED and mutant.wrong in diagnostic.help:
        return True  # where the name is used, what it is declared as is the right word
    if any(edit.text.strip('"') == mutant.word for fix in diagnostic.fixes for edit in fix.edits):
        return True
    return mutant.word in diagnostic.help or any(mutant.word == edit.text.split(".")[-1].rstrip("(){} ")
        for fix in diagnostic.fixes for edit in fix.edits)  # fmt: skip


def _meaning(compiled: Compiled) -> str:
    if compiled.graph is None:
        return ""
    document = to_json(compiled.graph)
    return canonical({"spec": document["spec"], "nodes": document["nodes"], "targets": document["targets"]})


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "–"


def table(groups: dict[str, Counts]) -> str:
    """The counts as a table of Markdown."""
    head = "| mistake | mutants | caught % | right line % | cascades % | suggestion % | fixes | clean % | as meant % |"
    lines = [head, "| --- " + "| ---: " * 8 + "|"]
    for name, c in [*sorted(groups.items()), ("**all**", _total(groups))]:
        cells = [
            f"{c.judged:,}", _percent(c.caught, c.judged), _percent(c.line, c.caught), _percent(c.cascades, c.judged),
            _percent(c.suggested, c.wanted), f"{c.fixes:,}", _percent(c.clean, c.fixes), _percent(c.kept, c.fixes),
        ]  # fmt: skip
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def by_spec(measured: Mapping[str, dict[str, Counts]]) -> str:
    """What was counted of each spec, all kinds together."""
    lines = ["| spec | mutants | caught % | right line % | cascades % |", "| --- | ---: | ---: | ---: | ---: |"]
    totals = {name: _total(groups) for name, groups in measured.items()}
    for name, c in [*totals.items(), ("**all**", _total(totals))]:
        told = _percent(c.caught, c.judged), _percent(c.line, c.caught), _percent(c.cascades, c.judged)
        lines.append(f"| {name} | {c.judged:,} | " + " | ".join(told) + " |")
    return "\n".join(lines)


def _total(groups: Mapping[str, Counts]) -> Counts:
    total = Counts()
    for counts in groups.values():
        total.add(counts)
    return total


def merged(parts: Iterable[dict[str, Counts]]) -> dict[str, Counts]:
    """Counts of several specs together."""
    whole: dict[str, Counts] = defaultdict(Counts)
    for part in parts:
        for kind, counts in part.items():
            whole[kind].add(counts)
    return whole


def page(each: int, jobs: int) -> str:
    """The page: tables of the specs that are held out and of the others, and the misses of the former."""
    parts = [_HEAD]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        held = [name for name in NAMES if name.startswith("held")]
        whole = sum(m.must for name in NAMES for m in every(Maker(Path(folder) / f"{name}.tune", SEED)))
        drawn = f"at most {each} of a kind and spec were drawn here, with a fixed seed"
        parts.append(f"The {len(NAMES)} specs have {whole:,} mutants that ought to be told; {drawn}.\n")
        with ProcessPoolExecutor(jobs) as several:
            measured = dict(zip(NAMES, several.map(measure, NAMES, repeat(Path(folder)), repeat(each)), strict=True))
        parts.append(f"## Spec by spec\n\n{by_spec(measured)}\n")
        for title, names in (("Specs held out", held), ("The other specs", [n for n in NAMES if n not in held])):
            groups = merged(measured[name] for name in names)
            parts.append(f"## {title}\n\n{table(groups)}\n")
            if names == held:
                missed = [line for counts in groups.values() for line in counts.missed]
                lines = "\n".join(line.replace(folder, "") for line in missed)
                parts.append(f"### What was missed there\n\n```text\n{lines}\n```\n")
    return "\n".join(parts)


_HEAD = """# Diagnostics, measured

Single mistakes in fourteen specs of 50 to 100 lines, made by `bench/mutants.py`: a name of every kind misspelt, a
number out of its range, a value of another type, a wrong word of a fixed list, a path or column with a typo, a
bracket, mark, quote or word lost or doubled, a word known from elsewhere, a declaration lost or doubled, a reference
of another kind. Whether a mutant must be told is decided by how it is made. Two of the specs are held out: what is
missed in them was not looked at while the compiler was changed. `python -m bench.mutations --page` writes this page.

*caught*: there is a diagnostic. *right line*: one of its places is on the line that was changed, or where the changed
name is used. *cascades*: more than one diagnostic. *suggestion*: of the misspellings and synonyms, those for which
the right word is offered. *clean*: of the fixes offered, those after which nothing is wrong; *as meant*: those that
give the spec as it was, under another name where a declared name was misspelt.
"""


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(prog="python -m bench.mutations", description=(__doc__ or "").splitlines()[0])
    reader.add_argument("specs", nargs="*", default=[], help="names of specs (default: those that are not held out)")
    reader.add_argument("--each", type=int, default=10_000, help="mutants of a kind and spec at most")
    reader.add_argument("--jobs", type=int, default=1, help="specs that are measured at a time, for the page")
    reader.add_argument("--page", action="store_true", help="measure all specs and write the page")
    reader.add_argument("--misses", type=int, default=0, help="print so many misses of each kind")
    given = reader.parse_args(words)
    if given.page:
        _, mark, judged = PAGE.read_text(encoding="utf-8").partition(JUDGED)
        PAGE.write_text(page(given.each, given.jobs) + mark + judged, encoding="utf-8")
        return
    names = given.specs or [name for name in NAMES if not name.startswith("held")]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        groups = merged(measure(name, Path(folder), given.each) for name in names)
    print(table(groups))
    for kind, counts in sorted(groups.items()) if given.misses else ():
        print(f"\n## {kind}")
        by: dict[str, list[str]] = defaultdict(list)
        for line in counts.missed:
            by[" ".join(line.split()[:2]).split(" ")[0]].append(line)
        for lines in by.values():
            print("\n".join(lines[: given.misses]), f"({len(lines)})")


if __name__ == "__main__":
    main()
