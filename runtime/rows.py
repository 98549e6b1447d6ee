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


def identify(content: list[dict[str, object]], row_type: RowType) -> list[str]:
    """The ids of rows in source order (`docs/semantics.md`, identity): equal content is told apart by its ordinal."""
    seen: Counter[bytes] = Counter()
    ids = []
    for row in content:
        canonical = json.dumps([row.get(name) for name in CONTENT[row_type]], ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.blake2b(canonical.encode(), digest_size=16).digest()
        ordinal = seen[digest]
        seen[digest] += 1
        ids.append(hashlib.blake2b(digest + ordinal.to_bytes(8, "big"), digest_size=8).hexdigest())
    return ids


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


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write rows so that the same rows give the same bytes. A full disk is an OSError."""
    import polars as pl

    try:
        frame.write_parquet(path, compression="zstd", statistics=True, row_group_size=100_000)
    except pl.exceptions.ComputeError as error:
        # Polars wraps what the system says while columns are written.
        system = re.search(r"\(os error (\d+)\)", str(error))
        if system is None:
            raise
        raise OSError(int(system[1]), os.strerror(int(system[1])), str(path)) from error
