"""Mutants with a wrong structure: tokens and declarations lost and doubled, words of other languages, other kinds."""

from __future__ import annotations

from collections.abc import Iterator

from bench.mutants import Maker, Mutant
from bench.wrong_words import SYNONYMS
from tunec.compiler.elaborate.walk import walk
from tunec.dsl.lexer import Token
from tunec.dsl.source import Span
from tunec.dsl.tree import Block, Declaration, Import, Name, Param

_MARKS = {"==": ("===", "="), "!=": ("<>", "=/="), "..": ("...", " to "), ":": ("=",), "=": (":", ":="), "#": ("//",)}
_BRACKETS = {"LPAR": "[{", "CALL_OPEN": "[{", "RPAR": "]}", "LBRACKET": "({", "RBRACKET": ")}", "LBRACE": "([",
             "RBRACE": ")]"}  # fmt: skip


def tokens_lost_and_doubled(maker: Maker) -> Iterator[Mutant]:
    for index, token in enumerate(maker.tokens):
        span, line = maker.of(token), maker.at(token.start)
        following = maker.tokens[index + 1] if index + 1 < len(maker.tokens) else token
        previous = maker.tokens[index - 1] if index else token
        near = (line, maker.at(following.start), maker.at(previous.start))
        if token.type in _BRACKETS:
            pair = _partner(maker, index)
            places = (*near, maker.at(pair.start)) if pair is not None else near
            yield Mutant("bracket deleted", maker.put(span, ""), places, token.text)
            yield Mutant("bracket doubled", maker.put(span, token.text * 2), places, token.text)
            for wrong in _BRACKETS[token.type]:
                yield Mutant("wrong bracket", maker.put(span, wrong), places, token.text, wrong)
        elif token.type in ("COMMA", "COLON", "EQUALS", "COMPARE", "DOT", "PLUS", "TIMES"):
            harmless = token.type == "COMMA" and (
                following.type in ("RPAR", "RBRACKET", "RBRACE") or _between_entries(maker, index)
            )
            if not harmless:
                yield Mutant("mark deleted", maker.put(span, ""), near, token.text)
            doubled = token.text + (" " if token.type != "DOT" else "") + token.text
            yield Mutant("mark doubled", maker.put(span, doubled), near, token.text)
        elif token.type == "NAME" and not _free(maker, index):
            yield Mutant("word doubled", maker.put(span, f"{token.text} {token.text}"), near, token.text)
            yield Mutant("word deleted", maker.put(span, ""), near, token.text, must=False)
        elif token.type == "TEXT" and not token.text.startswith('"""'):
            yield Mutant("quote deleted", maker.put(Span(span.file, span.end - 1, span.end), ""), near, token.text)
            yield Mutant("quote deleted", maker.put(Span(span.file, span.start, span.start + 1), ""), near)
        elif token.text.isalpha() and token.type not in ("TRUE", "FALSE", "NONE", "SPEC"):
            must = token.type not in ("NOT",)
            yield Mutant("keyword deleted", maker.put(span, ""), near, token.text, must=must)
            yield Mutant("keyword doubled", maker.put(span, f"{token.text} {token.text}"), near, must=must)


def _free(maker: Maker, index: int) -> bool:
    return index > 0 and maker.tokens[index - 1].type in ("AS", "SPEC")


def _between_entries(maker: Maker, index: int) -> bool:
    depth = 0
    for token in reversed(maker.tokens[:index]):
        if token.type in ("RPAR", "RBRACKET", "RBRACE"):
            depth += 1
        elif token.type in _BRACKETS:
            if depth == 0:
                return token.type == "LBRACE" and _is_block(maker, token)
            depth -= 1
    return False


def _is_block(maker: Maker, token: Token) -> bool:
    return any(isinstance(n, Block) and n.span.start == token.start for n in walk(maker.file_tree()))


def _partner(maker: Maker, index: int) -> Token | None:
    opening = maker.tokens[index].type in ("LPAR", "CALL_OPEN", "LBRACKET", "LBRACE")
    step, depth = (1, 0) if opening else (-1, 0)
    at = index
    while 0 <= at < len(maker.tokens):
        kind = maker.tokens[at].type
        if kind in ("LPAR", "CALL_OPEN", "LBRACKET", "LBRACE"):
            depth += step
        elif kind in ("RPAR", "RBRACKET", "RBRACE"):
            depth -= step
        if depth == 0:
            return maker.tokens[at]
        at += step
    return None


def synonyms(maker: Maker) -> Iterator[Mutant]:
    for index, token in enumerate(maker.tokens):
        line = (maker.at(token.start),)
        if _free(maker, index):
            continue
        after = maker.tokens[index + 1].type if index + 1 < len(maker.tokens) else ""
        for other in SYNONYMS.get(token.text, ()):
            called = token.text in ("share", "limit", "tokens") and after != "CALL_OPEN"
            value = token.type in ("NONE", "TRUE", "FALSE")
            if called or (token.type == "NAME" and _before(maker, index) == "TEXT"):
                continue
            if value and other in ("no", "yes") and token.type == "NONE":
                continue
            yield Mutant("synonym", maker.put(maker.of(token), other), line, token.text, other, suggests=True)
        for other in _MARKS.get(token.text, ()):
            yield Mutant("mark from elsewhere", maker.put(maker.of(token), other), line, token.text, other)
    for number, text in enumerate(maker.source.text.split("\n")[:40]):
        if text.startswith("##"):
            lines = maker.source.text.split("\n")
            lines[number] = "//" + text[2:]
            yield Mutant("mark from elsewhere", "\n".join(lines), (number + 1,), "#", "//")


def _before(maker: Maker, index: int) -> str:
    return maker.tokens[index - 1].type if index else ""


def declarations_lost_and_doubled(maker: Maker) -> Iterator[Mutant]:
    for item in maker.file.declarations:
        if isinstance(item, Declaration | Param | Import):
            text = maker.source.text[item.span.start : item.span.end]
            uses = maker.uses(item.name) if isinstance(item, Declaration | Param) else ()
            if uses:
                yield Mutant("declaration deleted", maker.put(item.span, ""), maker.lines(*uses), item.name)  # type: ignore[union-attr]
            if isinstance(item, Declaration | Param):
                again = maker.put(Span(item.span.file, item.span.end, item.span.end), "\n" + text)
                height = text.count("\n") + 1
                first = maker.at(item.span.start)
                yield Mutant("declaration doubled", again, tuple(range(first, first + 2 * height)), item.name)
    for call, kind in maker.calls():
        if kind in ("generation", "adapters", "objectives", "methods"):
            text = maker.source.text[call.span.start : call.span.end]
            again = maker.put(Span(call.span.file, call.span.end, call.span.end), "\n" + text)
            first = maker.at(call.span.start)
            yield Mutant("stage doubled", again, (first, first + 1))
        for argument in call.arguments:
            if argument.name is not None:
                text = maker.source.text[argument.span.start : argument.span.end]
                again = maker.put(Span(call.span.file, argument.span.end, argument.span.end), ", " + text)
                yield Mutant("argument doubled", again, maker.lines(argument.span, call.name_span))
        if call.name in ("share", "count") and call.arguments and call.arguments[0].name is None:
            for put in ("of: ", "x = ", "origin = "):
                at = Span(call.span.file, call.arguments[0].span.start, call.arguments[0].span.start)
                yield Mutant("name in share or count", maker.put(at, put), maker.lines(call.span))


def wrong_kinds(maker: Maker) -> Iterator[Mutant]:
    """References to a declaration of another kind."""
    kinds = {name: _kind(item) for name, item in maker.declared.items()}
    for node in walk(maker.file_tree()):
        if isinstance(node, Name) and len(node.parts) == 1 and node.text in kinds:
            own = kinds[node.text]
            others = [n for n, k in kinds.items() if k != own and n != node.text]
            for other in maker.random.sample(others, min(3, len(others))):
                yield Mutant("reference of another kind", maker.put(node.span, other), maker.lines(node.span))


def _kind(item: Declaration | Param) -> str:
    if isinstance(item, Param):
        return "value"
    kind = item.kind
    groups = {"source": "rows", "seeds": "rows", "benchmark": "rows", "dataset": "rows", "generate": "rows",
              "const": "value", "train": "model"}  # fmt: skip
    return groups.get(kind, kind)


STRUCTURE = (tokens_lost_and_doubled, synonyms, declarations_lost_and_doubled, wrong_kinds)
