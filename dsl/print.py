"""The canonical text of tree nodes, on one line: what reports call a rule, and what reads back as the same tree."""

from __future__ import annotations

import re
from functools import singledispatch

from tunec.dsl import tree
from tunec.dsl.literals import BYTES
from tunec.dsl.tree import Argument, Binary, Literal

# How tightly a form binds: what binds looser than its place needs brackets.
LOOSEST, RANGE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, OPERAND = range(9)
_BINDING = {"or": OR, "and": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

Printable = tree.Expression | tree.Statement | tree.Block | tree.TopLevel | tree.File


@singledispatch
def print_expression(node: Printable) -> str:
    """The text of an expression or a statement, with no more brackets than it needs; also of a block, a declaration or
    a whole file. Negative numbers stand for themselves, so the tree of `-(5)` prints as `-5`."""
    raise TypeError(f"no part of the language: {node!r}")


def _at(node: tree.Expression, binding: int) -> str:
    text = print_expression(node)
    return f"({text})" if _binding(node) < binding else text


def _binding(node: tree.Expression) -> int:
    match node:
        case tree.If():
            return LOOSEST
        case tree.Range():
            return RANGE
        case Binary():
            return _BINDING.get(node.operator, COMPARISON)
        case tree.Unary(operator="not"):
            return NOT
        case _:
            return OPERAND


@print_expression.register
def _(node: Literal) -> str:
    match node.kind:
        case "text":
            return print_text(str(node.value))
        case "regex":
            return f'r"{node.value}"'
        case "bool":
            return "true" if node.value else "false"
        case "none":
            return "none"
        case _:
            assert isinstance(node.value, (int, float))
            sign = "-" if node.value < 0 else ""
            return sign + _number(node.kind, abs(node.value))


def _number(kind: tree.LiteralKind, value: int | float) -> str:
    match kind:
        case "share":
            from decimal import Decimal

            return f"{_short(Decimal(repr(value)).scaleb(2).normalize())}%"
        case "money":
            return f"${_whole(value)}"
        case "duration":
            for unit, seconds in (("h", 3600), ("m", 60)):
                if value and value % seconds == 0:
                    return f"{_whole(value / seconds)}{unit}"
            return f"{_whole(value)}s"
        case "size":
            units = sorted(BYTES.items(), key=lambda item: -item[1])
            decimal = [(unit, size) for unit, size in units if "i" not in unit]
            for unit, size in (*decimal[:-1], *((u, s) for u, s in units if "i" in u)):
                if value and value % size == 0:
                    return f"{int(value // size)}{unit}"
            return f"{value}B"
        case "float":
            return repr(float(value))
        case _:
            return str(value)


def _short(value: object) -> str:
    return f"{value:f}"


def _whole(value: float) -> str:
    return str(int(value)) if value == int(value) and value < 1e15 else repr(value)


def print_text(value: str) -> str:
    """A text between double quotes, with escapes."""
    return '"' + "".join(_ESCAPES.get(char) or _character(char) for char in value) + '"'


def _character(char: str) -> str:
    return f"\\u{{{ord(char):x}}}" if ord(char) < 32 or ord(char) == 127 else char


def print_key(name: str) -> str:
    """The name of an argument or a record field: quoted where it is no name."""
    return name if _NAME.fullmatch(name) else print_text(name)


@print_expression.register
def _(node: tree.Range) -> str:
    low, high = (print_expression(end) if end is not None else "" for end in (node.low, node.high))
    return f"{low}..{high}"


@print_expression.register
def _(node: Argument) -> str:
    value = print_expression(node.value)
    return value if node.name is None else f"{print_key(node.name)}: {value}"


@print_expression.register
def _(node: tree.ListOf) -> str:
    return f"[{', '.join(map(print_expression, node.items))}]"


@print_expression.register
def _(node: tree.Record) -> str:
    return f"{{{', '.join(map(print_expression, node.fields))}}}"


@print_expression.register
def _(node: tree.Name) -> str:
    return node.text


@print_expression.register
def _(node: tree.Call) -> str:
    arguments = f"({', '.join(map(print_expression, node.arguments))})" if node.parenthesised else ""
    block = f" {print_expression(node.block)}" if node.block is not None else ""
    return node.name + arguments + block


@print_expression.register
def _(node: tree.Unary) -> str:
    if node.operator == "not":
        return f"not {_at(node.operand, NOT)}"
    return f"-{_at(node.operand, OPERAND)}"


@print_expression.register
def _(node: Binary) -> str:
    here = _binding(node)
    left = _at(node.left, here + 1 if here == COMPARISON else here)
    right = print_expression(node.right) if _is_plain_range(node) else _at(node.right, here + 1)
    return f"{left} {node.operator} {right}"


def _is_plain_range(node: Binary) -> bool:
    return node.operator == "in" and isinstance(node.right, tree.Range)


@print_expression.register
def _(node: tree.If) -> str:
    condition, then, otherwise = map(print_expression, (node.condition, node.then, node.otherwise))
    return f"if {condition} then {then} else {otherwise}"


@print_expression.register
def _(node: tree.Keep) -> str:
    return f"{node.verb} {print_expression(node.condition)}{_label(node.label)}"


@print_expression.register
def _(node: tree.Stage) -> str:
    return print_expression(node.value) + _label(node.label)


@print_expression.register
def _(node: tree.Let) -> str:
    return f"let {node.name} = {print_expression(node.value)}"


@print_expression.register
def _(node: tree.Check) -> str:
    return f"check {print_expression(node.condition)}"


@print_expression.register
def _(node: tree.Block) -> str:
    return f"{{ {', '.join(map(print_expression, node.statements))} }}" if node.statements else "{}"


@print_expression.register
def _(node: tree.Spec) -> str:
    return f"{_doc(node.doc)}spec {node.name}({', '.join(map(print_expression, node.arguments))})"


@print_expression.register
def _(node: tree.Import) -> str:
    return f"{_doc(node.doc)}import {print_text(node.path)}{_label(node.alias)}"


@print_expression.register
def _(node: tree.Param) -> str:
    default = f" = {print_expression(node.default)}" if node.default is not None else ""
    return f"{_doc(node.doc)}param {node.name}: {node.type}{default}"


@print_expression.register
def _(node: tree.Vary) -> str:
    return f"{_doc(node.doc)}vary {node.name} in [{', '.join(map(print_expression, node.items))}]"


@print_expression.register
def _(node: tree.Declaration) -> str:
    out = f"{_doc(node.doc)}{node.kind} {node.name}"
    if node.parameters:
        out += f"({', '.join(map(print_expression, node.parameters))})"
    if node.row_type is not None:
        out += f": {node.row_type}"
    clauses = (("=", node.value), ("from", node.source), ("of", node.of), ("on", node.on), ("with", node.using))
    for word, value in (*clauses, ("", node.block)):
        if value is not None:
            out += f" {word} {print_expression(value)}" if word else f" {print_expression(value)}"
    return out


@print_expression.register
def _(node: tree.File) -> str:
    return "".join(f"{print_expression(declaration)}\n" for declaration in node.declarations)


def _label(label: str | None) -> str:
    return f" as {label}" if label is not None else ""


def _doc(doc: str) -> str:
    return "".join(f"## {line}".rstrip() + "\n" for line in doc.split("\n")) if doc else ""
