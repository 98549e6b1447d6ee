"""Pairs the brackets before anything else is read, so that one forgotten bracket cannot spoil the rest of a file."""

from __future__ import annotations

from bisect import bisect_left

from tunec.dsl.diagnostics import Diagnostic, Edit, Fix, Label
from tunec.dsl.lexer import Lexed, Token
from tunec.dsl.record import record
from tunec.dsl.source import Source, Span
from tunec.dsl.tables import DECLARATIONS, WORDS

CLOSER = {"LBRACE": "RBRACE", "LBRACKET": "RBRACKET", "LPAR": "RPAR"}
MARK = {"RBRACE": "}", "RBRACKET": "]", "RPAR": ")"}
_FEW = 8
"""So many wrong brackets are looked into more closely."""

INFIX = frozenset(("and", "or", "in", "then", "else", "as"))
"""The words that stand between two expressions, or after one."""


@record
class Paired:
    """Tokens in which every bracket has its partner: brackets that were missing stand in with an empty text, those
    that close nothing are gone. `unclosed` holds the stretches whose brackets had to be guessed."""

    tokens: list[Token]
    diagnostics: list[Diagnostic]
    unclosed: list[tuple[int, int]]


def starts_declaration(tokens: list[Token], index: int) -> bool:
    """Whether a declaration starts here, by its looks alone: such a line means nothing else anywhere in a file."""
    token = tokens[index]
    if not token.first or token.type != "NAME" or index + 2 >= len(tokens):
        return False
    second, third = tokens[index + 1], tokens[index + 2]
    if token.text == "import":
        return second.type == "TEXT"
    if second.type != "NAME" or second.text in INFIX:
        return False
    if token.text == "spec":
        return third.type == "LPAR"
    if token.text == "vary":
        return third.text == "in"
    return WORDS.get(token.text) in DECLARATIONS and (third.type in ("EQUALS", "COLON") or third.text in ("from", "of"))


def pair(source: Source, lexed: Lexed) -> Paired:
    """Give every bracket its partner. A declaration never stands inside another, so each is paired by itself."""
    out = Paired([], [], [])
    tokens = lexed.tokens
    cuts = [i for i in range(len(tokens)) if starts_declaration(tokens, i)]
    start = 0
    for cut in (*cuts, len(tokens)):
        begin, start = start, cut
        part = tokens[begin:cut]
        best = _pair(source, lexed.doubts, part, by_indent=False)
        if best.diagnostics or best.unclosed:
            other = _pair(source, lexed.doubts, part, by_indent=True)
            if len(other.diagnostics) <= len(best.diagnostics):
                best = other
        out.tokens.extend(best.tokens)
        out.diagnostics.extend(best.diagnostics)
        out.unclosed.extend(best.unclosed)
    return out


def _pair(source: Source, doubts: list[int], tokens: list[Token], *, by_indent: bool) -> Paired:
    """Pair the brackets of one declaration. With `by_indent`, a line that starts no further in than the line of an open
    bracket ends that bracket: the way to find, in a part known to be wrong, where the bracket is missing."""
    out = Paired([], [], [])
    open_: list[tuple[Token, int]] = []
    waiting = dict.fromkeys(MARK, 0)
    indent = 0

    def close_top(at: int, *, told: bool = False) -> None:
        opener, _ = open_.pop()
        closer = CLOSER[opener.type]
        waiting[closer] -= 1
        out.tokens.append(Token(closer, "", at, at, False))
        doubtful = bisect_left(doubts, opener.start) < bisect_left(doubts, at)
        out.unclosed.append((opener.start, at))
        if not doubtful and not told:
            span = Span(source.name, opener.start, opener.end)
            out.diagnostics.append(Diagnostic("T002", f"`{opener.text}` is never closed", span, "opened here"))

    for index, token in enumerate(tokens):
        end = out.tokens[-1].end if out.tokens else token.start
        if token.first:
            indent = source.position(token.start)[1] - 1
        if token.type in CLOSER:
            open_.append((token, indent))
            waiting[CLOSER[token.type]] += 1
        elif token.type in MARK:
            if by_indent and token.first:
                while open_ and waiting[token.type] and open_[-1][1] > indent and len(open_) > 1:
                    close_top(end)
            if not waiting[token.type]:
                inner = open_[-1][0] if open_ else None
                if inner is not None and len(out.diagnostics) < _FEW and _is_closed(tokens, index, inner):
                    inner = None  # it has its own partner further on, so this one is too many
                _stray(source, token, inner, out)
                if inner is not None and token.type != "RBRACE" and inner.type != "LBRACE":
                    waiting[CLOSER[open_[-1][0].type]] -= 1
                    out.tokens.append(Token(CLOSER[open_.pop()[0].type], "", token.start, token.end, token.first))
                continue
            told = False  # one wrong bracket closes all that is open inside of its partner
            while CLOSER[open_[-1][0].type] != token.type:
                close_top(end, told=told)
                told = True
            open_.pop()
            waiting[token.type] -= 1
        elif by_indent and token.first and token.type in ("NAME", "TEXT"):
            while open_ and open_[-1][1] >= indent:
                close_top(end)
        out.tokens.append(token)
    while open_:
        close_top(out.tokens[-1].end)
    return out


def _is_closed(tokens: list[Token], index: int, opener: Token) -> bool:
    """Whether a bracket that is open at a token is closed behind it by one of its own kind."""
    opening = {"LPAR": ("LPAR", "CALL_OPEN")}.get(opener.type, (opener.type,))
    depth = 0
    for token in tokens[index + 1 :]:
        if token.type in opening:
            depth += 1
        elif token.type == CLOSER[opener.type]:
            if not depth:
                return True
            depth -= 1
    return False


def _stray(source: Source, token: Token, opener: Token | None, out: Paired) -> None:
    span = Span(source.name, token.start, token.end)
    if opener is not None and token.type != "RBRACE" and opener.type != "LBRACE":
        wanted = MARK[CLOSER[opener.type]]
        fixes = (Fix(f"write `{wanted}`", (Edit(span, wanted),)), Fix(f"remove `{token.text}`", (Edit(span, ""),)))
        message = f"expected `{wanted}` to close `{opener.text}`, found `{token.text}`"
        opened = Span(source.name, opener.start, opener.end)
        above = source.position(opener.start)[0] < source.position(token.start)[0]
        labels = (Label(opened, "opened here"),) if above else ()
        out.diagnostics.append(Diagnostic("T001", message, span, f"expected `{wanted}`", labels, fixes=fixes))
    else:
        fix = Fix(f"remove `{token.text}`", (Edit(span, ""),))
        out.diagnostics.append(Diagnostic("T001", f"unmatched `{token.text}`", span, fixes=(fix,)))
