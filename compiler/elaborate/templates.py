"""Texts of a method that hold the names of columns of its seeds: `{{ instruction }}`, `{{ meta.topic }}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain

from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder, Flow
from tunec.compiler.elaborate.columns import columns_of
from tunec.compiler.elaborate.expressions import lower
from tunec.compiler.lowered import Field, Lowered
from tunec.compiler.types import ANY, CONTENT
from tunec.dsl.tree import Argument, Call, Expression, Name

_NAME = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
#: Columns that rows of every type have.
_ALWAYS = ("id", "origin")


def named_in(
    builder: Builder, operator: Operator, call: Call, args: Mapping[str, Lowered], seeds: Flow
) -> list[str] | None:
    """The other columns, `meta.NAME`, that the templates of a method name; None where one names what the seeds do not
    have, which is reported."""
    found: dict[str, None] = {}
    for parameter in operator.templates:
        text = args.get(parameter)
        where = _argument(operator, call, parameter)
        if not isinstance(text, str) or where is None:
            continue
        for name in dict.fromkeys(_NAME.findall(text)):
            if name in CONTENT[seeds.rows] or name in _ALWAYS or name in seeds.lets:
                continue
            column = _column(builder, name, where, seeds)
            if column is None:
                return None
            found[column] = None
    return list(found)


def _argument(operator: Operator, call: Call, parameter: str) -> Expression | None:
    """What a call gives for a parameter."""
    positional = [p.name for p in operator.parameters if not p.keyword_only]
    given: list[tuple[str | None, Argument]] = [
        (argument.name or (positional[i] if i < len(positional) else None), argument)
        for i, argument in enumerate(call.arguments)
    ]
    return next((argument.value for name, argument in given if name == parameter), None)


def _column(builder: Builder, name: str, where: Expression, seeds: Flow) -> str | None:
    """The column `meta.NAME` that a name in a template means; None where it means none, which is reported."""
    parts = tuple(name.split("."))
    columns = columns_of(builder, seeds.node)
    if len(parts) == 2 and parts[0] == "meta":
        value = lower(builder, Name(parts, where.span), seeds, ANY)
        return value.lowered.name if value is not None and isinstance(value.lowered, Field) else None
    if name in columns:
        return f"meta.{name}"
    builder.unknown("column", name, chain(CONTENT[seeds.rows], seeds.lets, columns), where.span)
    return None
