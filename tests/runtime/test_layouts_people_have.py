"""Layouts of well-known data sets, in texts of our own, through whole builds: the turns, what is left out, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.building import build, ledger, rows
from tunec.runtime.rows.messages import sparse

Turns = list[dict[str, Any]]


def read(folder: Path, kind: str, layout: str, *records: Any) -> tuple[list[dict[str, Any]], list[str], str]:
    """The rows that a format makes of records, the reasons why others are none, and the notes."""
    folder.mkdir(exist_ok=True)
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (folder / "d.jsonl").write_text(lines, encoding="utf-8")
    source = f'source a = jsonl("d.jsonl", format: {layout}, on_error: skip)'
    result = build(folder, f"{source}\ndataset s: {kind} from a {{}}")
    assert result.built is not None, result.problems
    left = ledger(result, "s").filter(verdict="quarantined")["rule"].to_list()
    return rows(result, "s").sort("position").to_dicts(), left, "\n".join(result.reporter.warnings)


def pairs(*texts: str) -> Turns:
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]


def turn(human: str, moss: str, thought: str = "None", command: str = "None") -> dict[str, str]:
    return {
        "Human": f"<|Human|>: {human}<eoh>\n",
        "Inner Thoughts": f"<|Inner Thoughts|>: {thought}<eot>\n",
        "Commands": f"<|Commands|>: {command}<eoc>\n",
        "MOSS": f"<|MOSS|>: {moss}<eom>\n",
    }


def test_moss(tmp_path: Path) -> None:
    """Numbered turns, more than nine of them, with marks around their parts."""
    chat = {f"turn_{n}": turn(f"问{n}？", f"答{n}。\n第二行") for n in range(12, 0, -1)}
    plain = {"turn_1": {"Human": "hi", "MOSS": "hello", "Inner Thoughts": "greet"}}
    searched = {"turn_1": turn("hi", "hello", "look", 'Search("x")')}
    lacking = {"turn_1": {"Human": "hi"}}
    layout = '{messages: "chat", user: "Human", assistant: "MOSS", reasoning: "Inner Thoughts"}'
    found, left, said = read(tmp_path, "chat", layout, *({"chat": c} for c in (chat, plain, searched, lacking)))
    assert sparse(found[0]["messages"]) == pairs(
        *(text for n in range(1, 13) for text in (f"问{n}？", f"答{n}。\n第二行"))
    )
    assert sparse(found[1]["messages"]) == [
        *pairs("hi"),
        {"role": "assistant", "content": "hello", "reasoning": "greet"},
    ]
    assert found[2]["messages"][1]["reasoning"] == "look"
    assert left == ["a turn of `chat` has no text in `Human` or `MOSS`"]
    assert "no part of a row: `Commands` of a turn (1)" in said


def test_pairs_of_a_benchmark_of_dialogues(tmp_path: Path) -> None:
    """MT-Bench-101: `history` holds a question and an answer in each object."""
    history = [{"user": "你好", "bot": "好"}, {"user": "Why?", "bot": "Because.\n\nTruly."}]
    layout = '{messages: "history", user: "user", assistant: "bot"}'
    bad = [{"user": "x", "bot": None}]
    found, left, said = read(
        tmp_path, "chat", layout, {"history": history, "task": "CM"}, {"history": bad}, {"history": []}
    )
    assert [sparse(row["messages"]) for row in found] == [pairs("你好", "好", "Why?", "Because.\n\nTruly.")]
    assert sorted(left) == ["`history` is not a list of turns", "a turn of `history` has no text in `user` or `bot`"]
    assert "no part of a row" not in said


@pytest.mark.parametrize("layout", ["preference", "auto(preference)"])
def test_answers_that_repeat_the_prompt(tmp_path: Path, layout: str) -> None:
    """UltraFeedback, binarized: whole chats in `chosen` and `rejected`, the prompt and scores beside them."""
    record = {"prompt": "Q?", "chosen": pairs("Q?", "better"), "rejected": pairs("Q?", "worse"), "score_chosen": 8.5}
    apart = {"prompt": "Q?", "chosen": pairs("Q?", "better"), "rejected": pairs("Other?", "worse")}
    silent = {"prompt": "Q?", "chosen": pairs("Q?", "better"), "rejected": pairs("Q?")}
    found, left, _ = read(
        tmp_path, "preference", layout, record, {**record, "messages": pairs("Q?", "better")}, silent, apart
    )
    assert [sparse(row["messages"]) for row in found] == [pairs("Q?")] * 2
    assert [[sparse(row[side]) for side in ("chosen", "rejected")] for row in found] == [
        [[{"role": "assistant", "content": text}] for text in ("better", "worse")]
    ] * 2
    assert sorted(left) == [
        "`chosen` and `rejected` do not answer the same prompt",
        "`rejected` does not end with an answer",
    ]


@pytest.mark.parametrize("layout", ["preference", "auto(preference)"])
def test_the_context_is_what_both_answers_begin_with(tmp_path: Path, layout: str) -> None:
    record = {"chosen": pairs("先", "甲", "末", "乙"), "rejected": pairs("先", "甲", "末", "丙")}
    found, _, _ = read(tmp_path, "preference", layout, record)
    assert sparse(found[0]["messages"]) == pairs("先", "甲", "末")


def test_questions_alone_are_tasks(tmp_path: Path) -> None:
    """MT-Bench: the turns of the user, with no answers."""
    found, left, _ = read(tmp_path, "task", '{prompt: "turns.0"}', {"turns": ["写诗", "Shorter."]}, {"turns": []})
    assert [(sparse(row["prompt"]), row["answer"]) for row in found] == [(pairs("写诗"), None)]
    assert left == ["has no `turns.0`"]


def test_transcripts_of_two_answers(tmp_path: Path) -> None:
    """HH: two transcripts that begin alike; one that ends with the human is set aside."""
    start = "\n\nHuman: 你好\n\nAssistant: 好\n\nHuman: Why?\n\nAssistant:"
    record = {"chosen": f"{start} Because.", "rejected": f"{start} No."}
    found, left, _ = read(tmp_path, "preference", "hh", record, {"chosen": start + " a", "rejected": start})
    assert sparse(found[0]["messages"]) == pairs("你好", "好", "Why?")
    assert left == ["a transcript does not end with an answer"]


def test_earlier_turns_in_a_column_of_their_own(tmp_path: Path) -> None:
    """ChatGLM and LLaMA-Factory: `history` is a list of pairs, and the input stands below the question."""
    layout = '{history: "h", user: "q", input: "more", assistant: "a"}'
    first = {"h": [["你好", "好"], ["Why?", "So."]], "q": "And?", "more": "7 km", "a": "Then."}
    records = [
        first,
        {"h": [], "q": "One", "a": "1"},
        {"q": "Two", "more": "", "a": "2"},
        {"h": "x", "q": "3", "a": ""},
    ]
    found, left, said = read(tmp_path, "chat", layout, *records)
    assert [sparse(row["messages"]) for row in found] == [
        pairs("你好", "好", "Why?", "So.", "And?\n7 km", "Then."), pairs("One", "1"), pairs("Two", "2"),
    ]  # fmt: skip
    assert left == ["`h` is a text that is not a list of turns in JSON"]
    assert "no part of a row" not in said


def test_earlier_turns_before_a_preference_and_a_rated_answer(tmp_path: Path) -> None:
    earlier, asked = [["A?", "a"]], pairs("A?", "a", "B?\nx")
    layout = '{history: "h", prompt: "q", input: "i", chosen: "c", rejected: "r"}'
    record = {"h": earlier, "q": "B?", "i": "x", "c": "good", "r": "bad", "l": True}
    found, _, _ = read(tmp_path, "preference", layout, record)
    assert sparse(found[0]["messages"]) == asked
    assert [sparse(found[0][side])[0]["content"] for side in ("chosen", "rejected")] == ["good", "bad"]
    layout = '{history: "h", prompt: "q", input: "i", completion: "c", label: "l"}'
    found, _, _ = read(tmp_path / "rated", "rated", layout, record)
    assert sparse(found[0]["messages"]) == asked


def test_a_system_prompt_that_is_not_read_is_named(tmp_path: Path) -> None:
    """OpenOrca's `system_prompt` and a weight of the row."""
    layout = '{instruction: "question", response: "response"}'
    record = {"system_prompt": "简短。", "question": "Why?", "response": "So.", "sample_weight": 0.5}
    _, _, said = read(tmp_path, "instruction", layout, record)
    assert "no part of a row: `sample_weight` (1)" in said and "no part of a row: `system_prompt` (1)" in said
    found, _, said = read(tmp_path, "instruction", layout.replace("}", ', system: "system_prompt"}'), record)
    assert found[0]["system"] == "简短。" and "system_prompt" not in said
