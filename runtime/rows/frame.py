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

Every row type always has all its content columns; what a row does not have is missing there, never an empty text.
`tunec.runtime.rows.messages` says how lists of messages lie in them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.types import CONTENT, MESSAGES, OPTIONAL, RowType
from tunec.runtime.rows.messages import calls_of, is_messages, last_of, message_type, offered, sparse, texts_of
from tunec.runtime.rows.nested import values_of
from tunec.runtime.store.files import naming

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Portions

#: `json.dumps` makes an encoder anew each time.
_SAID = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_IDENTIFIED = 50_000  # rows whose content is in memory twice at once
IDENTITY = ("id", "origin", "position", "parents")


def among(rows: pl.DataFrame, members: pl.DataFrame) -> pl.Series:
    """Which of the rows are among others, as they are or as they were before their text was changed."""
    import polars as pl

    keys = ["id", "origin", "position"]
    known = members.select(*keys, pl.lit(True).alias("among")).unique()
    return rows.select(keys).join(known, on=keys, how="left", maintain_order="left")["among"].fill_null(False)


def derived(row_type: RowType, field: str) -> pl.Expr:
    """The Polars expression for a field of a row (`tunec.compiler.types.FIELDS`), stored or computed.

    `prompt` of an instruction is the instruction, and the input after a blank line where there is one. `text` is what
    is said, one part after another on lines of their own: no system prompt and no schema of a tool, which repeat in
    every row.
    """
    import polars as pl

    if row_type in MESSAGES:
        return _of_messages(row_type, field)
    if field in CONTENT[row_type]:
        return pl.col(field)
    if row_type is RowType.INSTRUCTION:
        prompt = (
            pl.when(pl.col("input").fill_null("") == "")
            .then(pl.col("instruction"))
            .otherwise(pl.concat_str([pl.col("instruction"), pl.col("input")], separator="\n\n"))
        )
        if field == "prompt":
            return prompt
        return pl.concat_str([prompt, pl.col("response").fill_null("")], separator="\n")
    question = pl.col("question")
    if field == "prompt":
        return question
    if field == "response":
        return pl.col("answer")
    choices = pl.col("choices").list.join("\n").fill_null("")
    return pl.concat_str([question, choices, pl.col("answer")], separator="\n")


#: Where the answers of a row stand, and its last one, by row type.
_ANSWERED = {RowType.CHAT: "messages", RowType.PREFERENCE: "chosen", RowType.RATED: "completion"}


def _of_messages(row_type: RowType, field: str) -> pl.Expr:
    """A field of rows that hold messages. Of a preference, the context and the chosen answer are what is said."""
    import polars as pl

    context = MESSAGES[row_type][0]
    answered = _ANSWERED.get(row_type, context)
    said = tuple(dict.fromkeys((context, answered)))
    if field in ("messages", "label") or (field == "answer" and row_type is RowType.TASK):
        return pl.col(field)
    if field in ("chosen", "rejected", "completion"):
        return last_of((field,), "content", "assistant")
    if field == "tools":
        return pl.col("tools").map_batches(offered, return_dtype=pl.List(pl.String))
    if field == "turns":
        return pl.sum_horizontal(pl.col(name).list.len() for name in said).cast(pl.Int64)
    if field == "tool_calls":
        return calls_of(said, "name")
    if field == "text":
        return texts_of(said, "content", "user", "assistant", "tool").list.join("\n")
    if field == "prompt":
        return last_of((context,), "content", "user")
    if field == "prompts":
        return texts_of((context,), "content", "user")
    if field == "response":
        return last_of((answered,), "content", "assistant")
    if field == "responses":
        return texts_of(said, "content", "assistant")
    if field == "reasoning":
        return last_of((answered,), "reasoning", "assistant")
    if field == "reasonings":
        return texts_of(said, "reasoning", "assistant")
    raise KeyError(field)


def row_type_of(frame: Portions) -> RowType:
    """The row type of a frame, read off its content columns; a KeyError where it has those of none."""
    for row_type in (*MESSAGES, RowType.INSTRUCTION, RowType.CHOICE, RowType.TEXT):
        lists = MESSAGES.get(row_type, ())
        # A `let` may be called `messages` where rows are no chats, and a chat has less than a preference.
        rank = all(name in frame.columns for name in CONTENT[row_type])
        if rank and all(is_messages(frame.schema[name]) for name in lists) and not _is_more(frame, row_type):
            return row_type
    raise KeyError(f"no content columns among {frame.columns}")


def _is_more(frame: Portions, row_type: RowType) -> bool:
    """Whether a frame with the columns of a chat has those of a preference or of a rated answer as well."""
    others = ("chosen", "completion") if row_type is RowType.CHAT else ()
    return any(name in frame.columns and is_messages(frame.schema[name]) for name in others)


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


def digests_of(content: pl.DataFrame, row_type: RowType) -> list[bytes]:
    """The hash of the content of each row, 16 bytes."""
    import polars as pl

    blake = hashlib.blake2b
    return [blake(text, digest_size=16).digest() for text in contents(content, row_type).cast(pl.Binary).to_list()]


def identify_all(digests: bytes) -> pl.Series:
    """The same of all rows of a source at once, by the hashes of their contents one after another: 16 bytes a row, and
    32 for its id."""
    import numpy as np
    import polars as pl

    halves = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)
    ordinals = np.zeros(len(halves), dtype=np.int64)
    frame = pl.DataFrame({"high": halves[:, 0], "low": halves[:, 1]}).with_row_index("row")
    again = frame.filter(pl.struct("high", "low").is_duplicated())
    again = again.with_columns(ordinal=pl.int_range(pl.len()).over("high", "low"))
    ordinals[again["row"].to_numpy()] = again["ordinal"].to_numpy()
    del frame, again
    blake, parts = hashlib.blake2b, [pl.Series("id", [], pl.String)]
    for start in range(0, len(ordinals), _IDENTIFIED):
        counts = ordinals[start : start + _IDENTIFIED].astype(">u8").tobytes()
        both = (
            digests[16 * (start + number) : 16 * (start + number) + 16] + counts[8 * number : 8 * number + 8]
            for number in range(len(counts) // 8)
        )
        parts.append(pl.Series("id", [blake(one, digest_size=8).hexdigest() for one in both], pl.String))
    return pl.concat(parts)


def _ids(content: pl.DataFrame, row_type: RowType, counted: Counter[bytes]) -> list[str]:
    blake = hashlib.blake2b
    digests = digests_of(content, row_type)
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


def contents(content: pl.DataFrame, row_type: RowType) -> pl.Series:
    """All content of each row as one text: equal where the content is."""
    import polars as pl

    columns = [_plain(content[name]) for name in CONTENT[row_type]]
    # Each text after its length, so that no two contents run together to the same; a missing one is no empty one,
    # unless rows may lack it. `tools` came later: rows without them have the ids that they had before.
    parts = []
    for column in (pl.col(c.name) for c in columns):
        name = column.meta.output_name()
        missing = "-" if name not in OPTIONAL.get(row_type, ()) else "" if name == "tools" else "0:"
        # `pl.format` would end in a panic where all rows of a part were dropped before (Polars 2.1).
        parts.append(pl.concat_str(column.str.len_bytes(), pl.lit(":"), column).fill_null(missing))
    return pl.DataFrame(columns).select(pl.concat_str(parts).alias("content")).to_series()


def _plain(column: pl.Series) -> pl.Series:
    """A content column as texts: lists (turns, choices) as canonical JSON, without what messages do not have."""
    import polars as pl

    if column.dtype in (pl.String, pl.Boolean):
        return column.cast(pl.String)
    values = values_of(column)
    said = _texts_said if column.dtype == pl.List(pl.String) else _SAID
    if is_messages(column.dtype):
        values = [None if value is None else sparse(value) for value in values]
    return pl.Series(column.name, [None if v is None else said(v) for v in values], pl.String)


def _texts_said(texts: list[str | None]) -> str:
    """The same of a list of texts, for which the encoder takes several times as long."""
    return f"[{','.join(['null' if text is None else encode_basestring(text) for text in texts])}]"


def widened(frame: pl.DataFrame) -> pl.DataFrame:
    """Instructions as chats of one exchange."""
    import polars as pl

    kinds = message_type().fields

    def turn(role: str, content: pl.Expr) -> pl.Expr:
        told = {"role": pl.lit(role), "content": content}
        return pl.struct(told.get(f.name, pl.lit(None, f.dtype)).alias(f.name) for f in kinds)

    system = pl.when(pl.col("system").fill_null("") != "").then(pl.concat_list(turn("system", pl.col("system"))))
    pair = pl.concat_list(turn("user", derived(RowType.INSTRUCTION, "prompt")), turn("assistant", pl.col("response")))
    messages = system.otherwise(pl.lit([], pl.List(message_type())))
    tools = pl.lit(None, pl.String).alias("tools")
    content = CONTENT[RowType.INSTRUCTION]
    return frame.with_columns(messages.list.concat(pair).alias("messages"), tools).drop(content)


def write_parquet(frame: pl.DataFrame, path: Path, *, quick: bool = False, level: int | None = None) -> None:
    """Write rows so that the same rows give the same bytes. A full disk is an OSError.

    `quick`: packed less tightly, in half the time, for what only builds read. `level`: how tightly otherwise.
    """
    with naming(path):
        frame.write_parquet(
            path,
            compression="lz4" if quick else "zstd",
            compression_level=None if quick else level,
            statistics=not quick,
            row_group_size=100_000,
        )
