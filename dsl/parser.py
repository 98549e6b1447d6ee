"""Reads `.tune` text: a tree of all that could be read, and a diagnostic for each part that could not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from typing import cast

from tunec.dsl.brackets import pair
from tunec.dsl.build import Build
from tunec.dsl.debris import FEW, with_fixes_that_help, without_debris
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.doubled import doubles, surely, with_not_in, without
from tunec.dsl.kept import Reading, read_in_parts
from tunec.dsl.lexer import Lexed, Token, lex
from tunec.dsl.machine import Machine
from tunec.dsl.recovery import Recovery
from tunec.dsl.source import Source, Span
from tunec.dsl.tables import END
from tunec.dsl.tree import Expression, File
from tunec.dsl.words import terminals_of


def parse(source: Source) -> tuple[File, list[Diagnostic]]:
    """The tree of a text, and what is wrong with it, in the order of the text. Never raises."""
    file, _, diagnostics = parse_tokens(source)
    return file, diagnostics


def parse_tokens(source: Source) -> tuple[File, list[Token], list[Diagnostic]]:
    """As `parse`, with the tokens, typed as the parser took them."""
    file, tokens, found = _parsed(source)
    return file, list(tokens), list(found)


@lru_cache(maxsize=8)  # a text is read more than once: the formatter checks it first, an editor asks after every key
def _parsed(source: Source) -> Reading:
    return read_in_parts(source, _read)


def _read(source: Source) -> Reading:
    lexed = lex(source)
    docs = _docs(source, lexed)
    file, tokens, found = _run(source, lexed, Build(source, docs), "file")
    if found and len(found) <= FEW and (repeated := doubles(lexed.tokens)):
        other = _run(source, lexed, Build(source, docs), "file", leave=repeated)
        if len(other[2]) <= len(found):
            file, tokens, found = other
    found = with_fixes_that_help(source, found, _alone)
    assert isinstance(file, File)
    whole = Span(source.name, 0, len(source.text))
    return File(file.declarations, whole, tuple(lexed.comments)), tuple(tokens), tuple(found)


def parse_value(source: Source) -> Expression | None:
    """One expression, as `--set name=value` gives it; None where the text is none."""
    lexed = lex(source)
    value, _, found = _run(source, lexed, Build(source), "expression")
    return None if found else cast(Expression, value)


def _alone(source: Source) -> list[Diagnostic]:
    """What is wrong with a text, for trying fixes."""
    return _run(source, lex(source), Build(source), "file")[2]


def _run(
    source: Source, lexed: Lexed, build: Build, start: str, leave: Collection[int] = ()
) -> tuple[object, list[Token], list[Diagnostic]]:
    """Read a text, without the tokens to `leave`, which only repeat others."""
    words, doubled = without(source, lexed.tokens, leave or surely(lexed.tokens))
    paired = pair(source, replace(lexed, tokens=with_not_in(words)))
    tokens = paired.tokens
    machine = Machine(build, start)
    recovery = Recovery(source, lexed, paired, machine)
    typed: list[Token] = []
    index = 0
    while index < len(tokens) or not machine.fits(END):
        token = tokens[index] if index < len(tokens) else None
        meant = terminals_of(tokens, index) if token is not None else ()
        terminal = next((one for one in meant if machine.fits(one)), None)
        if token is not None and terminal is not None:
            meant_word = recovery.meant_word(index) if terminal == "NAME" else None
            if meant_word is not None:
                terminal = meant_word
            token = token.as_(terminal)
            machine.shift(terminal, token)
            typed.append(token)
            index += 1
        elif start == "file":
            index = recovery.recover(index)
        else:
            return None, typed, [*lexed.diagnostics, Diagnostic("T001", "this is not a value", build.span(0, 0))]
    value = machine.finish()
    found = [*lexed.diagnostics, *paired.diagnostics, *build.diagnostics, *recovery.diagnostics]
    found += [*doubled, *recovery.bare_names([*found, *doubled])]
    found.sort(key=lambda diagnostic: (diagnostic.span.start, diagnostic.span.end))
    found = without_debris(source, found, paired.diagnostics)
    return value, typed, found


def _docs(source: Source, lexed: Lexed) -> dict[int, str]:
    """The doc comments by the offset of the token below them."""
    docs: dict[int, list[str]] = {}
    starts = [token.start for token in lexed.tokens]
    index = 0
    for comment in lexed.comments:
        while index < len(starts) and starts[index] < comment.span.start:
            index += 1
        if comment.own_line and comment.text.startswith("##") and index < len(starts):
            docs.setdefault(starts[index], []).append(comment.text[2:].strip())
    return {start: "\n".join(lines) for start, lines in docs.items()}
