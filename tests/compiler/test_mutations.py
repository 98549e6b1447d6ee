"""Every example spec with one word wrong at a time: what changes its meaning is reported, at the right line.

A mutant misspells or deletes one name, keyword, argument's name or word, or deletes one whole argument or statement.
Those that still say what the spec said (a default written out), or that say something else which is just as good a spec
(an optional argument left out, a rule less), are counted apart: nobody could tell them from an intention.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tunec.compiler.elaborate.walk import walk
from tunec.compiler.graph import canonical, to_json
from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import Compiled
from tunec.dsl.lexer import Token
from tunec.dsl.parser import parse_tokens
from tunec.dsl.render.text import render
from tunec.dsl.source import Source
from tunec.dsl.tree import Argument, Call, File, Record, Spec
from tunec.runtime.catalogue import load_catalogue

pytestmark = pytest.mark.usefixtures("unbound")
ROOT = Path(__file__).parents[2]
SPECS = ("specs/chat.tune", "tests/specs/tiny.tune")
#: Of the mutants of a kind, each so many is tried.
STRIDE = 3
#: A mistake may show one line late: what is missing at the end of a line is missed at the start of the next.
NEAR = 1
#: What may leave a spec that is as good as it was and says something else: nobody can tell it from an intention.
AS_GOOD = ("delete whole argument", "delete number")


@dataclass(frozen=True)
class Mutant:
    """A text with one thing wrong: what was done, the word it was done to, and the lines where that may show."""

    what: str
    text: str
    word: str
    lines: tuple[int, ...]
    free: bool = False  # a name that only this place knows: another is as good


def mutants(source: Source) -> Iterator[Mutant]:
    """All of a spec, in the order of the text."""
    file, tokens, _ = parse_tokens(source)
    spec = next((d for d in file.declarations if isinstance(d, Spec)), None)
    labels = {tokens[i + 1].start for i, t in enumerate(tokens[:-1]) if t.type == "AS"}
    for token in tokens:
        line = source.position(token.start)[0]
        free = token.start in labels or (spec is not None and token.start == spec.name_span.start)
        if token.text.isidentifier():
            for what, wrong in _wrong(token):
                text = source.text[: token.start] + wrong + source.text[token.end :]
                yield Mutant(what, text, token.text, (line,), free and bool(wrong))
        elif token.type in ("NUMBER", "EQUALS", "COLON", "COMMA", "COMPARE"):
            text = source.text[: token.start] + source.text[token.end :]
            yield Mutant(f"delete {token.type.lower()}", text, token.text, (line,))
    for head, argument in _arguments(file):
        start, end = argument.span.start, argument.span.end
        after = source.text[end:].removeprefix(",").lstrip(" ")
        lines = (source.position(start)[0], source.position(head)[0])
        yield Mutant("delete whole argument", source.text[:start] + after, argument.name or "", lines)


def _wrong(token: Token) -> Iterator[tuple[str, str]]:
    word, kind = token.text, "name" if token.type == "NAME" else "keyword"
    yield f"delete {kind}", ""
    swapped = word[1] + word[0] + word[2:] if len(word) > 1 else "q"
    for wrong in dict.fromkeys((word + "x", word[:-1] if len(word) > 3 else word + "q", swapped)):
        if wrong != word and wrong.isidentifier():
            yield f"misspell {kind}", wrong


def _arguments(file: File) -> Iterator[tuple[int, Argument]]:
    """Every argument of a call and entry of a record, with the place of what it belongs to."""
    for top in file.declarations:
        for node in walk(top):
            if isinstance(node, Call | Record):
                for argument in node.arguments if isinstance(node, Call) else node.fields:
                    yield node.span.start, argument


def verdict(mutant: Mutant, before: Compiled, after: Compiled) -> str:
    """`reported`, `elsewhere` (reported at another line), or silent: `same` meaning, or an`other` one."""
    if not after.diagnostics:
        return "same" if _said(after) == _said(before) else "other"
    source = next(iter(after.sources.values()))
    for diagnostic in after.diagnostics:
        first, last = (source.position(p)[0] for p in (diagnostic.span.start, diagnostic.span.end))
        places = [first, last, *(source.position(label.span.start)[0] for label in diagnostic.labels)]
        # A declaration under a wrong name is missed where it is used: the report names it there.
        named = mutant.word and f"`{mutant.word}`" in f"{diagnostic.message} {diagnostic.help}"
        if named or any(abs(place - line) <= NEAR for place in places for line in mutant.lines):
            return "reported"
    return "elsewhere"


def _said(compiled: Compiled) -> str:
    assert compiled.graph is not None
    document = to_json(compiled.graph)
    return canonical({"spec": document["spec"], "nodes": document["nodes"], "targets": document["targets"]})


@pytest.mark.parametrize("spec", SPECS)
def test_a_wrong_word_is_reported_where_it_is(spec: str) -> None:
    path = ROOT / spec
    source = Source(str(path), path.read_text(encoding="utf-8"))
    before = check_spec(path, load_catalogue())
    counts: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    seen: Counter[str] = Counter()
    for mutant in mutants(source):
        seen[mutant.what] += 1
        if seen[mutant.what] % STRIDE != 1:
            continue
        after = check_spec(path, load_catalogue(), text=mutant.text)
        render(after.diagnostics, after.sources)
        said = verdict(mutant, before, after)
        if said == "other" and (mutant.free or mutant.what in AS_GOOD):
            said = "as good"
        counts[mutant.what, said] += 1
        if said in ("elsewhere", "other"):
            line = mutant.lines[0]
            missed.append(f"{said}: {mutant.what} `{mutant.word}`: {mutant.text.splitlines()[line - 1].strip()}")
    reported = sum(n for (_, said), n in counts.items() if said == "reported")
    rate = reported / (reported + len(missed))
    print(f"\n{spec}: {sum(counts.values())} mutants, {reported} reported, {len(missed)} missed: {rate:.1%}")
    for (what, said), count in sorted(counts.items()):
        print(f"  {what:<24} {said:<10} {count:>5}")
    print("\n".join(missed))
    assert rate >= 0.95
