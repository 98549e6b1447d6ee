"""Words by place: which terminals a token may be, and how terminals are called in messages."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tunec.dsl.brackets import INFIX, starts_declaration
from tunec.dsl.lexer import Token
from tunec.dsl.tables import DECLARATIONS, END, SPELLING, WORDS

STATEMENT_WORDS = ("keep", "drop", "let", "check")
_VALUE = frozenset(
    (
        "NUMBER",
        "REGEX",
        "TEXT",
        "TRUE",
        "FALSE",
        "NONE",
        "NAME",
        "LPAR",
        "LBRACKET",
        "LBRACE",
        "IF",
        "NOT",
        "MINUS",
        "DOTS",
        "DOTS_TO",
    )
)
_OPERATORS = frozenset(
    ("PLUS", "MINUS", "TIMES", "COMPARE", "IN", "AND", "OR", "DOT", "DOTS", "DOTS_TO", "CALL_OPEN", "AS")
)
_CALLED = {
    "NAME": "a name",
    "TEXT": "a string",
    "NUMBER": "a number",
    "COMPARE": "a comparison",
    END: "the end of the file",
}


def terminals_of(tokens: list[Token], index: int) -> tuple[str, ...]:
    """What a token may be read as, the likeliest first; which of them it is depends on what fits."""
    token = tokens[index]
    if token.text == "not in":
        return ("IN",)
    if token.type == "NAME":
        keyword = WORDS.get(token.text)
        if keyword is None:
            return ("NAME",)
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following is not None and following.type in ("COLON", "DOT"):
            return ("NAME", keyword)
        if starts_statement(tokens, index) or starts_declaration(tokens, index):
            return (keyword,)
        return (keyword, "NAME")
    if token.type == "DOTS" and index + 1 < len(tokens):
        following = tokens[index + 1]
        touching = following.type == "NAME" and following.start == token.end and following.text not in INFIX
        return ("DOTS_TO", "DOTS") if touching else ("DOTS",)
    if token.type == "LPAR" and index and tokens[index - 1].type == "NAME" and tokens[index - 1].end == token.start:
        return ("CALL_OPEN", "LPAR")
    return (token.type,)


def starts_statement(tokens: list[Token], index: int) -> bool:
    """Whether a `keep`, `drop`, `let` or `check` stands here by its looks alone: first on a line, a word after it."""
    token = tokens[index]
    if not token.first or token.text not in STATEMENT_WORDS or index + 1 == len(tokens):
        return False
    following = tokens[index + 1]
    return following.type == "NAME" and following.text not in INFIX


def described(terminals: AbstractSet[str]) -> str:
    """What could have stood here, in words: at most four things."""
    left = set(terminals)
    out: list[str] = []
    if left >= {"NUMBER", "LBRACKET", "TEXT"}:
        left -= _VALUE
        out.append("a value")
    elif "KEEP" in left:
        left -= {"KEEP", "DROP", "LET", "CHECK", "NOT", "NAME", "TEXT", "COMMA"}
        out.append("a statement")
    if left >= DECLARATIONS:
        left -= DECLARATIONS | {END}
        out.append("a declaration")
    if left - _OPERATORS or out:
        left -= _OPERATORS
    named = sorted(left, key=lambda terminal: (terminal not in _CALLED, terminal in WORDS.values(), terminal))
    out += [_CALLED.get(terminal) or f"`{SPELLING.get(terminal, '(')}`" for terminal in named]
    if len(out) > 4:
        return ", ".join(out[:3]) + ", or similar"
    return out[0] if len(out) == 1 else ", ".join(out[:-1]) + ", or " + out[-1] if len(out) > 2 else " or ".join(out)
