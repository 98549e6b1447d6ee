"""Names of fields and of other columns, where they stand in an expression over a row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tunec.compiler.elaborate.builder import Builder, Flow, Value
from tunec.compiler.elaborate.columns import column_type, columns_of
from tunec.compiler.lowered import Field
from tunec.compiler.types import ANY, NONE, TEXT, Type
from tunec.dsl.tree import Name


def column(builder: Builder, node: Name, flow: Flow) -> Value:
    """A column of the files at hand that is written without `meta.`."""
    builder.canonical[node.span] = f"meta.{node.text}"
    return Value(type_of_column(builder, flow, node.text), Field(f"meta.{node.text}"), row=True)


def named_in(builder: Builder, flow: Flow) -> Iterator[str]:
    """What a bare name in an expression over a row may mean."""
    return chain(builder.field_types(flow), flow.lets, columns_of(builder, flow.node))


#: What a finder can search and a mask can change: by the name of the type.
_TEXTS = ("text", "messages", "mixed", "any")


def searched(builder: Builder, node: Name, flow: Flow, want: Type) -> Value | None:
    """A field that a finder is to search."""
    text, names = node.text, builder.field_types(flow)
    if text in names:
        kind = Type("none") if text in ("id", "tool_calls") else type_of_field(names[text])
    elif node.parts[0] == "meta" and len(node.parts) == 2:
        kind = type_of_column(builder, flow, node.parts[1])
    elif text in columns_of(builder, flow.node):
        builder.canonical[node.span] = text = f"meta.{text}"
        kind = type_of_column(builder, flow, node.text)
    else:
        builder.unknown("field", text, chain(names, columns_of(builder, flow.node)), node.span, "T210")
        return None
    if (kind.item or ANY if kind.name == "list" else kind).name not in _TEXTS:
        help_ = "`response` covers the arguments of calls" if text == "tool_calls" else ""
        builder.report("T210", f"`{text}` is not text that can be searched and changed", node.span, help=help_)
        return None
    return Value(want, text)


def type_of_column(builder: Builder, flow: Flow, name: str) -> Type:
    """The type of a column `meta.NAME` of the rows of a flow."""
    kind = column_type(builder, flow.node, name)
    return ANY if kind == NONE else kind  # a missing value may stand anywhere


def type_of_field(kind: str) -> Type:
    """The type of a field, by what the row type says of it."""
    if kind == "list[text]":
        return Type("list", TEXT)
    return Type(kind)
