"""Chats, preferences, rated answers and tasks through whole builds: what is kept, compared, published and said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from tests.building import Result, build, ledger, rows
from tunec.main import app
from tunec.runtime.exchange.export import export
from tunec.runtime.rows.messages import sparse
from tunec.runtime.versions.verify import verify

RULES = " ".join(f"Rule {n}: be polite and name article {n} when someone asks." for n in range(30))
ITEM = "A farmer has seventeen sheep and all but nine run away; how many sheep are left?"
TOOL = {"type": "function", "function": {"name": "w", "parameters": {"type": "object"}}}


def write(folder: Path, *records: Any, name: str = "d.jsonl") -> None:
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (folder / name).write_text(text + "\n", encoding="utf-8")


def chat(*turns: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": said} for role, said in turns], **more}


def published(result: Result, kind: str = "train") -> pl.DataFrame:
    assert result.built is not None and result.built.published is not None
    return pl.read_parquet(result.built.published.out / f"datasets/s/{kind}-00000.parquet")


def test_chats_under_one_long_system_prompt_are_compared_by_what_is_said(tmp_path: Path) -> None:
    tools = [TOOL, {**TOOL, "function": {"name": "v", "description": RULES}}]
    write(
        tmp_path,
        chat(("system", RULES), ("user", "Tell me about whales."), ("assistant", "They are mammals."), tools=tools),
        chat(("system", RULES), ("user", "罗马有多古老？"), ("assistant", "很古老。"), tools=tools),
    )
    result = build(tmp_path, 'source a = jsonl("d.jsonl", format: messages)\ndataset s from a { dedup { near(text) } }')
    assert rows(result, "s").height == 2


def test_a_benchmark_item_in_any_text_of_a_row_is_found(tmp_path: Path) -> None:
    write(tmp_path, {"question": ITEM, "answer": "9"}, name="b.jsonl")
    write(
        tmp_path,
        chat(("system", f"Example: {ITEM} Answer: 9."), ("user", "Who are you?"), ("assistant", "A helper.")),
        chat(("user", "Name a bird."), ("assistant", "Crow.")),
    )
    spec = (
        'source a = jsonl("d.jsonl", format: messages)\nbenchmark b = jsonl("b.jsonl", format: choice)\n'
        "dataset s from a { decontaminate(against: [b]) { exact() } }"
    )
    result = build(tmp_path, spec)
    assert rows(result, "s").height == 1
    assert result.built is not None and result.built.published is not None
    assert all(not check.problems for check in verify(result.built.published.folder))


def test_preferences_as_messages(tmp_path: Path) -> None:
    asked = {"role": "user", "content": "Name a bird."}
    answers = [[asked, {"role": "assistant", "content": said}] for said in ("Crow.", "Stone.")]
    write(tmp_path, {"prompt": "Name a bird.", "chosen": answers[0], "rejected": answers[1]})
    spec = (
        'source a = jsonl("d.jsonl", format: preference)\n'
        "dataset s from a { filter { keep words(chosen) == 1 and words(prompt) == 3 and turns == 2 } }"
    )
    result = build(tmp_path, spec)
    (row,) = published(result).select("messages", "chosen", "rejected").to_dicts()
    assert row == {"messages": [asked], "chosen": answers[0][1:], "rejected": answers[1][1:]}


def test_fields_of_chats_with_tools_and_reasoning(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "w", "arguments": '{"city": "北京"}'}}
    turns = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "I have to look."},
        {"role": "tool", "tool_call_id": "1", "content": "sunny"},
        {"role": "assistant", "content": "<think>Easy.</think>Sunny."},
    ]
    write(tmp_path, {"messages": turns, "tools": [TOOL]}, chat(("user", "Hi"), ("assistant", "Hello")))
    spec = (
        'source a = jsonl("d.jsonl", format: messages)\ndataset s from a {\n'
        '    filter { keep "w" in tools and "w" in tool_calls and turns == 4 and words(reasoning) == 1 }\n'
        '    let first = any(contains(reasonings, "look"))\n}'
    )
    result = build(tmp_path, spec)
    frame = rows(result, "s")
    assert frame["first"].to_list() == [True]
    assert sparse(frame["messages"].to_list()[0])[1] == {
        "role": "assistant",
        "reasoning": "I have to look.",
        "tool_calls": [{"id": "1", "name": "w", "arguments": '{"city":"北京"}'}],
    }
    assert published(result)["tools"].to_list() == [json.dumps([TOOL], separators=(",", ":"))]


def test_published_messages_have_the_fields_that_some_message_has_in_every_split(tmp_path: Path) -> None:
    write(tmp_path, *(chat(("user", f"Say {n}."), ("assistant", str(n))) for n in range(20)))
    spec = 'source a = jsonl("d.jsonl", format: messages)\ndataset s from a { split { train: 50%, test: 50% } }'
    result = build(tmp_path, spec)
    for split in ("train", "test"):
        frame = published(result, split)
        assert "tools" not in frame.columns
        assert [field.name for field in frame.schema["messages"].inner.fields] == ["role", "content"]  # type: ignore[union-attr]
    again = 'source b = version("t", dataset: "s", split: "test", rows: chat)\ndataset u from b { shuffle() }'
    second = build(tmp_path, again, name="u.tune")
    assert second.built is not None, second.problems
    assert rows(second, "u").height == 10


def test_rated_answers_and_tasks(tmp_path: Path) -> None:
    write(tmp_path, {"q": "2 + 2?", "a": "4", "up": True}, {"q": "天空?", "a": "绿色", "up": False})
    rated = build(
        tmp_path,
        'source a = jsonl("d.jsonl", format: {prompt: "q", completion: "a", label: "up"})\n'
        "dataset s: rated from a { filter { drop label } }",
    )
    assert published(rated)["label"].to_list() == [False]
    tasks = build(
        tmp_path,
        'source a = jsonl("d.jsonl", format: {prompt: "q", answer: "a"})\n'
        'dataset s: task from a { filter { keep answer == "4" and meta.up } }',
        name="v.tune",
    )
    assert rows(tasks, "s").height == 1
    assert published(tasks).select("answer", "meta.up").rows() == [("4", True)]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"weight": 0.5}, ["no part of a row: `weight` (1)"]),
        ({"history": [["a", "b"]]}, ["no part of a row: `history` (1)"]),
        ({"tools": [TOOL]}, []),
        ({"history": [], "weight": None}, []),
    ],
)
def test_keys_that_change_the_meaning_are_named_once(tmp_path: Path, record: dict[str, Any], said: list[str]) -> None:
    write(tmp_path, chat(("user", "a"), ("assistant", "b"), **record), chat(("user", "c"), ("assistant", "d")))
    result = build(tmp_path, 'source a = jsonl("d.jsonl", format: messages)\ndataset s from a { shuffle() }')
    assert [note.partition(": ")[2] for note in result.reporter.warnings] == said


@pytest.mark.parametrize("end", ["jsonl", "parquet"])
def test_keys_that_an_instruction_has_no_place_for_are_named(tmp_path: Path, end: str) -> None:
    records = [
        {"instruction": "a", "output": "b", "history": [["x", "y"]], "system": "s"},
        {"instruction": "c", "output": "d"},
    ]
    write(tmp_path, *records)
    pl.DataFrame(records, infer_schema_length=None).write_parquet(tmp_path / "d.parquet")
    result = build(tmp_path, f'source a = {end}("d.{end}", format: alpaca)\ndataset s from a {{ shuffle() }}')
    assert result.reporter.warnings == [f"d.{end}: no part of a row: `history` (1)"]
    assert rows(result, "s").sort("position")["system"].to_list() == ["s", None]
    assert rows(result, "s")["input"].to_list() == [None, None]


def test_rows_with_images_are_set_aside_with_the_reason(tmp_path: Path) -> None:
    image = {
        "role": "user",
        "content": [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {}}],
    }
    write(
        tmp_path, chat(("user", "a"), ("assistant", "b")), {"messages": [image, {"role": "assistant", "content": "x"}]}
    )
    result = build(
        tmp_path, 'source a = jsonl("d.jsonl", format: messages, on_error: skip)\ndataset s from a { shuffle() }'
    )
    assert ledger(result, "s").filter(verdict="quarantined")["rule"].to_list() == ["parts that are not text"]


def test_arc_with_numbers_for_labels(tmp_path: Path) -> None:
    texts = ["cat", "crow", "dog", "eel"]
    write(
        tmp_path,
        {"q": "Which animal barks?", "choices": {"text": texts, "label": ["1", "2", "3", "4"]}, "key": "3"},
        {"q": "Which one meows?", "choices": {"text": texts, "label": ["A", "B", "C", "D"]}, "key": "A"},
    )
    layout = '{question: "q", choices: "choices.text", answer: "key"}'
    result = build(tmp_path, f'source a = jsonl("d.jsonl", format: {layout})\ndataset s from a {{}}')
    assert result.built is not None and result.built.published is not None
    done = export(result.built.published.folder, "alpaca", tmp_path / "out")
    text = (done.folder / "s/train.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["output"] for line in text.splitlines()] == ["C. dog", "A. cat"]


def test_peek_and_why_show_messages_without_what_they_do_not_have(tmp_path: Path) -> None:
    write(tmp_path, chat(("user", "  Hi  there "), ("assistant", "Hello")), name="d.jsonl")
    text = 'source a = jsonl("d.jsonl", format: messages)\ndataset s from a { normalize() }'
    result = build(tmp_path, text)
    spec = str(tmp_path / "t.tune")
    peeked = CliRunner().invoke(app, ["peek", spec, "s", "--json"])
    assert peeked.exit_code == 0, peeked.output
    shown = json.loads(peeked.stdout)
    assert shown["messages"] == [{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "Hello"}]
    assert result.built is not None and result.built.published is not None
    told = CliRunner().invoke(app, ["why", str(result.built.published.folder), "Hi there"])
    assert '{"role": "user", "content": "Hi there"}' in told.output and "None" not in told.output


CALL = {"id": "1", "type": "function", "function": {"name": "w", "arguments": '{"to": "a@b.io"}'}}
ANSWERED = {
    "role": "assistant",
    "content": " a@b.io ",
    "reasoning_content": "c@d.io",
    "tool_calls": [CALL],
    "weight": 1,
}


@pytest.mark.parametrize("kind", ["preference", "rated"])
@pytest.mark.parametrize("stage", ["normalize()", "mask(pii(text))", "mask(pii(ANSWER))", "mask(pii(messages))"])
def test_stages_that_change_texts_keep_the_rest_of_messages(tmp_path: Path, kind: str, stage: str) -> None:
    shared = {"prompt": [{"role": "system", "content": "S"}, {"role": "user", "content": "a@b.io?"}], "tools": [TOOL]}
    answers = {"chosen": [ANSWERED], "rejected": "没有"} if kind == "preference" else {"completion": [ANSWERED]}
    write(tmp_path, {**shared, **answers, "label": True})
    answer = next(iter(answers))
    layout = {"preference": "preference", "rated": "kto"}[kind]
    spec = f'source a = jsonl("d.jsonl", format: {layout})\ndataset s from a {{ {stage.replace("ANSWER", answer)} }}'
    (row,) = rows(build(tmp_path, spec), "s").to_dicts()
    hidden = "a@b.io" if stage == "normalize()" else "[EMAIL]"
    thought = "c@d.io" if stage == "normalize()" else "[EMAIL]"
    said = hidden if stage == "normalize()" else f" {hidden} "
    call = {"id": "1", "name": "w", "arguments": f'{{"to":"{hidden}"}}'}
    turn = {"role": "assistant", "content": said, "reasoning": thought, "tool_calls": [call], "train": True}
    assert sparse(row[answer]) == [turn]
    asked = "a@b.io" if "ANSWER" in stage or stage == "normalize()" else "[EMAIL]"
    assert sparse(row["messages"]) == [{"role": "system", "content": "S"}, {"role": "user", "content": f"{asked}?"}]
    assert row["tools"] == json.dumps([TOOL], separators=(",", ":"))
    assert kind == "rated" or sparse(row["rejected"]) == [{"role": "assistant", "content": "没有"}]
