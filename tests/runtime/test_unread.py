"""What a format makes of the names of sides, and what it tells of columns that it does not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import build
from tests.runtime.test_messages_in_builds import published


def write(folder: Path, *records: Any) -> None:
    (folder / "d.jsonl").write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records), encoding="utf-8")


def test_what_sides_are_called_counts_in_any_case(tmp_path: Path) -> None:
    turns = [("Driver", "Where?"), ("CAR", "There."), ("driver", "When?"), ("car", "Now.")]
    write(tmp_path, {"turns": [{"by": who, "say": text} for who, text in turns]})
    layout = '{messages: "turns", role: "by", content: "say", user: "driver", assistant: "Car"}'
    result = build(tmp_path, f'source a = jsonl("d.jsonl", format: {layout})\ndataset s from a {{ shuffle() }}')
    assert [turn["role"] for turn in published(result)["messages"][0]] == ["user", "assistant"] * 2
    assert result.problems == ()


def test_a_stated_side_leaves_a_word_of_its_own_meaning_alone(tmp_path: Path) -> None:
    turns = [("system", "Be brief."), ("USER", "Hi"), ("SYSTEM", "Hello.")]
    write(tmp_path, {"turns": [{"by": who, "say": text} for who, text in turns]})
    layout = '{messages: "turns", role: "by", content: "say", user: "USER", assistant: "SYSTEM"}'
    result = build(tmp_path, f'source a = jsonl("d.jsonl", format: {layout})\ndataset s from a {{ shuffle() }}')
    assert [turn["role"] for turn in published(result)["messages"][0]] == ["system", "user", "assistant"]


ASKED = {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]}
PAIR = {"prompt": "Why?", "chosen": "Because.", "rejected": "No."}


@pytest.mark.parametrize(
    ("layout", "record", "left"),
    [
        ("auto(chat)", {**ASKED, "response": "Therefore."}, ["response"]),
        ("messages", {**ASKED, "response": "Therefore."}, ["response"]),
        ("sharegpt", {"conversations": [{"from": "human", "value": "a"}],
         "text": "b", "input": "c"}, ["input", "text"]),
        ("preference", {**PAIR, "messages": ASKED["messages"], "question": "Who?"}, ["question"]),
        ("auto", {"instruction": "a", "output": "b", "response": "c"}, ["response"]),
        ("auto", {"prompt": "a", "response": "b", "answer": "c"}, ["answer"]),
        ("dolly", {"instruction": "a", "response": "b", "output": "c"}, ["output"]),
        ("choice", {"question": "a", "answer": "b", "solution": "c"}, ["solution"]),
        ("auto(task)", {"question": "a", "answer": "b", "solution": "c"}, ["solution"]),
        ("hh", {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c", "prompt": "d"},
         ["prompt"]),
        # What repeats the row, says nothing, or is kept is not lost.
        ("messages", {**ASKED, "prompt": "Why?", "response": None, "id": 4, "answer": ""}, []),
        ("preference", {**PAIR, "messages": ASKED["messages"]}, []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["jsonl", "parquet"])
def test_a_column_with_content_that_no_format_reads_is_told(
    tmp_path: Path, layout: str, record: dict[str, Any], left: list[str], end: str
) -> None:
    write(tmp_path, record)
    pl.DataFrame([record], infer_schema_length=None).write_parquet(tmp_path / "d.parquet")
    result = build(tmp_path, f'source a = {end}("d.{end}", format: {layout})\ndataset s from a {{ shuffle() }}')
    told = [note.partition(": ")[2] for note in result.reporter.warnings if "no part of a row" in note]
    assert told == [f"no part of a row: `{name}` (1)" for name in left]


def test_a_column_that_the_spec_keeps_is_not_told_as_lost(tmp_path: Path) -> None:
    write(tmp_path, {**ASKED, "answer": "Therefore."})
    spec = 'source a = jsonl("d.jsonl", format: messages)\ndataset s from a { filter { keep chars(meta.answer) > 2 } }'
    assert not [note for note in build(tmp_path, spec).reporter.warnings if "no part of a row" in note]
