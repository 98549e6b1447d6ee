"""What a stage like `mask` looks for, and how it is replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.operator import OperatorError
from tunec.runtime.rows import row_type_of


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for something in a field of the row.

    `places(texts)` has a line for every place, none over another, ordered by text and place: `text` (number in the
    series), `start`, `end` in characters, `kind` (a word for what stands there).
    """

    field: str
    places: Callable[[pl.Series], pl.DataFrame]


#: The columns that a field reads, where it is no column itself. Chats are read turn by turn (`roles_of`).
_COLUMNS: dict[RowType, dict[str, tuple[str, ...]]] = {
    RowType.TEXT: {"prompt": ("text",), "response": ("text",)},
    RowType.INSTRUCTION: {"prompt": ("instruction", "input"), "text": CONTENT[RowType.INSTRUCTION]},
    RowType.PREFERENCE: {"response": ("chosen", "rejected"), "text": CONTENT[RowType.PREFERENCE]},
    RowType.CHOICE: {"prompt": ("question",), "response": ("answer",), "text": CONTENT[RowType.CHOICE]},
}
_ROLES = {"prompt": "user", "prompts": "user", "response": "assistant", "responses": "assistant"}


def columns_of(rows: pl.DataFrame, field: str) -> tuple[str, ...]:
    """The columns in which a field of these rows is written; OperatorError where it is no text."""
    row_type = row_type_of(rows)
    if row_type is RowType.CHAT and field in (*_ROLES, "text", "messages"):
        return ("messages",)
    names = _COLUMNS.get(row_type, {}).get(field, (field,))
    if any(rows.schema.get(name) not in (pl.String, pl.List(pl.String)) for name in names) or field in ("id", "origin"):
        raise OperatorError(f"`{field}` of {row_type} rows is no text that could be changed")
    return names


def replaced(column: pl.Series, search: Search, word: str | None) -> tuple[pl.Series, pl.DataFrame]:
    """A column with everything that the search finds replaced by `word`, or by its kind in brackets, and the places
    with the number of their `row`. The column holds texts, lists of texts, or the turns of chats."""
    if column.dtype == pl.String:
        texts, row = column, pl.int_range(len(column), dtype=pl.Int64, eager=True)
    else:
        items = pl.DataFrame({"item": column}).with_row_index("row").explode("item").drop_nulls("item")
        row, inner = items["row"].cast(pl.Int64), items["item"]
        texts = inner if inner.dtype == pl.String else inner.struct.field("content")
        if inner.dtype != pl.String and search.field in _ROLES:
            # A turn of somebody else is not looked at.
            asked = inner.struct.field("role") == _ROLES[search.field]
            texts = pl.select(pl.when(asked).then(texts)).to_series()
    places = search.places(texts)
    found = places.with_columns(row=row.gather(places["text"]))
    if not places.height:
        return column, found
    new = _written(texts, places, word)
    if column.dtype == pl.String:
        return new.alias(column.name), found
    if inner.dtype == pl.String:
        changed = new
    else:
        content = pl.coalesce(new.alias("new"), pl.col("item").struct.field("content"))
        changed = items.select(pl.col("item").struct.with_fields(content.alias("content")))["item"]
    lists = pl.DataFrame({"row": row, "item": changed}).group_by("row", maintain_order=True).agg("item")
    whole = pl.DataFrame({"row": pl.int_range(len(column), dtype=pl.Int64, eager=True), "old": column})
    joined = whole.join(lists, on="row", how="left", maintain_order="left")
    # Lists without items have no group, and stay as they are.
    return joined.select(pl.coalesce("item", "old").alias(column.name))[column.name], found


def _written(texts: pl.Series, places: pl.DataFrame, word: str | None) -> pl.Series:
    rows, written = [], []
    for (row,), spans in places.group_by("text", maintain_order=True):
        text, end, parts = texts[int(str(row))], 0, []
        for start, stop, kind in spans.select("start", "end", "kind").iter_rows():
            parts += [text[end:start], f"[{kind.upper()}]" if word is None else word]
            end = stop
        rows.append(row)
        written.append("".join(parts) + text[end:])
    return texts.scatter(pl.Series(rows, dtype=pl.UInt32), pl.Series(written, dtype=pl.String))
