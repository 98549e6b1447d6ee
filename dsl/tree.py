"""The syntax tree: what a file says, before anything is known about what it means.

Every node carries the span it was read from. Trees compare by content; spans do not count (`compare=False`),
so that a tree equals the tree of its formatted text.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal as OneOf

from tunec.dsl.record import record
from tunec.dsl.source import Span

LiteralKind = OneOf["int", "float", "share", "text", "regex", "bool", "none", "duration", "money", "size"]
Value = int | float | str | bool | None


def _span() -> Span:
    return field(compare=False, repr=False)  # type: ignore[no-any-return]


@record
class Literal:
    """A constant. `value` is in base units: shares 0..1, durations in seconds, money in dollars, sizes in bytes."""

    kind: LiteralKind
    value: Value
    span: Span = _span()


@record
class Range:
    """`3..150`, `16..`, `..800`, `least..150`: both ends included; an open end is None."""

    low: Literal | Name | None
    high: Literal | Name | None
    span: Span = _span()


@record
class Argument:
    """An argument of a call, an entry of a record or of a block: `name: value`, or a bare value (name None).

    A dotted name (`meta.topic: …`) keeps its dots. A quoted record key is a name too.
    """

    name: str | None
    value: Expression
    span: Span = _span()
    name_span: Span | None = field(default=None, compare=False, repr=False)


@record
class ListOf:
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span = _span()


@record
class Record:
    """`{instruction: "q", response: "a"}`."""

    fields: tuple[Argument, ...]
    span: Span = _span()


@record
class Name:
    """A bare, possibly dotted name: `prompt`, `meta.category`, `chat.validation`."""

    parts: tuple[str, ...]
    span: Span = _span()

    @property
    def text(self) -> str:
        return ".".join(self.parts)


@record
class Call:
    """`name(arguments)`; as a stage it may have a block. `name_span` covers the name alone."""

    name: str
    arguments: tuple[Argument, ...]
    span: Span = _span()
    name_span: Span = _span()
    block: Block | None = None
    parenthesised: bool = True  # False: the stage form without parentheses, such as `filter { … }`


@record
class Unary:
    """`not x` or `-x`."""

    operator: OneOf["not", "-"]
    operand: Expression
    span: Span = _span()


@record
class Binary:
    """`a + b`, `a <= b`, `a in b`, `a and b`."""

    operator: OneOf["and", "or", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/"]
    left: Expression
    right: Expression
    span: Span = _span()


@record
class If:
    """`if a then b else c`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span = _span()


Expression = Literal | Range | ListOf | Record | Name | Call | Unary | Binary | If


@record
class Keep:
    """`keep EXPR` or `drop EXPR`, which may end in `as NAME`."""

    verb: OneOf["keep", "drop"]
    condition: Expression
    span: Span = _span()
    label: str | None = None


@record
class Let:
    """`let NAME = EXPR`: a named score, kept as a column."""

    name: str
    value: Expression
    span: Span = _span()
    name_span: Span = _span()


@record
class Check:
    """`check EXPR`: a promise about the result."""

    condition: Expression
    span: Span = _span()


@record
class Stage:
    """An expression standing as a statement: a stage, a rule of a block, or a constraint. `label` names its tap."""

    value: Expression
    span: Span = _span()
    label: str | None = None


Statement = Keep | Let | Check | Stage | Argument


@record
class Block:
    """`{ statements }`. An entry such as `train: 90%` is an `Argument`."""

    statements: tuple[Statement, ...]
    span: Span = _span()


@record
class Spec:
    """`spec chat(version: "1.0.0", …)`."""

    name: str
    arguments: tuple[Argument, ...]
    span: Span = _span()
    name_span: Span = _span()
    doc: str = ""


@record
class Import:
    """`import "common.tune"` or `import "common.tune" as common`."""

    path: str
    alias: str | None
    span: Span = _span()
    doc: str = ""
    path_span: Span | None = field(default=None, compare=False, repr=False)  # within the quotes


@record
class Param:
    """`param rows: int = 500`."""

    name: str
    type: str
    default: Expression | None
    span: Span = _span()
    name_span: Span = _span()
    doc: str = ""
    type_span: Span | None = field(default=None, compare=False, repr=False)


@record
class Vary:
    """`vary size in [1k, 2k, 4k]`: a name that stands for one item after another, in a variant of the spec each."""

    name: str
    items: tuple[Expression, ...]
    span: Span = _span()
    name_span: Span = _span()
    doc: str = ""


DeclarationKind = OneOf[
    "const", "source", "seeds", "benchmark", "model", "embedder", "generate", "dataset", "rule", "tokenizer", "train",
    "merge", "evaluate",
]  # fmt: skip


@record
class Declaration:
    """Every other declaration: `KIND NAME [: ROWTYPE] [= value] [from X] [on Y] [of Z] [with T] [{ block }]`, and
    `rule NAME(parameters) = value`.

    Which clauses may stand is the grammar's business; absent ones are None.
    """

    kind: DeclarationKind
    name: str
    span: Span = _span()
    name_span: Span = _span()
    row_type: str | None = None
    value: Expression | None = None
    source: Expression | None = None  # `from`: a name, or a list of names
    on: Expression | None = None
    of: Expression | None = None  # `of`: a name, or a list of names
    using: Expression | None = None  # `with`
    block: Block | None = None
    doc: str = ""
    type_span: Span | None = field(default=None, compare=False, repr=False)
    parameters: tuple[Name, ...] = ()  # of a `rule`


Declared = Declaration | Param | Vary
TopLevel = Spec | Import | Declared


@record
class Comment:
    """A comment as it stands, with its `#`. `own_line`: nothing else stands before it on its line."""

    text: str
    own_line: bool
    span: Span = _span()


@record
class File:
    """A whole file. Its comments are kept for those that read them (`# tunec: allow …`); they do not compare."""

    declarations: tuple[TopLevel, ...]
    span: Span = _span()
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
