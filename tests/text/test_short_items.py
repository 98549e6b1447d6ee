"""Short benchmark items inside of longer prompts are found by what stands beside them, and not by chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build, ledger

FRANCE, WATER = "What is the capital of France?", "水的化学式是什么？"


def dropped(folder: Path, texts: list[tuple[str, str]], benchmark: str, how: str = "") -> list[int]:
    """The numbers of the rows that a benchmark drops."""
    rows = [{"instruction": prompt, "output": response} for prompt, response in texts]
    (folder / "t.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    spec = f"""
    source t = jsonl("t.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = rows([{benchmark}])
    dataset out from t {{ decontaminate(against: [quiz]{how}) {{ exact() }} }}
    """
    found = ledger(build(folder, spec), "out").filter(verdict="dropped")
    assert set(found["rule"]) <= {"exact()"}
    return sorted(found["position"])


@pytest.mark.parametrize("question, answer, other", [(FRANCE, "Paris", "Lyon"), (WATER, "H₂O", "CO₂")])
def test_with_the_answer_in_the_row(tmp_path: Path, question: str, answer: str, other: str) -> None:
    item = f'{{question: "{question}", choices: ["{answer}", "{other}"], answer: "{answer}"}}'
    long = f"Be brief. {question} 请用一句话回答。"
    texts = [
        (long, f"{answer}."),
        (long, "I do not know."),
        (f"{long} {answer}, {other}?", "The first."),
        (f"Say something else. {answer}.", f"{answer}."),
    ]
    assert dropped(tmp_path, texts, item) == [0, 2]
    # Only what is compared can be beside it.
    assert dropped(tmp_path, texts, item, ", fields: [prompt]") == [2]


def test_without_choices_as_a_sentence(tmp_path: Path) -> None:
    pairs = {FRANCE: "Paris", WATER: "", "Why me?": ""}
    item = ", ".join(f'{{question: "{question}", answer: "{answer}"}}' for question, answer in pairs.items())
    texts = [
        (f"Answer in French.\n{FRANCE} Explain.", "Lyon?"),
        (f"回答下面的问题：{WATER}谢谢", "不知道"),
        ("Translate: what is the capital of France doing for the south of it?", "Beaucoup."),
        ("Some ask: why me? Others do not.", "Indeed."),
    ]
    assert dropped(tmp_path, texts, item) == [0, 1]


def test_a_question_that_every_exam_asks_means_nothing_alone(tmp_path: Path) -> None:
    item = '{question: "下列说法正确的是", choices: ["水往高处流", "太阳从东边升起"], answer: "太阳从东边升起"}'
    exam = "请选择。下列说法正确的是：A. {} B. 鱼会走"
    texts = [(exam.format("鸟会飞"), "A"), (exam.format("太阳从东边升起"), "A")]
    assert dropped(tmp_path, texts, item) == [1]


def test_the_answer_is_not_looked_for_in_the_question(tmp_path: Path) -> None:
    item = '{question: "Is red or blue warmer?", choices: ["red", "blue"], answer: "red"}'
    texts = [("Tell me. Is red or blue warmer?", "That depends."), ("Tell me. Is red or blue warmer?", "I think red.")]
    assert dropped(tmp_path, texts, item) == [1]
