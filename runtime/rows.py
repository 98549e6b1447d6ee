"""How rows lie in a frame while the engine works on them.

Every frame has the identity columns of `IDENTITY`, then the content columns of its row type
(`tunec.compiler.types.CONTENT`), then `meta.NAME` for other columns of the source that the spec reads, then one column
for every `let`. After a `split` there is the column `split`.

- `id`: 16 hex digits of a hash of (content at birth, number of earlier rows with that content in the source); never
  changes afterwards.
- `origin`: first 16 hex digits of the fingerprint of the source or generation step that made the row.
- `position`: number of the record in its source, counted from zero (for line formats: the line), or the number of the
  draft in its generation step.
- `parents`: ids of the rows that it was made from (empty for sources).

`instruction` rows always have all four content columns; absent `input` and `system` are empty texts, never null.
`messages` is a list of structs `{role: text, content: text}`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.types import CONTENT, RowType

if TYPE_CHECKING:
    import polars as pl

_IDENTIFIED = 50_000  # rows whose content is in memory twice at once
IDENTITY = ("id", "origin", "position", "parents")


def derived(row_type: RowType, field: str) -> pl.Expr:
    """The Polars expression for a field of a row (`tunec.compiler.types.FIELDS`), stored or computed.

    `prompt` of an instruction is the instruction, and the input after a blank line where there is one; `text` is the
    prompt and the response, one after another, separated by a line break.
    """
    import polars as pl

    if field in CONTENT[row_type]:
        return pl.col(field)
    if row_type is RowType.INSTRUCTION:
        prompt = (
            pl.when(pl.col("input") == "")
            .then(pl.col("instruction"))
            .otherwise(pl.concat_str([pl.col("instruction"), pl.col("input")], separator="\n\n"))
        )
        if field == "prompt":
            return prompt
        return pl.concat_str([prompt, pl.col("response").fill_null("")], separator="\n")
    if row_type is RowType.CHAT:
        return _of_chat(field)
    if row_type is RowType.PREFERENCE:
        return pl.concat_str([pl.col("prompt"), pl.col("chosen")], separator="\n")
    question = pl.col("question")
    if field == "prompt":
        return question
    if field == "response":
        return pl.col("answer")
    return pl.concat_str([question, pl.col("choices").list.join("\n").fill_null(""), pl.col("answer")], separator="\n")


def _of_chat(field: str) -> pl.Expr:
    import polars as pl

    messages = pl.col("messages")
    contents = messages.list.eval(pl.element().struct.field("content"))
    if field == "text":
        return contents.list.join("\n")
    role = "user" if field.startswith("prompt") else "assistant"
    turns = messages.list.eval(pl.element().filter(pl.element().struct.field("role") == role).struct.field("content"))
    return turns if field.endswith("s") else turns.list.last()


def row_type_of(frame: pl.DataFrame) -> RowType:
    """The row type of a frame, read off its content columns; a KeyError where it has those of none."""
    import polars as pl

    for row_type in (RowType.CHAT, RowType.INSTRUCTION, RowType.PREFERENCE, RowType.CHOICE, RowType.TEXT):
        has_all = all(name in frame.columns for name in CONTENT[row_type])
        # A `let` may be called `messages` where rows are no chats.
        if has_all and (row_type is not RowType.CHAT or isinstance(frame.schema["messages"], pl.List)):
            return row_type
    raise KeyError(f"no content columns among {frame.columns}")


def identify(content: pl.DataFrame, row_type: RowType, seen: Counter[bytes] | None = None) -> pl.Series:
    """The ids of rows in source order (`docs/semantics.md`, identity): a hash of the content, and of the number of
    earlier rows with the same content. `seen` counts on over several calls for one source.
    """
    import polars as pl

    counted = Counter[bytes]() if seen is None else seen
    ids: list[str] = []
    for start in range(0, content.height, _IDENTIFIED):
        ids += _ids(content.slice(start, _IDENTIFIED), row_type, counted)
    return pl.Series("id", ids, pl.String)


def _ids(content: pl.DataFrame, row_type: RowType, counted: Counter[bytes]) -> list[str]:
    import polars as pl

    columns = [_plain(content[name]) for name in CONTENT[row_type]]
    # Each text after its length, so that no two contents run together to the same; a missing one is no empty one.
    parts = [pl.format("{}:{}", c.str.len_bytes(), c).fill_null("-") for c in (pl.col(c.name) for c in columns)]
    whole = pl.DataFrame(columns).select(pl.concat_str(parts).alias("whole"))["whole"]
    blake = hashlib.blake2b
    digests = [blake(text, digest_size=16).digest() for text in whole.cast(pl.Binary).to_list()]
    if len(set(digests)) == len(digests) and counted.keys().isdisjoint(digests):
        counted.update(dict.fromkeys(digests, 1))
        first = (0).to_bytes(8, "big")
        return [blake(digest + first, digest_size=8).hexdigest() for digest in digests]
    ids = []
    for digest in digests:
        ordinal = counted[digest]
        counted[digest] += 1
        ids.append(blake(digest + ordinal.to_bytes(8, "big"), digest_size=8).hexdigest())
    return ids


def _plain(column: pl.Series) -> pl.Series:
    """A content column as texts: lists (turns, choices) as canonical JSON."""
    import polars as pl

    if column.dtype == pl.String:
        return column
    # `json.dumps` makes an encoder anew each time.
    said = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
    return pl.Series(column.name, [said(v) for v in column.to_list()], pl.String)


def widened(frame: pl.DataFrame) -> pl.DataFrame:
    """Instructions as chats of one exchange."""
    import polars as pl

    def turn(role: str, content: pl.Expr) -> pl.Expr:
        return pl.struct(pl.lit(role).alias("role"), content.alias("content"))

    system = pl.when(pl.col("system") != "").then(pl.concat_list(turn("system", pl.col("system"))))
    pair = pl.concat_list(turn("user", derived(RowType.INSTRUCTION, "prompt")), turn("assistant", pl.col("response")))
    messages = system.otherwise(pl.lit([], pl.List(pl.Struct({"role": pl.String, "content": pl.String}))))
    content = CONTENT[RowType.INSTRUCTION]
    return frame.with_columns(messages.list.concat(pair).alias("messages")).drop(content)


def write_parquet(frame: pl.DataFrame, path: Path, *, quick: bool = False) -> None:
    """Write rows so that the same rows give the same bytes. A full disk is an OSError.

    `quick`: packed less tightly, in half the time, for what only builds read.
    """
    import polars as pl

    try:
        frame.write_parquet(path, compression="lz4" if quick else "zstd", statistics=not quick, row_group_size=100_000)
    except pl.exceptions.ComputeError as error:
        # Polars wraps what the system says while columns are written.
        system = re.search(r"\(os error (\d+)\)", str(error))
        if system is None:
            raise
        raise OSError(int(system[1]), os.strerror(int(system[1])), str(path)) from error
