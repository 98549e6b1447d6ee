"""Every text of a row that training may see, one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.compiler.types import FIELDS, MESSAGES, RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.rows.frame import derived, row_type_of
from tunec.runtime.rows.messages import calls_of, texts_of
from tunec.runtime.rows.portions import Portions, portioned
from tunec.runtime.sources.choices import right_choice
from tunec.runtime.text.laid_out import unescaped
from tunec.runtime.text.leaves import leaves
from tunec.runtime.text.words import count_tokens

#: What `prompt` and `response` stand for in rows without messages, where every text is read.
_EVERY_TEXT: dict[RowType, dict[str, tuple[str, ...]]] = {
    RowType.TEXT: {"prompt": ("text",), "response": ("text",)},
    RowType.INSTRUCTION: {"prompt": ("prompt", "system")},
}
#: Tags, bars of a table, marks of notes, and what begins a line of a list or of a remark.
_TAG = r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>\n]{0,200})?/?>"
_MAKE_UP = rf"{_TAG}|\|+|\[\d{{1,3}}\]|(?m:^[ \t]*(?:\*|//+)[ \t]+)"
_LINE_END = r"(?i)<br\s*/?>|</(?:p|div|li|tr|pre|h[1-6])>"
_HINT = r"[<|]|\[\d|\*[ \t]|//"
#: Who writes what a model is given.
GIVEN = ("system", "developer", "user", "tool")


def turns(rows: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """The texts of these fields, columns `row` and `text`.

    `prompt` and `response` of rows with messages are all turns: what a model is given (system prompts and answers of
    tools as well), and what it writes (its reasoning and the arguments of its calls as well), in both answers of a
    preference.
    """
    row_type = row_type_of(rows)
    parts = [
        rows.select(expr.alias("text")).with_row_index("row").explode("text") if listed else
        rows.select(expr.alias("text")).with_row_index("row")
        for expr, listed in _expressions(row_type, dict.fromkeys(fields))
    ]  # fmt: skip
    if row_type in MESSAGES and "response" in fields:
        calls = rows.select(calls_of(MESSAGES[row_type], "arguments").alias("text")).with_row_index("row")
        exploded = calls.explode("text").drop_nulls()
        parts.append(exploded.with_columns(text=leaves(exploded["text"])))
    return pl.concat(parts).drop_nulls()


def compared(rows: pl.DataFrame, fields: Sequence[str], with_: str) -> pl.DataFrame:
    """The texts that are compared with a benchmark, for `fields` and `with` of `decontaminate`: a question and its
    answer may stand in prompt and response, so those are read together too. What a user says in several turns is there
    as one text as well. A text in which the words of an item may be parted by escapes, or by what makes up a page, is
    there again without that."""
    found = turns(rows, [*fields, "text"] if with_ == "question_answer" else fields)
    row_type = row_type_of(rows)
    if row_type in MESSAGES and "prompt" in fields:
        users = rows.select(text=texts_of(MESSAGES[row_type], "content", "user")).with_row_index("row")
        several = users.filter(pl.col("text").list.len() > 1)
        found = pl.concat([found, several.with_columns(pl.col("text").list.join("\n"))])
    found = pl.concat([found, unescaped(found)])
    made_up = found.filter(pl.col("text").str.contains(_HINT)).filter(pl.col("text").str.contains(_MAKE_UP))
    tagged = made_up.filter(pl.col("text").str.contains(_TAG))
    # Code on a page has tags around it, and bars and numbers of its own in it.
    untagged = pl.col("text").str.replace_all(_LINE_END, "\n").str.replace_all(_TAG, " ")
    plain = untagged.str.replace_all(_MAKE_UP, " ")
    return pl.concat([found, tagged.with_columns(untagged), made_up.with_columns(plain)])


def _expressions(row_type: RowType, fields: dict[str, None]) -> list[tuple[pl.Expr, bool]]:
    """The expressions for fields, and whether each of them is a list of texts. Raises OperatorError."""
    found: dict[str, tuple[pl.Expr, bool]] = {}
    for field in fields:
        if row_type in MESSAGES and field in ("prompt", "response"):
            columns = MESSAGES[row_type]
            if field == "prompt":
                found[field] = texts_of(columns, "content", *GIVEN), True
            else:
                found[field] = texts_of(columns, "content", "assistant"), True
                found["reasoning"] = texts_of(columns, "reasoning"), True
                if row_type is RowType.TASK:
                    found["answer"] = pl.col("answer"), False
            continue
        for name in _EVERY_TEXT.get(row_type, {}).get(field, (field,)):
            kind = FIELDS[row_type].get(name)
            if kind not in ("text", "list[text]"):
                raise OperatorError(f"{row_type} rows have no text `{field}` to compare with a benchmark")
            found[name] = derived(row_type, name), kind == "list[text]"
    return list(found.values())


def questions(rows: pl.DataFrame) -> pl.Series:
    """The question of each benchmark item."""
    row_type = row_type_of(rows)
    field = "text" if row_type is RowType.TEXT else "prompt"
    return rows.select(derived(row_type, field).alias("text")).to_series()


def answers(rows: pl.DataFrame) -> pl.Series:
    """The answer of each benchmark item as text: the last one of a chat, the better one of a preference."""
    row_type = row_type_of(rows)
    others = {RowType.TEXT: "text", RowType.PREFERENCE: "chosen", RowType.TASK: "answer"}
    field = others.get(row_type, "response")
    if row_type is RowType.CHOICE:
        said = rows["answer"]
        # Most say the choice itself, and no more needs to be looked at.
        named = rows.select(pl.col("choices").list.contains(pl.col("answer"))).to_series().fill_null(False)
        unlike = (~named).arg_true()
        chosen = [_chosen(*row) for row in rows[unlike].select("choices", "answer").iter_rows()]
        return said.clone().scatter(unlike, pl.Series(chosen, dtype=pl.String))
    return rows.select(derived(row_type, field).alias("answer")).to_series()


def choices(rows: pl.DataFrame) -> pl.Series:
    """The choices of each benchmark item; missing where it has none."""
    if row_type_of(rows) is RowType.CHOICE and "choices" in rows.columns:
        return rows["choices"]
    return pl.Series("choices", [None] * rows.height, pl.List(pl.String))


def _chosen(choices: Sequence[str] | None, answer: str | None) -> str | None:
    right = right_choice(answer, choices) if choices and answer is not None else None
    return answer if right is None or choices is None else choices[right]


def row_tokens(rows: Portions) -> NDArray[np.int64]:
    """The tokens of each row's whole text, as `tunec.runtime.text.words.count_tokens` counts."""
    text = derived(row_type_of(rows), "text").alias("text")
    return np.concatenate([count_tokens(part.to_series()).to_numpy() for part in portioned(rows).parts(text)])
