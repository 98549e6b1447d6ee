"""Which rows people should look at, how they are shown, and how edits are applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.compiler.types import CONTENT, MESSAGE, MESSAGES, OPTIONAL, RowType
from tunec.runtime.rows.frame import derived, row_type_of
from tunec.runtime.rows.messages import content_schema, shown
from tunec.runtime.sources.review import WAIT, BadDecisions, Decision, append_lines, read_decisions
from tunec.runtime.text.fractions import share
from tunec.runtime.text.jaccard import similar
from tunec.runtime.text.leaks import DUPLICATE

#: Of each row the number of the nearest other one, and how much they share.
Partners = dict[int, tuple[int, float]]


def suspects(rows: pl.DataFrame, when: pl.Series | None, pairs: float | None) -> tuple[NDArray[np.bool_], Partners]:
    """The rows that are asked about: where the condition is true, or there is a near row, or all without either."""
    if when is None and pairs is None:
        return np.ones(rows.height, dtype=np.bool_), {}
    asked = np.zeros(rows.height, dtype=np.bool_) if when is None else when.fill_null(False).to_numpy().copy()
    partners: Partners = {}
    if pairs is not None:
        text = rows.select(derived(row_type_of(rows), "text").alias("text")).to_series()
        for left, right, value in zip(*(part.tolist() for part in similar(text, share(pairs), 5)), strict=True):
            for row, other in ((left, right), (right, left)):
                if row not in partners or (-value, other) < (-partners[row][1], partners[row][0]):
                    partners[row] = (other, value)
        asked[list(partners)] = True
    return asked, partners


def exported(rows: pl.DataFrame, places: Iterable[int], partners: Partners) -> Iterator[dict[str, Any]]:
    """The lines for these rows."""
    content = CONTENT[row_type_of(rows)]
    for place in places:
        row = rows.row(place, named=True)
        line: dict[str, Any] = {"id": row["id"], "decision": "", **{name: shown(row[name]) for name in content}}
        if place in partners:
            other, value = partners[place]
            near = rows.row(other, named=True)
            line["beside"] = {
                "id": near["id"],
                "shared": round(value, 6),
                **{name: shown(near[name]) for name in content},
            }
        yield line


def acquitted(
    file: Path, name: str, rows: pl.DataFrame, found: pl.DataFrame, items: pl.DataFrame
) -> tuple[list[bool], list[str]]:
    """Which of the matches with a benchmark people decided to keep, and what is to be said of them. Adds the matches
    that are no duplicates to the file. Raises BadDecisions."""
    decided, known = read_decisions(file)
    ids = rows["id"].gather(found["row"]).to_list()
    content = CONTENT[row_type_of(rows)]
    acquits, new, waiting = [], [], 0
    for id_, match in zip(ids, found.iter_rows(named=True), strict=True):
        decision = decided.get(id_)
        if decision is not None and decision.verdict == "edit":
            raise BadDecisions(f"{decided[id_].place}: the row {id_} is a match with a benchmark: `keep` or `drop` it")
        asked = match["class"] != DUPLICATE
        acquits.append(asked and decision is not None and decision.verdict == "keep")
        waiting += asked and decision is None
        if asked and id_ not in known:
            row, item = rows.row(match["row"], named=True), items.row(match["item"], named=True)
            why = {"rule": match["rule"], "value": round(match["value"], 6), "kind": match["class"]}
            beside = {"id": item["id"], **why, "text": item["text"]}
            new.append({"id": id_, "decision": "", **{c: shown(row[c]) for c in content}, "beside": beside})
    append_lines(file, new)
    notes = [f"{waiting:,} rows {WAIT} {name} and are left out until then"] if waiting else []
    return acquits, notes


def edited(rows: pl.DataFrame, edits: Mapping[int, Decision]) -> pl.DataFrame:
    """The rows with the content that edits give them; what an edit does not name stays. Raises BadDecisions."""
    if not edits:
        return rows
    row_type = row_type_of(rows)
    columns = []
    for name, kind in content_schema(row_type).items():
        values = rows[name].to_list()
        for number, edit in edits.items():
            if name in edit.line:
                _check(row_type, name, edit)
                values[number] = edit.line[name]
        columns.append(pl.Series(name, values, kind))
    return rows.with_columns(columns)


def _check(row_type: RowType, name: str, edit: Decision) -> None:
    value = edit.line[name]
    if name in MESSAGES.get(row_type, ()):
        turns = value if isinstance(value, list) else [None]
        fine = all(isinstance(turn, dict) and _is_message(turn) for turn in turns)
    elif name in OPTIONAL.get(row_type, ()) and value is None:
        fine = True
    elif name == "label":
        fine = isinstance(value, bool)
    elif name == "choices":
        fine = value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))
    else:
        fine = isinstance(value, str)
    if not fine:
        said = f"the edit of row {edit.line['id']} has no {row_type} content in `{name}`"
        raise BadDecisions(f"{edit.place}: {said}; write it, or leave `{name}` out to keep what the row has")


def _is_message(turn: Mapping[str, Any]) -> bool:
    texts = ("content", "reasoning", "tool_call_id", "name")
    said = any(turn.get(key) is not None for key in ("content", "reasoning", "tool_calls"))
    calls = turn.get("tool_calls")
    return (
        isinstance(turn.get("role"), str)
        and said
        and turn.keys() <= set(MESSAGE)
        and all(turn.get(key) is None or isinstance(turn[key], str) for key in texts)
        and (turn.get("train") is None or isinstance(turn["train"], bool))
        and (calls is None or (isinstance(calls, list) and all(_is_call(call) for call in calls)))
    )


def _is_call(call: Any) -> bool:
    if not isinstance(call, dict) or not call.keys() <= {"id", "name", "arguments"}:
        return False
    return all(isinstance(call.get(key, ""), str) for key in ("id", "name", "arguments"))
