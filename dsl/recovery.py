"""What happens at a token that fits nowhere: one diagnostic, the smallest repair that lets the parser go on, or else a
skip to where the next statement or declaration starts."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

from tunec.dsl.brackets import INFIX, MARK, Paired, starts_declaration
from tunec.dsl.diagnostics import Diagnostic, Edit, Fix
from tunec.dsl.lexer import Lexed, Token
from tunec.dsl.machine import Machine
from tunec.dsl.source import Source, Span
from tunec.dsl.tables import END, SPELLING, STATES, WORDS
from tunec.dsl.words import STATEMENT_WORDS, described, starts_statement, terminals_of

_INSERTED = ("COMMA", "COLON", "EQUALS", "FROM", "ON", "OF")
_INSTEAD = {"EQUALS": ("COLON", "COMPARE"), "COLON": ("EQUALS",), "COMPARE": ("EQUALS", "COLON")}
_OPERATORS = ("and", "or", "not", "in", "then", "else")
_KNOWN_AS = {
    "include": "keep", "where": "keep", "retain": "keep", "require": "keep", "remove": "drop", "exclude": "drop",
    "reject": "drop", "discard": "drop", "delete": "drop", "src": "source", "arg": "param", "parameter": "param",
    "var": "const", "data": "dataset", "def": "rule", "function": "rule", "embedding": "embedder", "eval": "evaluate",
    "assert": "check", "test": "check", "finetune": "train",
}  # fmt: skip
"""What people know from elsewhere, by where a keyword fits."""

_RANGE_ENDS = "the ends of a range are numbers or names, as in `3..most`; `between(x, low, high)` takes any value"
_FAR = 60
"""So many tokens behind one are looked at for what it may be meant for."""

_NEAR = 4
"""A second mistake on one line so few tokens after the first is the same mistake."""


class Recovery:
    """The repairs of one text, with what they have reported."""

    def __init__(self, source: Source, lexed: Lexed, paired: Paired, machine: Machine) -> None:
        self.source, self.machine = source, machine
        self.tokens, self.doubts = paired.tokens, lexed.doubts
        self.guessed = sorted(pair for pair in paired.unclosed if source.text[pair[0]] != "{")
        self.guessed_end = list(accumulate((end for _, end in self.guessed), max))
        self.diagnostics: list[Diagnostic] = []
        self.reported = (-1, -1)  # line and token index of the last mistake
        self.depths = _depths(paired.tokens)

    def meant_word(self, index: int) -> str | None:
        """The keyword that another word is meant for where two words, or a word and an operand, stand side by side,
        which is never right: `kep words(prompt) > 3`, `a AND b`, `a anf b`."""
        token = self.tokens[index]
        following = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if following is None or following.first or token.text in WORDS:
            return None
        fits = self.machine.fits
        operand = following.type in ("NAME", "LPAR", "NUMBER", "TEXT", "LBRACKET") and following.start > token.end
        if operand and token.text.lower() in _OPERATORS and fits(WORDS[token.text.lower()]):
            return self._misspelt(index, [token.text.lower()])
        if following.type != "NAME" or following.text in INFIX or not fits("KEEP"):
            return None
        if not token.first and len(token.text) < 5 and fits("AND") and self.tokens[index - 1].type != "LBRACE":
            meant = self._misspelt(index, [word for word in ("and", "or", "in") if fits(WORDS[word])], 0.6)
            if meant is not None:
                return meant
        return self._misspelt(index, [word for word in STATEMENT_WORDS if fits(WORDS[word])])

    def recover(self, index: int) -> int:
        """Report the token at `index` (or the end), make it possible to go on, and say at which token."""
        if index < len(self.tokens):
            resumed = self._repaired(index)
            if resumed is not None:
                return resumed
        return self._skipped(index)

    def bare_names(self, found: list[Diagnostic]) -> list[Diagnostic]:
        """Names that stand alone as statements; where a line is wrong already they are the debris of that."""
        out: list[Diagnostic] = []
        lines = {self.source.position(diagnostic.span.start)[0] for diagnostic in found}
        for name in self.machine.build.bare:
            line = self.source.position(name.span.start)[0]
            if line not in lines:
                lines.add(line)
                at = Span(self.source.name, name.span.end, name.span.end)
                fix = Fix(f"write `{name.text}()`", (Edit(at, "()"),), safe=False)
                own = self._own_line(name.span)
                message = f"`{name.text}` is not a statement by itself"
                help_ = f"write a call, `{name.text}(…)`, or give it a block, `{name.text} {{ … }}`"
                out.append(
                    Diagnostic("T001", message, name.span, help=help_ if own else "", fixes=(fix,) if own else ())
                )
        return out

    def _own_line(self, span: Span) -> bool:
        """Whether nothing else stands on the line of a name: then it is meant as a statement."""
        text = self.source.text
        before, after = text[: span.start].rpartition("\n")[2], text[span.end :].partition("\n")[0]
        return not before.rpartition("{")[2].strip() and not after.partition("#")[0].strip(" \t},")

    def _repaired(self, index: int) -> int | None:
        """Go on by taking the token for what it was meant to be, by adding one before it, or by leaving it out."""
        machine, token = self.machine, self.tokens[index]
        span = Span(self.source.name, token.start, token.end)
        previous = self.tokens[index - 1] if index else None
        opening = token.type in ("LPAR", "LBRACKET", "MINUS")
        if opening and (token.first or previous is None or previous.type in ("LBRACE", "RBRACE", "COMMA")):
            if machine.fits("KEEP") or machine.fits("SOURCE"):
                message = f"a statement must start with a name or a keyword, not `{token.text}`"
                self._report(index, Diagnostic("T005", message, span))
                return self._resume(index)
        elif token.type == "LPAR" and previous and previous.type == "NAME" and machine.fits("CALL_OPEN"):
            gap = Span(self.source.name, previous.end, token.start)
            fix = Fix("remove the space", (Edit(gap, ""),))
            message = f"unexpected space before `(`: write `{previous.text}(`"
            self._report(index, Diagnostic("T004", message, span, fixes=(fix,)))
            machine.shift("CALL_OPEN", token)
            return index + 1
        if not token.text or starts_declaration(self.tokens, index) or starts_statement(self.tokens, index):
            return None
        if token.type == "NAME" and token.text not in WORDS:
            words = [word for word, terminal in WORDS.items() if machine.fits(terminal)]
            meant = self._misspelt(index, words)
            if meant is not None:
                machine.shift(meant, token)
                return index + 1
        for terminal in self._instead(index):
            if self._followed(index + 1, terminal):
                self._report_instead(index, terminal, span)
                wanted = token._replace(text="==") if terminal == "COMPARE" else token
                machine.shift(terminal, wanted)
                return index + 1
        for terminal in self._insertions(index):
            if (terminal == "COMMA" or not token.first) and self._pair_fits(index, terminal):
                self._report_missing(index, terminal)
                at = previous.end if previous else token.start
                machine.shift(terminal, Token(terminal, "", at, at, False))
                return index
        if token.type not in MARK and token.type not in ("LPAR", "LBRACKET", "LBRACE") and not token.first:
            following = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
            if following is not None and not following.first and self._pair_fits(index + 1):
                self._report_unexpected(index)
                return index + 1
        return None

    def _instead(self, index: int) -> tuple[str, ...]:
        """What a token may be meant for, the likeliest first: in `count(origin = b)` a comparison."""
        others = _INSTEAD.get(self.tokens[index].type, ())
        measures = (
            index > 2 and self.tokens[index - 3].text in ("share", "count") and self.tokens[index - 2].type == "LPAR"
        )
        return others[::-1] if measures and not self._compares(index) else others

    def _compares(self, index: int) -> bool:
        """Whether a comparison stands between a token and the end of the brackets around it."""
        depth = 0
        for token in self.tokens[index + 1 : index + _FAR]:
            depth += (token.type in ("LPAR", "LBRACKET", "LBRACE")) - (token.type in MARK)
            if depth < 0:
                return False
            if depth == 0 and (token.type == "COMPARE" or token.text in ("in", "not in")):
                return True
        return False

    def _insertions(self, index: int) -> tuple[str, ...]:
        """What may be missing before a token, the likeliest first: behind the name of an argument a colon."""
        before = [token.type for token in self.tokens[max(index - 2, 0) : index]]
        value = self.tokens[index].type != "NAME"
        named = before[1:] == ["NAME"] and (before[0] == "COMMA" or (value and before[0] in ("LPAR", "LBRACE")))
        return ("COLON", *_INSERTED) if named else _INSERTED

    def _followed(self, index: int, *terminals: str) -> bool:
        """Whether the token at `index` fits after these terminals."""
        if index == len(self.tokens):
            return False
        return any(self.machine.fits(*terminals, meant) for meant in terminals_of(self.tokens, index))

    def _pair_fits(self, index: int, *terminals: str) -> bool:
        """Whether the token at `index` and the one behind it fit after these terminals."""
        firsts = terminals_of(self.tokens, index)
        seconds = terminals_of(self.tokens, index + 1) if index + 1 < len(self.tokens) else (END,)
        return any(self.machine.fits(*terminals, one, two) for one in firsts for two in seconds)

    def _skipped(self, index: int) -> int:
        expected = self._expected()
        resumed = self._resume(index)
        if resumed == index and index:
            self._report_after(index, expected)
        else:
            self._report_unexpected(index, expected)
        return resumed

    def _resume(self, index: int) -> int:
        """Forget what was being read inside the innermost block, and skip to what can stand in it."""
        machine, tokens = self.machine, self.tokens
        begun = machine.values[len(machine.values) - machine.innermost() :]
        if machine.fits("SOURCE") and any(isinstance(value, Token) and value.type == "IMPORT" for value in begun):
            machine.settle("SOURCE")  # an import that is whole brings its names, whatever stands behind it
        while True:
            machine.pop(machine.innermost())
            depth = machine.opened[-1]
            in_block = "statement" in STATES[machine.states[-1]]
            at = index
            while at < len(tokens):
                if self.depths[at] < depth:
                    break
                if self.depths[at] == depth and tokens[at].type not in MARK and self._starts(at, in_block):
                    return at
                at += 1
            if not in_block or (at < len(tokens) and tokens[at].type == "RBRACE"):
                return at
            machine.pop(1)  # cannot be: a block without its end

    def _starts(self, at: int, in_block: bool) -> bool:
        token = self.tokens[at]
        if not (token.first or (in_block and token.text in STATEMENT_WORDS)) or token.type not in ("NAME", "TEXT"):
            return False
        return any(self.machine.fits(terminal) for terminal in terminals_of(self.tokens, at))

    def _expected(self) -> set[str]:
        names = [name for name in STATES[self.machine.states[-1]] if name == END or name.isupper()]
        return {name for name in names if self.machine.fits(name)}

    def _misspelt(self, index: int, words: list[str] | tuple[str, ...], alike: float = 0.75) -> str | None:
        from difflib import get_close_matches

        token = self.tokens[index]
        written = token.text.lower()
        known = [word for word in (written, _KNOWN_AS.get(written, written)) if word in words]
        near = known or (get_close_matches(token.text, words, 1, alike) if len(token.text) < 20 else [])
        if not near:
            return None
        span = Span(self.source.name, token.start, token.end)
        fix = Fix(f"write `{near[0]}`", (Edit(span, near[0]),), safe=False)
        message = f"unknown keyword `{token.text}`"
        diagnostic = Diagnostic("T001", message, span, help=f"did you mean `{near[0]}`?", fixes=(fix,))
        self._report(index, diagnostic)
        return WORDS[near[0]]

    def _report_instead(self, index: int, terminal: str, span: Span) -> None:
        wrong = self.tokens[index].text
        wanted = "==" if terminal == "COMPARE" else SPELLING[terminal]
        meaning = {
            "==": "`==` compares; `=` binds a name",
            ":": "`:` sets an argument; `=` binds a name",
            "=": "`=` binds a name; `:` sets an argument",
        }[wanted]
        fix = Fix(f"write `{wanted}`", (Edit(span, wanted),))
        message = f"expected `{wanted}`, found `{wrong}`"
        measure = self.tokens[index - 3].text if index > 2 else ""
        if wanted == ":" and measure in ("share", "count") and index + 1 < len(self.tokens):
            name = self.tokens[index - 1]
            message = f"`{measure}` takes a condition, not an argument with a name"
            meaning = "`share(CONDITION) <= 30%`"
            between = Span(self.source.name, name.start, self.tokens[index + 1].start)
            fix = Fix(f"remove `{name.text} {wrong}`", (Edit(between, ""),), safe=False)
        diagnostic = Diagnostic("T001", message, span, help=meaning, fixes=(fix,))
        self._report(index, diagnostic)

    def _report_missing(self, index: int, terminal: str) -> None:
        token, wanted = self.tokens[index], SPELLING[terminal]
        span = Span(self.source.name, token.start, token.end)
        before = self.tokens[index - 1].end if index else token.start
        text = f" {wanted} " if terminal in ("EQUALS", "FROM", "ON", "OF") else wanted
        fixes: tuple[Fix, ...] = ()
        if terminal in ("COMMA", "COLON", "EQUALS"):
            # Between two words there may be missing more than a comma: `share(meta.topic in stems)`.
            safe = terminal != "COMMA" or self.tokens[index - 1].type != "NAME" or token.type != "NAME"
            fixes = (Fix(f"add `{wanted}`", (Edit(Span(self.source.name, before, before), text.rstrip()),), safe),)
        message = f"expected `{wanted}` before `{_short(token.text)}`"
        self._report(index, Diagnostic("T001", message, span, fixes=fixes))

    def _report_unexpected(self, index: int, expected: set[str] | None = None) -> None:
        expected = self._expected() if expected is None else expected
        wanted = described(expected)
        if index == len(self.tokens):
            end = self.tokens[-1].end if self.tokens else 0
            span, found = Span(self.source.name, max(0, end - 1), end), "the end of the file"
        else:
            token = self.tokens[index]
            span, found = Span(self.source.name, token.start, token.end), f"`{_short(token.text)}`"
        help_ = ""
        if index < len(self.tokens) and self.tokens[index].type == "COMPARE" and "AND" in expected:
            help_ = "comparisons cannot be chained: write `a < b and b < c`, or `b in 1..5`"
        elif index < len(self.tokens) and "DOTS" in [
            token.type for token in self.tokens[max(index - 2, 0) : index + 1]
        ]:
            help_ = _RANGE_ENDS
        self._report(index, Diagnostic("T001", f"expected {wanted}, found {found}", span, help=help_))

    def _report_after(self, index: int, expected: set[str]) -> None:
        previous = self.tokens[index - 1]
        span = Span(self.source.name, previous.start, previous.end)
        if not previous.text and index < len(self.tokens):
            span = Span(self.source.name, self.tokens[index].start, self.tokens[index].end)
        message = f"expected {described(expected)} after `{_short(previous.text)}`"
        self._report(index, Diagnostic("T001", message, span))

    def _report(self, index: int, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, if it is not the consequence of another."""
        line = self.source.position(diagnostic.span.start)[0]
        last_line, last_index = self.reported
        self.reported = (line, index)
        token = self.tokens[index] if index < len(self.tokens) else None
        if (token is not None and not token.text) or (line == last_line and index - last_index < _NEAR):
            return
        if self.machine.too_deep or self._doubtful(index):
            return
        self.diagnostics.append(diagnostic)

    def _doubtful(self, index: int) -> bool:
        """Whether something unreadable, or a bracket that had to be guessed, stands just before the token."""
        start = self.tokens[index - 1].start if index else 0
        last = self.tokens[-1].end if self.tokens else 0
        end = self.tokens[index].end if index < len(self.tokens) else len(self.source.text)
        if bisect_left(self.doubts, start) < bisect_left(self.doubts, end):
            return True
        before = bisect_left(self.guessed, (start, 0))
        return before > 0 and self.guessed_end[before - 1] >= min(end, last)


def _depths(tokens: list[Token]) -> list[int]:
    """How many brackets are open around each token; a bracket counts as outside of itself."""
    out: list[int] = []
    depth = 0
    for token in tokens:
        if token.type in MARK:
            depth -= 1
        out.append(depth)
        if token.type in ("LBRACE", "LBRACKET", "LPAR"):
            depth += 1
    return out


def _short(text: str) -> str:
    line = text.split("\n", 1)[0]
    return line if line == text and len(line) <= 24 else line[:23] + "…"
