"""How lists of messages lie in a frame, and what expressions compute of them.

A message is a struct with the fields of `tunec.compiler.types.MESSAGE`. A field that a message does not have is
missing. `arguments` of a call is JSON text, so that a table never pads one call with the keys of another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tunec.compiler.types import CONTENT, MESSAGE, MESSAGES, OPTIONAL, RowType

if TYPE_CHECKING:
    import polars as pl

#: A message as records and exports have it: a dictionary with the keys of `MESSAGE` that are not missing.
Message = dict[str, Any]

#: Characters without width or ink: joiners, direction marks, a byte order mark, a soft hyphen.
_INVISIBLE = dict.fromkeys(
    (0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)


def message_type() -> pl.Struct:
    """The Polars type of a message."""
    import polars as pl

    call = pl.Struct({"id": pl.String, "name": pl.String, "arguments": pl.String})
    special: dict[str, Any] = {"tool_calls": pl.List(call), "train": pl.Boolean()}
    return pl.Struct({name: special.get(name, pl.String()) for name in MESSAGE})


def content_schema(rows: RowType) -> dict[str, pl.DataType]:
    """The Polars types of the content columns of a row type."""
    import polars as pl

    special: dict[str, Any] = {"choices": pl.List(pl.String), "label": pl.Boolean()}
    special |= dict.fromkeys(MESSAGES.get(rows, ()), pl.List(message_type()))
    return {name: special.get(name, pl.String()) for name in CONTENT[rows]}


def is_messages(kind: object) -> bool:
    """Whether a Polars type is that of a list of messages, whole or with some of their fields."""
    import polars as pl

    return isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct)


def sparse(messages: Iterable[Mapping[str, Any]] | None) -> list[Message]:
    """Messages without what they do not have, calls of tools included."""
    found = []
    for message in messages or ():
        told = {name: value for name, value in message.items() if value is not None}
        if "tool_calls" in told:
            told["tool_calls"] = [{k: v for k, v in call.items() if v is not None} for call in told["tool_calls"]]
        found.append(told)
    return found


def shown(value: Any) -> Any:
    """A value of a row as people and files are shown it: messages without what they do not have."""
    return sparse(value) if isinstance(value, list) and value and isinstance(value[0], dict) else value


def is_blank(text: str | None) -> bool:
    """Whether a text shows nothing: missing, white space, or marks that no font draws."""
    return not text or not text.translate(_INVISIBLE).strip()


def empty_answer(messages: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a model would learn from some turn to say nothing: one that neither says something nor calls a tool."""
    return any(
        message["role"] == "assistant"
        and message.get("train") is not False
        and is_blank(message.get("content"))
        and not message.get("tool_calls")
        for message in messages
    )


def completed(frame: pl.DataFrame, row_type: RowType) -> pl.DataFrame:
    """A frame with all content columns of its type, and messages with all their fields, as the engine has them.

    Published files leave out what no row of them has.
    """
    import polars as pl

    types = content_schema(row_type)
    missing = [pl.lit(None, kind).alias(name) for name, kind in types.items() if name not in frame.columns]
    changed = [
        _widened(pl.col(name), frame.schema[name]).alias(name)
        for name in MESSAGES.get(row_type, ())
        if name in frame.columns and frame.schema[name] != types[name]
    ]
    return frame.with_columns(*missing, *changed)


def hideable(row_type: RowType) -> list[str]:
    """The columns that are not published where no row has anything in them."""
    return [name for name in ("system", "tools") if name in OPTIONAL.get(row_type, ())]


def narrowed(frame: pl.DataFrame, row_type: RowType) -> pl.DataFrame:
    """A frame whose messages have only the fields that some message of it has, `role` and `content` always."""
    return narrowed_to(frame, fields_there(frame, row_type))


def fields_there(frame: pl.DataFrame, row_type: RowType) -> dict[str, set[str]]:
    """By column of messages, the fields that some message of a frame has, and `role` and `content`."""
    found = {}
    for name in MESSAGES.get(row_type, ()):
        whole = frame[name].explode().drop_nulls()
        found[name] = {f for f in MESSAGE if f in ("role", "content") or whole.struct.field(f).is_not_null().any()}
    return found


def narrowed_to(frame: pl.DataFrame, there: Mapping[str, set[str]]) -> pl.DataFrame:
    """A frame whose messages have these fields alone."""
    import polars as pl

    changed = []
    for name, kept in there.items():
        if len(kept) < len(MESSAGE):
            fields = [pl.element().struct.field(f) for f in MESSAGE if f in kept]
            changed.append(pl.col(name).list.eval(pl.struct(fields)))
    return frame.with_columns(changed)


def _widened(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    import polars as pl

    wanted = message_type()
    assert isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct)
    has = {field.name for field in kind.inner.fields}
    element = pl.element().struct
    added = element.with_fields(pl.lit(None, f.dtype).alias(f.name) for f in wanted.fields if f.name not in has)
    return column.list.eval(added).list.eval(pl.struct(element.field(f.name).cast(f.dtype) for f in wanted.fields))


def texts_of(columns: Sequence[str], field: str = "content", *roles: str) -> pl.Expr:
    """The texts in a field of the messages of some columns, of these roles or of all: a list without missing ones."""
    import polars as pl

    element = pl.element()
    lists = []
    for name in columns:
        chosen = element.filter(element.struct.field("role").is_in(roles)) if roles else element
        lists.append(pl.col(name).list.eval(chosen.struct.field(field).drop_nulls()))
    return lists[0] if len(lists) == 1 else pl.concat_list(lists)


def last_of(columns: Sequence[str], field: str, role: str) -> pl.Expr:
    """What the last message of a role has in a field; missing where it has nothing there."""
    import polars as pl

    element = pl.element()
    of_role = element.filter(element.struct.field("role") == role).struct.field(field)
    found = [pl.col(name).list.eval(of_role) for name in columns]
    return (found[0] if len(found) == 1 else pl.concat_list(found)).list.last()


def calls_of(columns: Sequence[str], field: str) -> pl.Expr:
    """A field of all calls of tools in the messages of some columns, as a list without missing ones."""
    import polars as pl

    calls = pl.element().struct.field("tool_calls").explode().struct.field(field).drop_nulls()
    found = [pl.col(name).list.eval(calls) for name in columns]
    return found[0] if len(found) == 1 else pl.concat_list(found)


def offered(tools: pl.Series) -> pl.Series:
    """The names of the tools that each row offers, read off their schemas."""
    import polars as pl

    named = {text: _names(text) for text in tools.unique().drop_nulls()}
    return pl.Series(tools.name, [named.get(text, []) for text in tools], pl.List(pl.String))


def _names(tools: str) -> list[str]:
    found = []
    for schema in json.loads(tools):
        inner = schema.get("function", schema) if isinstance(schema, dict) else schema
        name = inner.get("name") if isinstance(inner, dict) else None
        if isinstance(name, str):
            found.append(name)
    return found
