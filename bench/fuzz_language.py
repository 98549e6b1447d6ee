"""Mutated specs for parser, formatter and compiler: `python -m bench.fuzz_language COUNT [FIRST]`.

Each input is a number: what it is made of, and how, follows from it alone, so that a failure is found again by its
number. A part of a spec has its characters and tokens deleted, doubled, swapped and replaced. It is read; what has no
mistakes is formatted, which must give the same tree and, once more, the same text; one in twenty is compiled and
judged. Nothing may raise, and nothing may take longer than ten seconds of work.
"""

from __future__ import annotations

import random
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tunec.compiler.lint.check import check_spec
from tunec.dsl.format import format_text
from tunec.dsl.parser import parse
from tunec.dsl.render.text import render
from tunec.dsl.source import Source
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[1]
COMPILED, SLOW = 20, 10.0
_WRITTEN = (
    '{ } [ ] ( ) , : .. . = + - * / == != <= >= < > " """ r" # ## \\ \\u{41} % $ 5 10k 3..9 ..9 3.. 30% $5 2h 24GB 1e9 '
    "and or not in if then else as keep drop let check from on of with true false none meta.x prompt response words("
    " lang( share( count( rule( source dataset generate param const model import spec filter dedup split balance "
    "origin == train: 0.5 \u4e2d\u6587 \uff0c \u201c \u2028 \x00 \ufeff é _ ! & | ; ' ` @ {{ }} {{ a }}"
)
_PIECES = _WRITTEN.split(" ")
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def texts() -> list[str]:
    """Declarations of the specs that the project has, one or a few at a time."""
    files = [*(ROOT / "tests").rglob("*.tune"), *(ROOT / "specs").glob("*.tune"), *(ROOT / "bench").rglob("*.tune")]
    found = []
    for file in sorted(files):
        parts = re.split(r"\n(?=\w)", file.read_text(encoding="utf-8"))
        found += ["\n".join(parts[at : at + 3]) for at in range(0, len(parts), 2)]
    return [text for text in found if len(text) < 4000]


def made(number: int, known: list[str]) -> str:
    """The input of a number."""
    drawn = random.Random(number)
    parts = _TOKEN.findall(drawn.choice(known))
    if drawn.random() < 0.3:
        parts += ["\n", *_TOKEN.findall(drawn.choice(known))]
    for _ in range(drawn.choice((1, 1, 2, 3, 6))):
        at = drawn.randrange(len(parts)) if parts else 0
        to = min(at + drawn.choice((1, 1, 1, 2, 5, 20)), len(parts))
        match drawn.randrange(6):
            case 0:
                del parts[at:to]
            case 1:
                parts[at:at] = parts[at:to]
            case 2:
                parts[at:at] = [drawn.choice(_PIECES)]
            case 3:
                parts[at:to] = [drawn.choice(_PIECES)]
            case 4:
                other = drawn.randrange(len(parts)) if parts else 0
                parts[at:to], parts[other : other + 1] = parts[other : other + 1], parts[at:to]
            case _:
                text = "".join(parts[at:to])
                if text:
                    place = drawn.randrange(len(text))
                    parts[at:to] = [text[:place] + text[place + 1 :]]
    return "".join(parts)


def judge(number: int, text: str, folder: Path) -> str:
    """What became of an input: `read`, `mistakes`, `compiled`. Raises whatever the language raises."""
    source = Source("a", text)
    file, found = parse(source)
    if number % COMPILED == 0:
        compiled = check_spec(folder / "a.tune", load_catalogue(), text=text)
        render(compiled.diagnostics, compiled.sources)
        return "compiled"
    render(found, {"a": source})
    if any(diagnostic.severity == "error" for diagnostic in found):
        return "mistakes"
    formatted = format_text(source)
    again, wrong = parse(Source("a", formatted))
    assert not wrong, wrong[0].message
    assert again == file, "the tree is another"
    assert format_text(Source("a", formatted)) == formatted, "formatting it again changes it"
    return "read"


def main() -> int:
    """Fuzz, and tell what failed."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    known, ends, failed = texts(), Counter[str](), []
    for number in range(first, first + count):
        text = made(number, known)
        began = time.process_time()
        try:
            ends[judge(number, text, ROOT / "tests" / "golden" / "lint")] += 1
        except Exception as error:  # whatever it is: that nothing is raised is what is tried
            failed.append(number)
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"{number}: {type(error).__name__}: {error} at {where.name}:{where.lineno}", flush=True)
        if time.process_time() - began > SLOW:
            print(f"{number}: slow", flush=True)
        if (number + 1) % 10_000 == 0:
            print(f"{number + 1 - first:,} inputs: {dict(ends)}, {len(failed)} failed", flush=True)
    print(f"{count:,} inputs: {dict(ends)}, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
