"""What may be written at a place, told from the tokens before it: the text there is seldom whole while it is typed."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from tunec.compiler.catalogue import Catalogue, Operator, Parameter
from tunec.compiler.types import Type
from tunec.dsl.brackets import starts_declaration
from tunec.dsl.build import Build
from tunec.dsl.kept import parts
from tunec.dsl.lexer import Token, lex
from tunec.dsl.machine import Machine
from tunec.dsl.source import Source
from tunec.dsl.tables import DECLARATIONS, WORDS
from tunec.dsl.words import terminals_of
from tunec.lsp.kinds import STAGES, VALUES, found, inside

_TYPED = re.compile(r"(?:[^\W\d]\w*\.)*(?:[^\W\d]\w*)?$")
_CLAUSES = ("from", "on", "of", "with")
_CLOSED = {"RPAR": ("call", "group"), "RBRACKET": ("list",), "RBRACE": ("block", "record")}


@dataclass(frozen=True, slots=True)
class Frame:
    """An open bracket. `operator` is what is called, or what the block belongs to; `key` is the name before the last
    colon, where no comma stands behind it; `count` are the commas, `given` the keys so far."""

    kind: str  # call, block, list, record, group
    operator: Operator | None = None
    key: str | None = None
    count: int = 0
    given: tuple[str, ...] = ()

    @property
    def parameter(self) -> Parameter | None:
        """The parameter that the next value is for."""
        if self.operator is None or self.kind != "call":
            return None
        if self.key is not None:
            return self.operator.parameter(self.key)
        positional = [p for p in self.operator.parameters if not p.keyword_only]
        return positional[self.count] if self.count < len(positional) and not self.given else None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a text: the word that is being typed there, and what is open around it.

    `keyword` and `name` begin the declaration; `clause` is the word that the current clause began with. `text` is what
    stands between the opening quote and the place, None outside of quotes. `compared` is the name or the function that
    a value here is compared with: `lang` of `lang(prompt) == `, or of `lang(prompt) in [`.
    """

    offset: int
    typed: str
    machine: Machine
    frames: tuple[Frame, ...]
    keyword: str
    name: str
    clause: str
    before: str  # the terminal before the typed word
    text: str | None
    comment: bool
    compared: str = ""

    @property
    def start(self) -> int:
        """Where the typed word starts."""
        return self.offset - len(self.typed)

    @property
    def frame(self) -> Frame | None:
        """The innermost open bracket."""
        return self.frames[-1] if self.frames else None

    def fits(self, terminal: str) -> bool:
        """Whether the grammar allows this here."""
        return self.machine.fits(terminal)

    @property
    def want(self) -> Type | None:
        """The type of the parameter that a value here is for; of a list that type's item."""
        for depth, frame in enumerate(reversed(self.frames)):
            if frame.kind == "call":
                parameter = frame.parameter
                kind = parameter.type if parameter else None
                for _ in range(depth):
                    kind = kind.item if kind is not None and kind.name == "list" else None
                return kind
            if frame.kind != "list":
                return None
        return None

    @property
    def call(self) -> Frame | None:
        """The innermost call around the place."""
        return next((frame for frame in reversed(self.frames) if frame.kind == "call"), None)


def cursor_at(source: Source, offset: int, catalogue: Catalogue) -> Cursor:
    """Look at a place of a text."""
    lexed = lex(_near(source, offset))
    comment = any(c.span.start < offset <= c.span.end for c in lexed.comments)
    text = None
    for token in lexed.tokens:
        if token.type in ("TEXT", "REGEX") and token.start < offset <= token.end:
            closed = token.start not in lexed.doubts
            if offset < token.end or not closed:
                quotes = 3 if source.text.startswith('"""', token.start) else 1
                text = source.text[token.start + quotes : offset]
            break
    match = _TYPED.search(source.text, source.text.rfind("\n", 0, offset) + 1, offset) if text is None else None
    typed = match[0] if match else ""
    # A word that touches a number is the end of that number.
    if typed and source.text[: offset - len(typed)][-1:].isdigit():
        typed = ""
    start = offset - len(typed)
    before = [token for token in lexed.tokens if token.end <= start and token.text]
    tokens = before[_declaration(before) :]
    scan = _Scan(catalogue, tokens)
    machine = Machine(Build(source), "file")
    for index, token in enumerate(tokens):
        _feed(machine, tokens, index)
        scan.take(token, index)
    last = tokens[-1].type if tokens else ""
    compared = _compared(tokens)
    frames = tuple(scan.frames)
    return Cursor(offset, typed, machine, frames, scan.keyword, scan.name, scan.clause, last, text, comment, compared)


def _near(source: Source, offset: int) -> Source:
    """A text up to a place, with blanks for all but the declaration there and the one before it."""
    places = parts(source.text)
    index = bisect_right([part.start for part in places], offset) - 1
    start = places[max(index - 1, 0)].start
    above = " " * (start - 1) + "\n" if start else ""
    return Source(source.name, above + source.text[start : places[index].end])


def _compared(tokens: list[Token]) -> str:
    """What the value behind some tokens is compared with; empty where it is compared with nothing."""
    end = len(tokens)
    while end and tokens[end - 1].type in ("TEXT", "COMMA", "LBRACKET"):
        end -= 1
    if end < 2 or not (tokens[end - 1].type == "COMPARE" or tokens[end - 1].text == "in"):
        return ""
    left, depth = end - 2, 0
    if tokens[left].type == "RPAR":
        while left > 0:
            depth += (tokens[left].type == "RPAR") - (tokens[left].type == "LPAR")
            left -= 1
            if not depth:
                break
    return tokens[left].text if tokens[left].type == "NAME" else ""


def _declaration(tokens: list[Token]) -> int:
    """Where the last declaration starts: a line that looks like one, or whose first word in the first column may begin
    one."""
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if starts_declaration(tokens, index) or (
            token.first and WORDS.get(token.text) in DECLARATIONS and _outside(tokens, index)
        ):
            return index
    return 0


def _outside(tokens: list[Token], index: int) -> bool:
    """Whether no bracket is open before a token."""
    depth = sum(
        (t.type in ("LBRACE", "LBRACKET", "LPAR")) - (t.type in ("RBRACE", "RBRACKET", "RPAR")) for t in tokens[:index]
    )
    return depth <= 0


def _feed(machine: Machine, tokens: list[Token], index: int) -> None:
    for _ in range(2):
        for terminal in terminals_of(tokens, index):
            if machine.fits(terminal):
                machine.shift(terminal, tokens[index].as_(terminal))
                return
        machine.pop(machine.innermost())  # the statement so far is wrong: what follows is read without it


class _Scan:
    """Follows the brackets of a declaration."""

    def __init__(self, catalogue: Catalogue, tokens: list[Token]) -> None:
        self.catalogue, self.tokens = catalogue, tokens
        self.frames: list[Frame] = []
        self.keyword = tokens[0].text if tokens and tokens[0].type == "NAME" else ""
        self.name = tokens[1].text if len(tokens) > 1 and tokens[1].type == "NAME" else ""
        self.clause = ""
        self.closed: Frame | None = None

    def take(self, token: Token, index: int) -> None:
        before = self.tokens[index - 1] if index else None
        frame = self.frames[-1] if self.frames else None
        if not self.frames and token.text in _CLAUSES and index > 1:
            self.clause = token.text
        if token.type == "LPAR":
            called = before is not None and before.type == "NAME" and before.end == token.start
            self.frames.append(Frame("call", self.operator(index)) if called else Frame("group"))
        elif token.type == "LBRACKET":
            self.frames.append(Frame("list"))
        elif token.type == "LBRACE":
            block = before is not None and before.type in ("NAME", "RPAR", "RBRACKET")
            self.frames.append(Frame("block", self.block_of(index)) if block else Frame("record"))
        elif token.type in ("RPAR", "RBRACKET", "RBRACE"):
            self.close(_CLOSED[token.type])
        elif token.type == "COLON" and frame is not None:
            key = self.dotted(index)
            self.frames[-1] = replace(frame, key=key, given=(*frame.given, key))
        elif token.type == "COMMA" and frame is not None:
            self.frames[-1] = replace(frame, key=None, count=frame.count + 1)

    def close(self, kinds: tuple[str, ...]) -> None:
        """Close the innermost bracket of a kind, and those in it that were forgotten; a stray one closes nothing."""
        if any(frame.kind in kinds for frame in self.frames):
            while self.frames[-1].kind not in kinds:
                self.frames.pop()
            self.closed = self.frames.pop()

    def dotted(self, index: int) -> str:
        """The dotted name that ends before a token."""
        parts: list[str] = []
        while index > 0 and (self.tokens[index - 1].type in ("NAME", "DOT")):
            index -= 1
            if self.tokens[index].type == "NAME" and parts and parts[-1] != ".":
                break
            parts.append(self.tokens[index].text)
        return "".join(reversed(parts))

    def operator(self, index: int) -> Operator | None:
        """What is called before an opening parenthesis."""
        name = self.tokens[index - 1].text
        frame = self.frames[-1] if self.frames else None
        if frame is None:
            return found(self.catalogue, VALUES.get(self.keyword, ("functions",)), name)
        if frame.kind == "block":
            return found(self.catalogue, (*self.statements(), "functions"), name)
        parameter = frame.parameter
        if parameter is not None and parameter.type.name == "operator":
            return found(self.catalogue, parameter.type.words, name)
        return self.catalogue.find("functions", name)

    def block_of(self, index: int) -> Operator | None:
        """Whose block an opening brace begins; None for the declaration's own."""
        if not self.frames:
            return None
        if self.tokens[index - 1].type == "RPAR":
            return self.closed.operator if self.closed else None
        return found(self.catalogue, self.statements(), self.tokens[index - 1].text)

    def statements(self) -> tuple[str, ...]:
        """The kinds that may be called as statements of the innermost block."""
        return statement_kinds(self.keyword, self.frames)


def statement_kinds(keyword: str, frames: list[Frame] | tuple[Frame, ...]) -> tuple[str, ...]:
    """The kinds that may be called as statements of the innermost of some brackets."""
    if len(frames) == 1:
        return STAGES.get(keyword, ())
    operator = frames[-1].operator if frames else None
    return inside(operator) if operator is not None else ()
