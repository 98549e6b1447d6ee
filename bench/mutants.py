"""Specs with one thing wrong: each mutant knows what was done, the lines where a report may stand, and the right word.

Whether a mutant must be caught is decided by how it is made, never by what the compiler says of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tunec.compiler.catalogue import Parameter
from tunec.compiler.elaborate.walk import walk
from tunec.compiler.types import FIELDS
from tunec.dsl.lexer import Token
from tunec.dsl.parser import parse_tokens
from tunec.dsl.source import Source, Span
from tunec.dsl.tree import (
    Argument,
    Block,
    Call,
    Declaration,
    Import,
    Literal,
    Name,
    Param,
    Record,
    Spec,
)
from tunec.runtime.catalogue import load_catalogue

_NEIGHBOURS = dict(zip("abcdefghijklmnopqrstuvwxyz", "svxfrdghokjlkmbipewtryicxuzs", strict=False))
_PATHS = ("path", "data")
_FIELDS = frozenset(name for fields in FIELDS.values() for name in fields) | {"id", "origin", "split"}


@dataclass(frozen=True)
class Mutant:
    """A text with one thing wrong. `word` is what stood there, `wrong` what stands there now."""

    kind: str
    text: str
    lines: tuple[int, ...]
    word: str = ""
    wrong: str = ""
    suggests: bool = False  # a misspelling, for which the right word ought to be suggested
    must: bool = True


@dataclass
class Spelled:
    """A word of a spec: what it is, and where."""

    role: str
    span: Span
    text: str
    near: tuple[Span, ...] = field(default=())  # other places where a report may stand


class Maker:
    """Makes the mutants of one spec."""

    def __init__(self, path: Path, seed: int) -> None:
        self.source = Source(str(path), path.read_text(encoding="utf-8"))
        self.file, self.tokens, problems = parse_tokens(self.source)
        assert not problems, problems
        self.random = random.Random(f"{path.name} {seed}")
        self.catalogue = load_catalogue()
        self.declared = {d.name: d for d in self.file.declarations if isinstance(d, Declaration | Param)}
        self.aliases = {d.alias for d in self.file.declarations if isinstance(d, Import) and d.alias}
        imported = [d.path for d in self.file.declarations if isinstance(d, Import)]
        inner = [parse_tokens(Source(p, (path.parent / p).read_text("utf-8")))[0] for p in imported]
        self.imported = {d.name for f in inner for d in f.declarations if isinstance(d, Declaration | Param)}

    # --- helpers

    def put(self, span: Span, text: str) -> str:
        return self.source.text[: span.start] + text + self.source.text[span.end :]

    def lines(self, *spans: Span) -> tuple[int, ...]:
        return tuple(
            dict.fromkeys(line for s in spans for line in range(self.at(s.start), self.at(max(s.end - 1, s.start)) + 1))
        )

    def at(self, offset: int) -> int:
        return self.source.position(offset)[0]

    def of(self, token: Token) -> Span:
        return Span(self.source.name, token.start, token.end)

    def uses(self, name: str) -> tuple[Span, ...]:
        return tuple(
            node.span if isinstance(node, Name) else node.name_span
            for node in walk(self.file_tree())
            if (isinstance(node, Name) and node.parts[0] == name) or (isinstance(node, Call) and node.name == name)
        )

    def file_tree(self) -> Block:
        return Block(self.file.declarations, Span(self.source.name, 0, 0))  # type: ignore[arg-type]

    def calls(self) -> Iterator[tuple[Call, str]]:
        """Every call with the kind of operator that it is, "" where it is none."""
        for item in self.file.declarations:
            if isinstance(item, Declaration):
                yield from self._calls(item.value, _VALUE.get(item.kind, "functions"))
                yield from self._calls(item.block, _BLOCK.get(item.kind, "stages"))

    def _calls(self, node: object, kind: str) -> Iterator[tuple[Call, str]]:
        for part in _direct(node):
            if isinstance(part, Call):
                own = next((k for k in _kinds(kind) if self.catalogue.find(k, part.name)), "functions")
                yield part, own
                operator = self.catalogue.find(own, part.name)
                for index, argument in enumerate(part.arguments):
                    parameter = self.parameter(own, part, argument, index)
                    wants = parameter.type if parameter else None
                    inner = wants.words[0] if wants is not None and wants.name == "operator" else "functions"
                    yield from self._calls(argument.value, inner)
                block = {"filter": "functions", "balance": "functions"}.get(part.name, part.name)
                yield from self._calls(part.block, block if operator is not None else "functions")
            elif part is not node:
                yield from self._calls(part, kind)

    def parameter(self, kind: str, call: Call, argument: Argument, index: int) -> Parameter | None:
        operator = self.catalogue.find(kind, call.name)
        if operator is None:
            return None
        if argument.name is not None:
            return operator.parameter(argument.name)
        positional = [p for p in operator.parameters if not p.keyword_only]
        return positional[index] if index < len(positional) else None

    def arguments(self) -> Iterator[tuple[Call, str, Argument, Parameter]]:
        for call, kind in self.calls():
            for index, argument in enumerate(call.arguments):
                parameter = self.parameter(kind, call, argument, index)
                if parameter is not None:
                    yield call, kind, argument, parameter

    # --- words

    def spelled(self) -> Iterator[Spelled]:
        """Every word that a person may misspell."""
        seen: set[int] = set()
        for word in self._words():
            if word.span.start not in seen and word.text:
                seen.add(word.span.start)
                yield word

    def _words(self) -> Iterator[Spelled]:
        for item in self.file.declarations:
            if isinstance(item, Declaration | Param) and self.uses(item.name):
                yield Spelled("declared name", item.name_span, item.name, self.uses(item.name))
            if isinstance(item, Import):
                where = item.span.start + self.source.text[item.span.start : item.span.end].index('"') + 1
                yield Spelled("path", Span(self.source.name, where, where + len(item.path)), item.path)
        for index, token in enumerate(self.tokens):
            before = self.tokens[index - 1].type if index else ""
            if token.type != "NAME" and token.text.isalpha() and token.type not in ("TEXT", "SPEC"):
                yield Spelled("keyword", self.of(token), token.text)
            elif token.type == "NAME" and before == "COLON" and index > 2 and self._row_type(index):
                yield Spelled("row type or param type", self.of(token), token.text)
        for call, kind in self.calls():
            rule = call.name.split(".")[-1] in {*self.declared, *self.imported}
            builtin = call.name in ("share", "count", "between")
            role = "rule" if rule else "built-in function" if builtin else f"operator: {kind}"
            yield Spelled(role, _last(call.name_span, call.name), call.name.split(".")[-1])
        for node in walk(self.file_tree()):
            yield from self._named(node)
        for call, kind, argument, parameter in self.arguments():
            yield from self._literal(call, kind, argument, parameter)

    def _row_type(self, index: int) -> bool:
        start = self.tokens[index - 3].type if index >= 3 else ""
        return start in ("PARAM", "DATASET", "GENERATE")

    def _named(self, node: object) -> Iterator[Spelled]:
        if isinstance(node, Call | Record | Block | Spec):
            parts = {Call: "arguments", Record: "fields", Block: "statements", Spec: "arguments"}[type(node)]
            what = {Call: "argument's name", Record: "record entry", Block: "share's name", Spec: "argument's name"}
            for entry in getattr(node, parts):
                if isinstance(entry, Argument) and entry.name and entry.name_span is not None:
                    role = what[type(node)]
                    if isinstance(node, Record) and entry.name == "topic":
                        continue  # any other column is as good
                    if role == "argument's name" and entry.name.startswith("meta."):
                        continue  # a new column
                    if role == "share's name" and entry.name not in self.declared:
                        uses = [n.span for n in walk(self.file_tree()) if isinstance(n, Name) and entry.name in n.parts]
                        if not uses:
                            continue
                        yield Spelled(role, entry.name_span, entry.name, tuple(uses))
                        continue
                    yield Spelled(role, entry.name_span, entry.name)
        elif isinstance(node, Name):
            head, last = node.parts[0], node.parts[-1]
            span = _last(node.span, node.text)
            if head == "meta":
                yield Spelled("column", span, last)
            elif head in self.declared or head in self.imported or head in self.aliases:
                first = Span(node.span.file, node.span.start, node.span.start + len(head))
                role = "alias" if head in self.aliases else "reference"
                yield Spelled(role, first, head)
                if len(node.parts) > 1:
                    role = "reference" if head in self.aliases else "part"
                    yield Spelled(role, span, last)
            elif head in _FIELDS and not self._is_word(node):
                yield Spelled("field", node.span, head)
            elif not self._is_let(head):
                yield Spelled("word of a list", node.span, head)

    def _is_let(self, name: str) -> bool:
        return f"let {name} =" in self.source.text

    def _is_word(self, node: Name) -> bool:
        return any(a.value is node and p.type.name in ("enum", "operator") for _, _, a, p in self.arguments())

    def _literal(self, call: Call, kind: str, argument: Argument, parameter: Parameter) -> Iterator[Spelled]:
        value = argument.value
        inside = None
        if isinstance(value, Literal) and value.kind == "text":
            inside = Span(value.span.file, value.span.start + 1, value.span.end - 1)
        if inside is not None and parameter.type.name == "path":
            yield Spelled("path", inside, str(value.value))  # type: ignore[union-attr]
        elif inside is not None and call.name == "bundled":
            yield Spelled("bundled id", inside, str(value.value))  # type: ignore[union-attr]
        elif isinstance(value, Record) and parameter.name == "format":
            for entry in value.fields:
                if isinstance(entry.value, Literal) and entry.value.kind == "text" and entry.name != "strip_prefix":
                    where = Span(value.span.file, entry.value.span.start + 1, entry.value.span.end - 1)
                    yield Spelled("column in a format", where, str(entry.value.value))

    def misspelt(self) -> Iterator[Mutant]:
        taken = {w.text for w in self.spelled()} | {o for _, o in self.catalogue.operators}
        for word in self.spelled():
            for wrong in self.misspellings(word.text):
                if wrong not in taken:
                    lines = self.lines(word.span, *word.near)
                    suggests = len(word.text) >= 3
                    yield Mutant(f"misspelt {word.role}", self.put(word.span, wrong), lines, word.text, wrong, suggests)

    def misspellings(self, word: str) -> list[str]:
        """Some of the ways in which a finger slips."""
        at = self.random.randrange(len(word))
        letters = [i for i, c in enumerate(word) if c.isalpha()] or [0]
        one = self.random.choice(letters)
        swap = self.random.choice(letters[:-1] or letters)
        made = [
            word[:one] + word[one] + word[one:],
            word[:one] + _NEIGHBOURS.get(word[one].lower(), "q") + word[one + 1 :],
            word[:swap] + word[swap + 1 : swap + 2] + word[swap] + word[swap + 2 :],
            word[:at] + self.random.choice("aeinorst") + word[at:],
        ]
        if len(word) > 3:
            made.append(word[:one] + word[one + 1 :])
        if word[0].isalpha() and word[0].lower() == word[0] and word[0].upper() != word[0]:
            made.append(word[0].upper() + word[1:])
        return [m for m in dict.fromkeys(made) if m != word and m and (not word.isidentifier() or m.isidentifier())]


_VALUE = {
    "source": "connectors", "seeds": "connectors", "benchmark": "connectors", "model": "models",
    "embedder": "embedders",
}  # fmt: skip
_BLOCK = {"dataset": "stages", "generate": "methods", "train": "objectives", "evaluate": "evaluate"}


def _kinds(kind: str) -> tuple[str, ...]:
    return {"methods": ("methods", "generation", "stages"), "objectives": ("adapters", "objectives")}.get(kind, (kind,))


def _direct(node: object) -> Iterator[object]:
    """A node and what stands in it, calls not entered."""
    if node is None:
        return
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, Call):
            waiting += reversed(_children(part))


def _children(node: object) -> list[object]:
    out: list[object] = []
    for name in ("arguments", "fields", "items", "statements", "condition", "value", "left", "right", "operand", "then",
                 "otherwise"):  # fmt: skip
        value = getattr(node, name, None)
        if isinstance(value, tuple):
            out += value
        elif value is not None and not isinstance(value, str | int | float | bool):
            out.append(value)
    return out


def _last(span: Span, text: str) -> Span:
    """The place of the last part of a dotted name."""
    return Span(span.file, span.end - len(text.split(".")[-1]), span.end)
