"""Words that are read as one: `not in`; and those that are written twice, `keep keep words(prompt) > 3`, which are
reported with a fix."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from tunec.dsl.diagnostics import Diagnostic, Edit, Fix
from tunec.dsl.lexer import Token
from tunec.dsl.source import Source, Span

#: Words of which two side by side are never right before an expression, and words that may follow a name.
_NEVER = ("keep", "drop", "and", "or")
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
    """Those of them that cannot be right."""
    return [
        index
        for index in doubles(tokens)
        if tokens[index].text in _NEVER and index + 1 < len(tokens) and _begins(tokens[index + 1])
        and (tokens[index].text in ("and", "or") or tokens[index - 1].first)
    ]  # fmt: skip


def _begins(token: Token) -> bool:
    """Whether a token begins an expression. After anything else the word before it is a name: `keep keep as x`."""
    return token.type == "NAME" and not token.first and token.text not in _AFTER


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
    return [token for index, token in enumerate(tokens) if index not in gone], found
