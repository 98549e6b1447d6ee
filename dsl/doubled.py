"""Words that are read as one: `not in`; and those that are written twice, `keep keep words(prompt) > 3`, which are
reported with a fix."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from tunec.dsl.diagnostics import Diagnostic, Edit, Fix
from tunec.dsl.lexer import Token
from tunec.dsl.source import Source, Span
from tunec.dsl.tables import WORDS

#: Words of which two side by side are never right before an expression, and words that may follow a name.
_NEVER = ("keep", "drop")
_BETWEEN = ("and", "or", "in", "then", "else")
_AFTER = ("as", "in", "and", "or", "not", "if", "then", "else")


def with_not_in(tokens: list[Token]) -> list[Token]:
    """The tokens with `not` and `in` as one where they stand side by side, as in `x not in [a, b]`."""
    out: list[Token] = []
    for token in tokens:
        before = out[-1] if out else None
        if before is not None and token.type == before.type == "NAME" and (before.text, token.text) == ("not", "in"):
            out[-1] = Token("NAME", "not in", before.start, token.end, before.first)
        else:
            out.append(token)
    return out


def doubles(tokens: list[Token]) -> list[int]:
    """The indices of words that repeat the word before them on their line. Many are right: `source source = …`."""
    pairs = pairwise(tokens)
    return [
        index
        for index, (one, two) in enumerate(pairs, 1)
        if one.type == two.type == "NAME" and one.text == two.text and not two.first and two.text != "not"
    ]


def surely(tokens: list[Token]) -> list[int]:
    """Those of them that cannot be right: `keep keep words(prompt) > 3`, `words words(prompt)`, `in in [1, 2]`."""
    return [
        index
        for index in doubles(tokens)
        if index + 1 < len(tokens) and (_called(tokens, index) or _twice(tokens, index))
    ]


def _called(tokens: list[Token], index: int) -> bool:
    """Whether the second of two words is called; a keyword may come before its own name: `rule rule(x) = …`."""
    opening = tokens[index + 1]
    return opening.type == "LPAR" and opening.start == tokens[index].end and tokens[index].text not in WORDS


def _twice(tokens: list[Token], index: int) -> bool:
    word, before = tokens[index].text, tokens[index - 1]
    if word in _BETWEEN:
        return not before.first and _begins(tokens[index + 1], ("NAME", "NUMBER", "TEXT", "LPAR", "LBRACKET"))
    starts = before.first or (index > 1 and tokens[index - 2].type == "LBRACE")
    return word in _NEVER and starts and _begins(tokens[index + 1], ("NAME",))


def _begins(token: Token, types: Collection[str]) -> bool:
    """Whether a token begins an expression. After anything else the word before it is a name: `keep keep as x`."""
    return token.type in types and not token.first and token.text not in _AFTER


def without(source: Source, tokens: list[Token], indices: Collection[int]) -> tuple[list[Token], list[Diagnostic]]:
    """The tokens without some that repeat the one before, and what is said of those."""
    if not indices:
        return tokens, []
    found = []
    for index in indices:
        before, token = tokens[index - 1], tokens[index]
        fix = Fix(f"remove the second `{token.text}`", (Edit(Span(source.name, before.end, token.end), ""),))
        span = Span(source.name, token.start, token.end)
        found.append(Diagnostic("T001", f"`{token.text}` is written twice", span, fixes=(fix,)))
    gone = frozenset(indices)
    left: list[Token] = []
    for index, token in enumerate(tokens):
        if index not in gone:
            left.append(token)
        else:  # the first reaches to where the second ended, so that what touches that touches it
            left[-1] = left[-1]._replace(end=token.end)
    return left, found
