"""Makes tree nodes: one function for each rule of the grammar, called when the parser has read the rule's parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from tunec.dsl import tree
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.lexer import Token
from tunec.dsl.literals import BadLiteral, number, text_value
from tunec.dsl.source import Source, Span
from tunec.dsl.tree import Argument, Block, Call, Literal, Name

Parts = list[Any]
"""What a rule was read from: tokens, and what the functions here made of inner rules."""


@dataclass(slots=True, repr=False, eq=False)
class Build:
    """Where nodes are made: the file, the doc comments by the offset of what they belong to, and what was found wrong.

    `bare` holds names that stand alone as a statement; they say nothing, but may be the tail of another mistake.
    """

    source: Source
    docs: dict[int, str] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    bare: list[Name] = field(default_factory=list)

    def span(self, start: int, end: int) -> Span:
        return Span(self.source.name, start, end)

    def of(self, token: Token) -> Span:
        return Span(self.source.name, token.start, token.end)

    def doc(self, span: Span) -> str:
        return self.docs.get(span.start, "")


def _types(parts: Parts) -> list[str]:
    return [part.type if isinstance(part, Token) else "" for part in parts]


def _nodes(parts: Parts) -> Parts:
    return [part for part in parts if not isinstance(part, Token)]


def _after(parts: Parts, terminal: str) -> Any:
    """What stands after a terminal, or None where the terminal is absent."""
    types = _types(parts)
    return parts[types.index(terminal) + 1] if terminal in types else None


def _file(build: Build, parts: Parts, span: Span) -> tree.File:
    return tree.File(tuple(parts), span)


def _spec(build: Build, parts: Parts, span: Span) -> tree.Spec:
    return tree.Spec(parts[1].text, parts[2], span, build.of(parts[1]), build.doc(span))


def _import(build: Build, parts: Parts, span: Span) -> tree.Import:
    path = _text(build, parts[1])
    alias = _after(parts, "AS")
    inside = build.span(parts[1].start + 1, parts[1].end - 1)
    return tree.Import(path, alias.text if alias else None, span, build.doc(span), inside)


def _param(build: Build, parts: Parts, span: Span) -> tree.Param:
    default = _after(parts, "EQUALS")
    name, kind = parts[1], parts[3]
    return tree.Param(name.text, kind.text, default, span, build.of(name), build.doc(span), build.of(kind))


def _vary(build: Build, parts: Parts, span: Span) -> tree.Vary:
    return tree.Vary(parts[1].text, parts[3].items, span, build.of(parts[1]), build.doc(span))


def _bound(build: Build, parts: Parts, span: Span) -> tree.Declaration:
    kind, name = cast(tree.DeclarationKind, parts[0].type.lower()), parts[1]
    parameters = parts[2] if len(parts) > 4 else ()  # between the name and the `=`
    return tree.Declaration(
        kind,
        name.text,
        span,
        build.of(name),
        value=parts[-1],
        doc=build.doc(span),
        parameters=parameters,
    )


def _parameters(build: Build, parts: Parts, span: Span) -> tuple[Name, ...]:
    return tuple(Name((part.text,), build.of(part)) for part in parts if part.type == "NAME")


def _names(build: Build, parts: Parts, span: Span) -> tree.ListOf:
    return tree.ListOf(tuple(_nodes(parts)), span)


def _made(build: Build, parts: Parts, span: Span) -> tree.Declaration:
    kind, name = cast(tree.DeclarationKind, parts[0].type.lower()), parts[1]
    row_type = _after(parts, "COLON")
    return tree.Declaration(
        kind,
        name.text,
        span,
        build.of(name),
        row_type=row_type.text if row_type else None,
        source=_after(parts, "FROM"),
        on=_after(parts, "ON"),
        of=_after(parts, "OF"),
        using=_after(parts, "WITH"),
        block=parts[-1],
        doc=build.doc(span),
        type_span=build.of(row_type) if row_type else None,
    )


def _block(build: Build, parts: Parts, span: Span) -> Block:
    return Block(tuple(part for part in _nodes(parts) if part is not None), span)


def _keep(build: Build, parts: Parts, span: Span) -> tree.Keep:
    label = _after(parts, "AS")
    return tree.Keep("keep" if parts[0].type == "KEEP" else "drop", parts[1], span, label.text if label else None)


def _let(build: Build, parts: Parts, span: Span) -> tree.Let:
    return tree.Let(parts[1].text, parts[3], span, build.of(parts[1]))


def _check(build: Build, parts: Parts, span: Span) -> tree.Check:
    return tree.Check(parts[1], span)


def _stage(build: Build, parts: Parts, span: Span) -> tree.Stage | None:
    label = _after(parts, "AS")
    if isinstance(parts[0], Name):
        build.bare.append(parts[0])
        return None
    return tree.Stage(parts[0], span, label.text if label else None)


def _entry(build: Build, parts: Parts, span: Span) -> Argument:
    key = parts[0]
    name = _text(build, key) if isinstance(key, Token) else ".".join(part.text for part in key)
    end = key.end if isinstance(key, Token) else key[-1].end
    return Argument(name, parts[2], span, build.span(span.start, end))


def _value(build: Build, parts: Parts, span: Span) -> Argument:
    return Argument(None, parts[0], span)


def _arguments(build: Build, parts: Parts, span: Span) -> tuple[Argument, ...]:
    return tuple(_nodes(parts))


def _dotted(build: Build, parts: Parts, span: Span) -> tuple[Token, ...]:
    return tuple(part for part in parts if part.type == "NAME")


def _called(build: Build, name: tuple[Token, ...]) -> tuple[str, Span]:
    return ".".join(part.text for part in name), build.span(name[0].start, name[-1].end)


def _bare_call(build: Build, parts: Parts, span: Span) -> Call:
    name, name_span = _called(build, parts[0])
    return Call(name, (), span, name_span, parts[1], False)


def _call(build: Build, parts: Parts, span: Span) -> Call:
    name, name_span = _called(build, parts[0])
    return Call(name, parts[1], span, name_span, parts[2] if len(parts) > 2 else None)


def _name(build: Build, parts: Parts, span: Span) -> Name:
    return Name(tuple(part.text for part in parts[0]), span)


def _if(build: Build, parts: Parts, span: Span) -> tree.If:
    return tree.If(parts[1], parts[3], parts[5], span)


def _binary(build: Build, parts: Parts, span: Span) -> tree.Binary | tree.Unary:
    if parts[1].text == "not in":
        return tree.Unary("not", tree.Binary("in", parts[0], parts[2], span), span)
    return tree.Binary(parts[1].text, parts[0], parts[2], span)


def _unary(build: Build, parts: Parts, span: Span) -> tree.Unary | Literal:
    operand = parts[1]
    if parts[0].type == "MINUS" and isinstance(operand, Literal) and type(operand.value) in (int, float):
        return Literal(operand.kind, -cast(float, operand.value), span)
    return tree.Unary("-" if parts[0].type == "MINUS" else "not", operand, span)


def _group(build: Build, parts: Parts, span: Span) -> Any:
    return parts[1]


def _list(build: Build, parts: Parts, span: Span) -> tree.ListOf:
    return tree.ListOf(tuple(_nodes(parts)), span)


def _record(build: Build, parts: Parts, span: Span) -> tree.Record:
    return tree.Record(tuple(_nodes(parts)), span)


def _range(build: Build, parts: Parts, span: Span) -> tree.Range:
    dots = next(i for i, part in enumerate(parts) if isinstance(part, Token))
    low: Literal | Name | None = parts[0] if dots else None
    high: Literal | Name | None = parts[-1] if dots < len(parts) - 1 else None
    if isinstance(low, Literal) and isinstance(high, Literal):
        both = {low.kind, high.kind}
        if len(both) > 1 and both != {"int", "float"}:
            message = f"both ends of a range must be of the same kind, not {low.kind} and {high.kind}"
            build.diagnostics.append(Diagnostic("T007", message, span))
        elif cast(float, low.value) > cast(float, high.value):
            text = build.source.text
            low_text, high_text = (text[end.span.start : end.span.end] for end in (low, high))
            message = f"this range is reversed: {low_text} is greater than {high_text}"
            build.diagnostics.append(Diagnostic("T007", message, span, help=f"write `{high_text}..{low_text}`"))
    return tree.Range(low, high, span)


def _end(build: Build, parts: Parts, span: Span) -> Literal:
    literal = _number(build, parts[-1])
    negative = len(parts) > 1
    return replace(literal, value=-cast(float, literal.value), span=span) if negative else literal


def _literal(build: Build, parts: Parts, span: Span) -> Literal:
    token: Token = parts[0]
    if token.type == "NUMBER":
        return _number(build, token)
    if token.type == "TEXT":
        return Literal("text", _text(build, token), span)
    if token.type == "REGEX":
        return Literal("regex", _text(build, token), span)
    if token.type == "NONE":
        return Literal("none", None, span)
    return Literal("bool", token.type == "TRUE", span)


def _number(build: Build, token: Token) -> Literal:
    try:
        kind, value = number(token.text)
    except BadLiteral as problem:
        _report(build, token, problem)
        kind, value = "int", 0
    return Literal(kind, value, build.of(token))


def _text(build: Build, token: Token) -> str:
    try:
        return text_value(token.text)
    except BadLiteral as problem:
        _report(build, token, problem)
        return token.text.strip('"')


def _report(build: Build, token: Token, problem: BadLiteral) -> None:
    end = token.end if problem.end is None else token.start + problem.end
    span = build.span(token.start + problem.start, end)
    build.diagnostics.append(Diagnostic("T007", problem.message, span, help=problem.help))


ACTIONS: dict[str, Callable[[Build, Parts, Span], Any]] = {
    "file": _file,
    "spec": _spec,
    "import_": _import,
    "param": _param,
    "vary": _vary,
    "bound": _bound,
    "parameters": _parameters,
    "names": _names,
    "made": _made,
    "block": _block,
    "keep": _keep,
    "let": _let,
    "check": _check,
    "stage": _stage,
    "entry": _entry,
    "value": _value,
    "arguments": _arguments,
    "dotted": _dotted,
    "bare_call": _bare_call,
    "call": _call,
    "name": _name,
    "if_": _if,
    "binary": _binary,
    "unary": _unary,
    "group": _group,
    "list": _list,
    "record": _record,
    "range": _range,
    "end": _end,
    "literal": _literal,
}
