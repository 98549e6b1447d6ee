"""What a stage like `mask` looks for, and how it is replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from tunec.compiler.types import CONTENT, MESSAGES, RowType
from tunec.runtime.base import json_text
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.rows.frame import IDENTITY, row_type_of
from tunec.runtime.rows.messages import Message, is_messages
from tunec.runtime.rows.nested import typed, values_of
from tunec.runtime.text.leaves import with_texts


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for something in a field of the row.

    `places(texts)` has a line for every place, none over another, ordered by text and place: `text` (number in the
    series), `start`, `end` in characters, `kind` (a word for what stands there).
    """

    field: str
    places: Callable[[pl.Series], pl.DataFrame]


#: The columns that a field reads, where it is no column itself. Messages are read one by one (`_SIDES`).
_COLUMNS: dict[RowType, dict[str, tuple[str, ...]]] = {
    RowType.TEXT: {"prompt": ("text",), "response": ("text",)},
    RowType.INSTRUCTION: {"prompt": ("instruction", "input", "system"), "text": CONTENT[RowType.INSTRUCTION]},
    RowType.CHOICE: {"prompt": ("question",), "response": ("answer",), "text": CONTENT[RowType.CHOICE]},
    RowType.CHAT: {"text": CONTENT[RowType.CHAT], "tools": ("tools",)},
    RowType.PREFERENCE: {
        "text": CONTENT[RowType.PREFERENCE], "chosen": ("chosen",), "rejected": ("rejected",), "tools": ("tools",),
    },
    RowType.RATED: {
        "text": ("messages", "completion", "tools"), "completion": ("completion",), "tools": ("tools",),
    },
    RowType.TASK: {"text": CONTENT[RowType.TASK], "answer": ("answer",), "response": ("answer",)},
}  # fmt: skip
_GIVEN, _WRITTEN = ("system", "developer", "user", "tool"), ("assistant",)
_SIDES = {"prompt": _GIVEN, "prompts": _GIVEN, "response": _WRITTEN, "responses": _WRITTEN}


def columns_of(rows: pl.DataFrame, field: str) -> tuple[str, ...]:
    """The columns in which a field of these rows is written; OperatorError where it is no text."""
    row_type = row_type_of(rows)
    names = _COLUMNS.get(row_type, {}).get(field)
    if names is None and field in (*_SIDES, "messages", "reasoning", "reasonings"):
        names = MESSAGES.get(row_type)
    names = names or (field,)
    kinds = [rows.schema.get(name) for name in names]
    texts = all(kind in (pl.String, pl.List(pl.String)) or is_messages(kind) for kind in kinds)
    if not texts or field in ("id", "origin"):
        raise OperatorError(f"`{field}` of {row_type} rows is not text that can be changed")
    return names


#: A whole number of so many digits tells of somebody.
_LONG = 7


def replaced(column: pl.Series, search: Search, word: str | None) -> tuple[pl.Series, pl.DataFrame]:
    """A column with everything that the search finds replaced by `word`, or by its kind in brackets, and the places
    with the number of their `row` and what is `said` there. The column holds texts, lists of texts, messages, or
    schemas of tools as JSON."""
    if is_messages(column.dtype):
        return _in_objects(column, values_of(column), search, word)
    if column.name == "tools" and column.dtype == pl.String:
        return _in_objects(column, [None if text is None else [{"tools": text}] for text in column], search, word)
    if column.dtype == pl.String:
        texts, row = column, pl.int_range(len(column), dtype=pl.Int64, eager=True)
    else:
        items = pl.DataFrame({"item": column}).with_row_index("row").explode("item").drop_nulls("item")
        row, texts = items["row"].cast(pl.Int64), items["item"]
    places = search.places(texts)
    found = places.with_columns(row=row.gather(places["text"]), said=_said(texts, places))
    if not places.height:
        return column, found
    new = _written(texts, places, word)
    if column.dtype == pl.String:
        return new.alias(column.name), found
    lists = pl.DataFrame({"row": row, "item": new}).group_by("row", maintain_order=True).agg("item")
    whole = pl.DataFrame({"row": pl.int_range(len(column), dtype=pl.Int64, eager=True), "old": column})
    joined = whole.join(lists, on="row", how="left", maintain_order="left")
    # Lists without items have no group, and stay as they are.
    return joined.select(pl.coalesce("item", "old").alias(column.name))[column.name], found


def _said(texts: pl.Series, places: pl.DataFrame) -> pl.Series:
    at = places.select(text=texts.gather(places["text"]), start="start", length=pl.col("end") - pl.col("start"))
    return at.select(pl.col("text").str.slice(pl.col("start"), pl.col("length")))["text"]


def repeated(rows: pl.DataFrame, found: pl.DataFrame, word: str | None) -> pl.DataFrame:
    """Rows with what was found in the text of each also replaced where a column beside the content (a `let`,
    `meta.NAME`) repeats it, in whatever letter case. A long whole number that repeats it is missing then."""
    content = (*IDENTITY, *CONTENT[row_type_of(rows)])
    kinds = {name: kind for name, kind in rows.schema.items() if name not in content}
    beside = [n for n, kind in kinds.items() if kind == pl.String or kind.is_nested() or kind.is_integer()]
    if not beside or not found.height:
        return rows
    searches: dict[int, Callable[[str], str]] = {}
    for (row,), places in found.group_by("row", maintain_order=True):
        searches[int(str(row))] = _replacing(dict(places.select("said", "kind").iter_rows()), word)
    for name in beside:
        values = values_of(rows[name])
        changed = {row: with_texts(values[row], change, _unless(change)) for row, change in searches.items()}
        changed = {row: value for row, value in changed.items() if value != values[row]}
        if changed:
            new = [changed.get(row, value) for row, value in enumerate(values)]
            rows = rows.with_columns(typed(name, new, rows.schema[name]))
    return rows


def _unless(change: Callable[[str], str]) -> Callable[[Any], Any]:
    """Whole numbers stay unless their digits would be changed. A short one may be the same by chance."""
    return lambda number: None if len(str(number)) >= _LONG and change(str(number)) != str(number) else number


def _replacing(kinds: dict[str, str], word: str | None) -> Callable[[str], str]:
    """Replaces any of some texts, where no letter or digit goes on; the longest of those that begin at one place."""
    words = {said.lower(): f"[{kind.upper()}]" if word is None else word for said, kind in kinds.items()}
    any_of_them = next(iter(words.values()))  # letters that no lower case undoes, as `İ`
    whole = (
        ("(?<![A-Za-z0-9])" if said[0].isalnum() else "")
        + re.escape(said)
        + ("(?![A-Za-z0-9])" if said[-1].isalnum() else "")
        for said in sorted(kinds, key=len, reverse=True)
    )
    pattern = re.compile("|".join(whole), re.IGNORECASE)
    return lambda text: pattern.sub(lambda match: words.get(match[0].lower(), any_of_them), text)


#: The texts of dropped rows. Partners and measured values come from any field, so that each is searched whole.
_DROPPED = ("value", "partner_text", "prompt", "response")


def masked_drops(drops: pl.DataFrame, search: Search) -> pl.DataFrame:
    """Dropped rows with everything that the search finds replaced by its kind, whichever field it is to look at."""
    whole = Search("text", search.places)
    return drops.with_columns(replaced(drops[name], whole, None)[0] for name in _DROPPED)


def masked_words(texts: Sequence[str], search: Search) -> list[str]:
    """What was told of rows, likewise."""
    given = pl.Series("text", texts, pl.String)
    return replaced(given, Search("text", search.places), None)[0].to_list()


def _in_objects(
    column: pl.Series, objects: list[list[Message] | None], search: Search, word: str | None
) -> tuple[pl.Series, pl.DataFrame]:
    """The same of messages, of which every text of the field's side is read: content, reasoning, arguments of calls."""
    texts: list[str] = []
    rows: list[int] = []

    def collect(text: str) -> str:
        texts.append(text)
        return text

    for number, messages in enumerate(objects):
        for message in messages or ():
            _changed(message, search.field, collect)
        rows += [number] * (len(texts) - len(rows))
    given = pl.Series("text", texts, pl.String)
    places = search.places(given)
    row = pl.Series("row", rows, pl.Int64).gather(places["text"])
    found = places.with_columns(row=row, said=_said(given, places))
    if not places.height:
        return column, found
    new: Iterator[str] = iter(_written(given, places, word))
    changed = [
        None if messages is None else [_changed(message, search.field, lambda _: next(new)) for message in messages]
        for messages in objects
    ]
    if column.dtype == pl.String:
        return pl.Series(column.name, [None if m is None else m[0]["tools"] for m in changed], pl.String), found
    return pl.Series(column.name, changed, column.dtype), found


def _changed(message: Message, field: str, change: Callable[[str], str]) -> Message:
    """A message with its texts changed, always in the same order."""
    if message.get("role") not in _SIDES.get(field, (message.get("role"),)):
        return message  # a turn of somebody else is not looked at
    found = dict(message)
    keys = ("reasoning",) if field in ("reasoning", "reasonings") else ("content", "reasoning")
    for key in keys:
        if found.get(key) is not None:
            found[key] = change(found[key])
    if "content" in keys:
        if found.get("tool_calls"):
            found["tool_calls"] = [
                {**c, "arguments": _in_json(c["arguments"], change, numbers=True)} for c in found["tool_calls"]
            ]
        if found.get("tools") is not None:
            found["tools"] = _in_json(found["tools"], change)
    return found


def _in_json(text: str | None, change: Callable[[str], str], *, numbers: bool = False) -> Any:
    """JSON with its texts changed; with `numbers` also whole ones, which may be telephone numbers as texts are."""

    def by_digits(number: Any) -> Any:
        said = change(str(number))
        return number if said == str(number) else said

    if text is None:
        return None
    return json_text.dumps(with_texts(json_text.loads(text), change, by_digits if numbers else None))


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
