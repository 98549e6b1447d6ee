"""What may be written in two ways, written in the one that the formatter keeps: `from a, b` becomes `from [a, b]`, and
the empty brackets of a `rule` without parameters go."""

from __future__ import annotations

from tunec.dsl.lexer import Token
from tunec.dsl.tree import Declaration, File, ListOf


def canonical(file: File, tokens: list[Token]) -> list[Token]:
    """The tokens of a text without mistakes in their canonical form."""
    before, after, gone = _changes(file, {token.start: index for index, token in enumerate(tokens)}, tokens)
    if not before and not gone:
        return tokens
    out: list[Token] = []
    for index, token in enumerate(tokens):
        if index in before:
            out.append(Token("LBRACKET", "[", token.start, token.start, False))
        if index not in gone:
            out.append(token)
        if index in after:
            out.append(Token("RBRACKET", "]", token.end, token.end, False))
    return out


def _changes(file: File, at: dict[int, int], tokens: list[Token]) -> tuple[set[int], set[int], set[int]]:
    """The tokens before and after which a bracket is missing, and those that say nothing."""
    before, after, gone = set[int](), set[int](), set[int]()
    ends = {token.end: index for index, token in enumerate(tokens)}
    for item in file.declarations:
        if not isinstance(item, Declaration):
            continue
        for clause in (item.source, item.on, item.of, item.using):
            if isinstance(clause, ListOf) and clause.items and clause.items[0].span.start == clause.span.start:
                before.add(at[clause.span.start])
                after.add(ends[clause.span.end])
        name = at[item.name_span.start]
        if item.kind == "rule" and not item.parameters and tokens[name + 1].type == "CALL_OPEN":
            gone |= {name + 1, name + 2}
    return before, after, gone
