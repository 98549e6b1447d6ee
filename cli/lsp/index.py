"""The index: what each word of a file means, found from the syntax tree.

It leans on the tree and the catalogue alone, so that one mistake in a file does not take the meaning from the rest:
names are found where the compiler has given up.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from tunec.compiler.catalogue import Operator, Parameter
from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.elaborate.paths import places_in
from tunec.compiler.types import ANY, FIELDS, PATH, Type
from tunec.dsl import tree
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Block, Call, Declaration, Expression, Name, Statement
from tunec.dsl.tree import Literal as Constant
from tunec.lsp.inner import alias_of, inner_of, label_span, lets_of, owner_of
from tunec.lsp.kinds import STAGES, VALUES, found, inside

Role = Literal[
    "declaration", "let", "tap", "split", "operator", "parameter", "field", "word", "key", "label", "file", "alias",
    "unknown",
]  # fmt: skip

_WORD = re.compile(r"\w+")
ROW_FIELDS = frozenset(name for fields in FIELDS.values() for name in fields) | {"id", "origin", "split"}
"""The fields that rows of any kind may have."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a stretch of a file means.

    `definition` is where the thing that it names is defined; the own span of a definition. `name` is the full name of a
    declaration, otherwise the text. `operator` is the operator named, or that whose `parameter` this is. `statement` is
    the statement of a declaration's block that it stands in, `owner` the declaration.
    """

    span: Span
    role: Role
    name: str
    definition: Span | None = None
    operator: Operator | None = None
    parameter: Parameter | None = None
    statement: Span | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """The marks of a file in the order of the text."""

    marks: tuple[Mark, ...]
    starts: tuple[int, ...]

    def at(self, offset: int) -> Mark | None:
        """The mark at an offset, its end included."""
        last = bisect_right(self.starts, offset) - 1
        for mark in self.marks[max(last - 1, 0) : last + 1][::-1]:
            if mark.span.start <= offset <= mark.span.end:
                return mark
        return None


@dataclass(slots=True)
class Marked:
    """The marks of the declarations of a file's last text, each with what stands for what it came to; and the names
    that were declared then, with the places of the imports."""

    names: object = None
    of: dict[str, tuple[object, list[Mark]]] = field(default_factory=dict)


def index_of(builder: Builder, file: str, before: Marked | None = None) -> Index:
    """The index of one file of a program. Where the same names are declared, and the imports stand where they stood,
    declarations that come to what they came to `before` have the marks that they had."""
    walk, marks, declared = _Walk(builder, file), list[Mark](), builder.program.declared
    items = chain.from_iterable(one.declarations for one in builder.program.files.values())
    names = frozenset(declared), tuple(item.span for item in items if isinstance(item, tree.Import))
    known = before.of if before is not None and before.names == names else {}
    now: dict[str, tuple[object, list[Mark]]] = {}
    for item in builder.program.files[file].declarations:
        name = walk.prefix + item.name if isinstance(item, Declaration) else ""
        made = builder.made.get(name) if declared.get(name) is item else None
        if made is not None and name in known and known[name][0] is made:
            own = known[name][1]
        else:
            walk.marks = own = []
            walk.top(item)
            own.sort(key=lambda mark: (mark.span.start, mark.span.end))
        if made is not None:
            now[name] = made, own
        marks += own
    if before is not None:
        before.names, before.of = names, now
    return Index(tuple(marks), tuple([mark.span.start for mark in marks]))


class _Walk:
    def __init__(self, builder: Builder, file: str) -> None:
        self.builder, self.file = builder, file
        self.text = builder.program.sources[file].text
        self.prefix = builder.program.scopes[file]
        self.catalogue = builder.catalogue
        self.marks: list[Mark] = []
        self.owner = ""
        self.statement: Span | None = None
        self.lets: dict[str, Span] = {}
        self.splits: dict[str, Span] = {}
        self.asked: tuple[Operator | None, Parameter | None] = (None, None)  # whose argument is looked at

    def mark(
        self,
        span: Span | None,
        role: Role,
        name: str,
        definition: Span | None = None,
        operator: Operator | None = None,
        parameter: Parameter | None = None,
    ) -> None:
        if span is not None:
            self.marks.append(Mark(span, role, name, definition, operator, parameter, self.statement, self.owner))

    # Declarations

    def top(self, item: tree.TopLevel) -> None:
        self.statement, self.lets, self.splits = None, {}, {}
        if isinstance(item, tree.Import):
            quote = self.text.find('"', item.span.start)
            self.owner = ""
            self.mark(Span(self.file, quote, self.text.find('"', quote + 1) + 1), "file", item.path)
            if item.alias is not None:
                place = label_span(item.span, item.alias)
                self.mark(place, "alias", self.prefix + item.alias, place)
            return
        if isinstance(item, tree.Spec):
            self.owner = ""
            for argument in item.arguments:
                self.mark(argument.name_span, "key", argument.name or "")
            return
        self.owner = self.prefix + item.name
        declared = self.builder.program.declared.get(self.owner)
        first = declared.name_span if declared is not None else item.name_span
        self.mark(item.name_span, "declaration", self.owner, first)
        if isinstance(item, tree.Param | tree.Vary):
            values = (item.default,) if isinstance(item, tree.Param) else item.items
            self.expressions((value for value in values if value is not None), ANY, True)
            return
        self.lets = lets_of(self.builder, self.owner) | {one.text: one.span for one in item.parameters}
        for parameter in item.parameters:
            self.mark(parameter.span, "let", parameter.text, parameter.span)
        inner = inner_of(item)
        self.splits = inner.splits
        kinds = VALUES.get(item.kind, ())
        if isinstance(item.value, Call) and kinds:
            self.called(item.value, found(self.catalogue, kinds, item.value.name), False)
        else:
            self.expression(item.value, ANY, item.kind == "rule")
        for clause in (item.source, item.on, item.of, item.using):
            self.expression(clause, ANY, False)
        if item.block is not None:
            for statement in item.block.statements:
                self.statement = statement.span
                self.stage(statement, STAGES.get(item.kind, ()))
        self.statement = None

    def stage(self, statement: Statement, kinds: tuple[str, ...]) -> None:
        """A statement of a declaration's own block."""
        match statement:
            case tree.Let():
                self.mark(statement.name_span, "let", statement.name, statement.name_span)
                self.expression(statement.value, ANY, True)
            case tree.Stage(value=Call() as call):
                self.called(call, found(self.catalogue, kinds, call.name), True)
                self.labelled(statement.span, statement.label, "tap")
            case _:
                self.rule(statement, ())

    def rule(self, statement: Statement, kinds: tuple[str, ...]) -> None:
        """A statement of the block of a stage."""
        match statement:
            case tree.Keep():
                self.expression(statement.condition, ANY, True)
                self.labelled(statement.span, statement.label, "label")
            case tree.Check():
                self.bound(statement.condition)
            case tree.Stage(value=value):
                if isinstance(value, Call) and kinds:
                    self.called(value, found(self.catalogue, kinds, value.name), True)
                else:
                    self.bound(value)
                self.labelled(statement.span, statement.label, "label")
            case Argument():
                self.expression(statement.value, ANY, True)
            case tree.Let():
                self.expression(statement.value, ANY, True)

    def labelled(self, span: Span, label: str | None, role: Role) -> None:
        if label is not None:
            place = label_span(span, label)
            self.mark(place, role, label, place)

    def bound(self, node: Expression) -> None:
        """A bound on a share or a count: a bare name of a split means its rows."""
        if isinstance(node, tree.Binary) and isinstance(node.left, Call):
            self.mark(node.left.name_span, "word", node.left.name)
            for argument in node.left.arguments:
                if isinstance(argument.value, Name) and argument.value.text in self.splits:
                    self.mark(argument.value.span, "split", argument.value.text, self.splits[argument.value.text])
                else:
                    self.expression(argument.value, ANY, True)
            self.expression(node.right, ANY, False)
        else:
            self.expression(node, ANY, True)

    # Calls

    def called(self, call: Call, operator: Operator | None, row: bool) -> None:
        """A call of an operator, with its arguments and its block."""
        self.mark(call.name_span, "operator" if operator else "unknown", call.name, None, operator)
        fields = operator is not None and operator.block == "fields"
        positional = [p for p in operator.parameters if not p.keyword_only] if operator else []
        for index, argument in enumerate(call.arguments):
            parameter = None
            if fields:
                self.mark(argument.name_span, "field", argument.name or "")
            elif argument.name is None:
                parameter = positional[index] if index < len(positional) else None
            elif operator is not None:
                parameter = operator.parameter(argument.name)
                self.mark(
                    argument.name_span,
                    "parameter" if parameter else "unknown",
                    argument.name,
                    None,
                    operator,
                    parameter,
                )
            value = argument.value
            paths = value.items if isinstance(value, tree.ListOf) else (value,)
            if parameter is not None and parameter.type == PATH and all(isinstance(one, Constant) for one in paths):
                for one in paths:
                    self.path(one)  # type: ignore[arg-type]
            else:
                self.asked = (operator, parameter)
                self.expression(argument.value, parameter.type if parameter else ANY, row)
        if call.block is not None:
            self.block(call.block, operator)

    def path(self, node: Constant) -> None:
        """A path, with the constants that stand in it."""
        places = list(places_in(self.text, node.span))
        if not places:
            self.mark(node.span, "file", str(node.value))
        for name, place in places:
            self.name(Name(tuple(name.split(".")), place), ANY, False)

    def block(self, block: Block, operator: Operator | None) -> None:
        kinds = inside(operator) if operator else ()
        for statement in block.statements:
            if isinstance(statement, Argument) and operator is not None and operator.block == "shares":
                if operator.name == "split":
                    place = self.splits.get(statement.name or "")
                    self.mark(statement.name_span, "split", statement.name or "", place)
                elif statement.name_span is not None:
                    self.name(Name(tuple((statement.name or "").split(".")), statement.name_span), ANY, False)
                self.expression(statement.value, ANY, False)
            else:
                self.rule(statement, ("fitting",) if operator is not None and operator.block == "shares" else kinds)

    # Expressions

    def expression(self, node: Expression | None, want: Type, row: bool) -> None:
        match node:
            case Name():
                self.name(node, want, row)
            case Call():
                self.function(node, want, row)
            case tree.Range(low=low, high=high):
                self.expressions((end for end in (low, high) if isinstance(end, Name)), ANY, row)
            case tree.ListOf(items=items):
                inner = want.item if want.name == "list" and want.item is not None else ANY
                self.expressions(items, inner, row)
            case tree.Record(fields=fields):
                for entry in fields:
                    self.mark(entry.name_span, "key", entry.name or "")
                    self.expression(entry.value, ANY, row)
            case tree.Unary(operand=operand):
                self.expression(operand, ANY, row)
            case tree.Binary(left=left, right=right):
                self.expressions((left, right), ANY, row)
            case tree.If(condition=condition, then=then, otherwise=otherwise):
                self.expressions((condition, then, otherwise), ANY, row)

    def expressions(self, nodes: Iterable[Expression], want: Type, row: bool) -> None:
        for node in nodes:
            self.expression(node, want, row)

    def function(self, call: Call, want: Type, row: bool) -> None:
        if want.name == "operator":
            self.called(call, found(self.catalogue, want.words, call.name), row)
            return
        operator = self.catalogue.find("functions", call.name)
        rule = self.builder.program.resolve(call.name, self.file)
        if operator is None and rule is not None:
            self.reference(Name(tuple(call.name.split(".")), call.name_span), rule)
            self.expressions((argument.value for argument in call.arguments), ANY, row)
        elif operator is None and call.name in ("between", "env"):
            self.mark(call.name_span, "word", call.name)
            self.expressions((argument.value for argument in call.arguments), ANY, row)
        else:
            self.called(call, operator, row)

    def name(self, node: Name, want: Type, row: bool) -> None:
        text = node.text
        if want.name == "enum" and text in want.words:
            self.mark(node.span, "word", text, None, *self.asked)
        elif want.name == "operator":
            operator = found(self.catalogue, want.words, text)
            self.mark(node.span, "operator" if operator else "unknown", text, None, operator)
        elif want.name == "field":
            self.mark(node.span, "field", text)
        elif row and text in self.lets:
            self.mark(node.span, "let", text, self.lets[text])
        elif (owner := owner_of(self.builder, node)) is not None:
            self.reference(node, owner)
        elif node.span in self.builder.canonical:
            self.mark(node.span, "field", self.builder.canonical[node.span])
        elif row and (text in ROW_FIELDS or node.parts[0] == "meta"):
            self.mark(node.span, "field", text)
        else:
            self.mark(node.span, "unknown", text)

    def reference(self, node: Name, owner: str) -> None:
        """The name of a declaration, and behind its dot a part of it."""
        item = self.builder.program.declared[owner]
        inner = inner_of(item)
        own = owner.removeprefix(self.prefix).count(".") + 1
        places = [Span(self.file, node.span.start + w.start(), node.span.start + w.end()) for w in self.words(node)]
        # Of `common.base` only the last word is the declaration's own name; the others say which file.
        scope = self.prefix
        for place, part in zip(places[: own - 1], node.parts, strict=False):
            self.mark(place, "alias", scope + part, alias_of(self.builder, scope, part))
            scope += f"{part}."
        self.mark(places[own - 1], "declaration", owner, item.name_span)
        for place, part in zip(places[own:], node.parts[own:], strict=False):
            if part in inner.taps:
                self.mark(place, "tap", part, inner.taps[part])
            else:
                self.mark(place, "split" if part in inner.splits else "unknown", part, inner.splits.get(part))

    def words(self, node: Name) -> list[re.Match[str]]:
        return list(_WORD.finditer(self.text[node.span.start : node.span.end]))
