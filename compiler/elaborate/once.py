"""One mistake, one message: leaves out what only repeats another problem, and joins what is said of one name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tunec.compiler.elaborate.load import Program
from tunec.dsl.diagnostics import Diagnostic, Fix, Label, is_syntax
from tunec.dsl.source import Span

#: The codes of names that mean nothing.
_UNKNOWN = ("T101", "T103")
_NAME = r"`([^`]*)`(?:: these rows are not split)?$"
#: What looks like the declaration of a name, also where the statement around it could not be read.
_DECLARED = (
    r"(?<!\w)([^\W\d]\w*+)(?:\([^()\n]*+\))?\s*+(?:=(?!=)|:|\b(?:from|of|on)\b)|"
    r"\b(?:as|rule|vary)\s++([^\W\d]\w*+)"
)
#: Problems that say what a declaration lacks, which may be what could not be read of it.
_PART = r"unknown part of `([^`]*)`"
#: At how many other places a name is pointed out.
_PLACES = 8


def told_once(program: Program, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The problems of a spec's text, without imports whose path was not closed; and those of its meaning that are not
    said already by them."""
    unread = _Unread(program)
    text = [d for d in program.diagnostics if not unread.explains_import(d)]
    return [*text, *_joined(program, [problem for problem in found if not unread.explains(problem)])]


class _Unread:
    """What could not be read of a program: stretches, their lines, and the names that are declared there perhaps."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.spans = [d.span for d in program.diagnostics if is_syntax(d)]
        self.brackets = [d.span for d in program.diagnostics if d.code == "T002"]
        self.bare = [d.span for d in program.diagnostics if d.message.endswith("is not a statement by itself")]
        self.lines = {(span.file, self._line(span)) for span in self.spans}
        texts = {file: program.sources[file].text.split("\n") for file, _ in self.lines}
        written = [texts[file][line - 1] for file, line in self.lines if line <= len(texts[file])]
        self.begun = {found[1] for text in written if (found := re.match(r"rule\s+(\w+)", text))}
        self.imports = {file for file, line in self.lines if "".join(texts[file][line - 1 : line])[:6] == "import"}
        self.declared = {file: _declared(program.sources[file].text) for file in {span.file for span in self.spans}}

    def _line(self, span: Span) -> int:
        return self.program.sources[span.file].position(span.start)[0]

    def is_on_line(self, span: Span) -> bool:
        """Whether something of a line could not be read."""
        return bool(self.lines) and (span.file, self._line(span)) in self.lines

    def explains_import(self, problem: Diagnostic) -> bool:
        """Whether a path that was not closed cannot be imported, or an alias that was not read lets names collide."""
        if problem.code == "T107":
            return self.is_on_line(problem.span)
        files = {problem.span.file, *(label.span.file for label in problem.labels)}
        return problem.code == "T102" and len(files) > 1 and not files.isdisjoint(self.imports)

    def _inside(self, name: str, file: str) -> bool:
        """Whether something of the declaration of a name could not be read."""
        full = self.program.resolve(name, file)
        item = self.program.declared.get(full) if full is not None else None
        return item is not None and any(_holds(item.span, span) for span in self.spans)

    def _behind_a_bracket(self, where: Span) -> bool:
        if not 0 < len(self.brackets) <= _PLACES:
            return False
        items = [item for item in self.program.declared.values() if _holds(item.span, where)]
        return any(_holds(item.span, span) and span.end <= where.start for item in items for span in self.brackets)

    def _among_arguments(self, where: Span) -> bool:
        """Whether a statement stands behind a name that stands alone: it was meant for an argument or a part of it."""
        if not 0 < len(self.bare) <= _PLACES:
            return False
        items = [item for item in self.program.declared.values() if _holds(item.span, where)]
        return any(_holds(item.span, span) and span.end <= where.start for item in items for span in self.bare)

    def explains(self, problem: Diagnostic) -> bool:
        """Whether a problem is there only because something else could not be read."""
        where = problem.span
        if problem.code == "T103" and not problem.help and self._behind_a_bracket(where):
            return True  # the block that it belongs to was over too early
        if problem.code == "T207" and self._among_arguments(where):
            return True
        # What is said of a line that could not be read is about its debris.
        if self.is_on_line(where) or any(_holds(where, s) for s in self.spans):
            return True
        if problem.code not in _UNKNOWN:
            return False
        part = re.match(_PART, problem.message)
        if part is not None and self._inside(part[1], where.file):
            return True
        named = re.search(_NAME, problem.message)
        name = named[1] if named is not None else ""
        if not {*name.split(".")}.isdisjoint(self.declared.get(where.file, ())):
            return True
        if name and any(word.startswith(name) for word in self.begun):
            return True  # `rule plainx) = …`
        if where.file in self.imports and "." in name and name.split(".")[0] not in self.program.declared:
            return True  # the alias of an import
        lost = self.program.lost
        return any(not problem.help if alias is None else name.startswith(f"{alias}.") for alias in lost)


def _declared(text: str) -> set[str]:
    return {one or other for one, other in re.findall(_DECLARED, text)}


def _holds(outer: Span, inner: Span) -> bool:
    return outer.file == inner.file and outer.start <= inner.start and inner.end <= outer.end


def _joined(program: Program, found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """The problems, those about one unknown name as one, at the first place where it stands."""
    aliases = {scope for scope in program.scopes.values() if scope}
    found = [*_without_second_circles(program, _without_rests(program, found))]
    keys = [_key(problem, aliases) if problem.code in _UNKNOWN else None for problem in found]
    same: dict[tuple[str, str, str], list[Diagnostic]] = {}
    for key, problem in zip(keys, found, strict=True):
        if key is not None:
            same.setdefault(key, []).append(problem)
    for key, problem in zip(keys, found, strict=True):
        if key is None or len(same[key]) == 1:
            yield problem
        elif problem is same[key][0]:
            yield _together(sorted(same[key], key=lambda one: one.span))


def _without_rests(program: Program, found: list[Diagnostic]) -> list[Diagnostic]:
    """The problems without those of what stands right behind another on its line, where nothing can stand: of
    `keep meta meta.depot == 1` only that `meta` means nothing."""
    ends: dict[tuple[str, int], list[Diagnostic]] = {}
    for problem in found:
        ends.setdefault((problem.span.file, problem.span.end), []).append(problem)

    def is_rest(problem: Diagnostic) -> bool:
        text, start = program.sources[problem.span.file].text, problem.span.start
        at = start
        while at and text[at - 1] in " \t":
            at -= 1
        before = (ends.get((problem.span.file, at)) or []) if at < start and problem.code == "T207" else []
        if problem.code == "T101" and text[max(start - 2, 0) : start] == "..":  # `chat..validation` is no range
            before = ends.get((problem.span.file, start - 2)) or ends.get((problem.span.file, problem.span.end)) or []
        return any(other is not problem for other in before)

    return [problem for problem in found if not is_rest(problem)]


def _without_second_circles(program: Program, found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """The problems without circles that have a declaration in common with one that was told: breaking that is enough
    for now. Where a name closes a circle, what kind of thing it is says more, and is told alone."""
    seen: set[str] = set()
    kinds = {problem.span for problem in found if problem.code in ("T206", "T208", "T201", "T209")}
    told = {name for span in kinds for name in re.findall(r"[^\W\d]\w*+", _at(program, span))}
    for problem in found:
        if problem.code == "T106":
            names = {*problem.message.partition(": ")[2].split(" → ")}
            if not names.isdisjoint(seen) or any(_holds(span, problem.span) for span in kinds) or names & told:
                continue
            seen |= names
        yield problem


def _at(program: Program, span: Span) -> str:
    return program.sources[span.file].text[span.start : min(span.end, span.start + 200)]


def _key(problem: Diagnostic, aliases: set[str]) -> tuple[str, str, str]:
    """What the problems of one name share: the name itself, or the data set that a part of it is asked of."""
    named = re.search(_NAME, problem.message)
    if problem.code != "T101" or named is None:
        return problem.code, problem.message, problem.span.file
    head = named[1].split(".")[0]
    return problem.code, named[1] if f"{head}." in aliases else head, problem.span.file


def _together(found: list[Diagnostic]) -> Diagnostic:
    first = found[0]
    labels = [Label(other.span, "and here") for other in found[1 : _PLACES + 1]]
    fixes: tuple[Fix, ...] = ()
    if all(len(one.fixes) == 1 and one.fixes[0].title == first.fixes[0].title for one in found if first.fixes):
        fixes = tuple(
            replace(fix, edits=tuple(edit for one in found for edit in one.fixes[0].edits)) for fix in first.fixes
        )
    return replace(first, labels=(*first.labels, *labels), fixes=fixes)
