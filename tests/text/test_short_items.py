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


@pytest.mark.parametrize(
    "question, answer, other", [("Capital of France?", "Paris", "Lyon"), ("水的化学式？", "H₂O", "CO₂")]
)
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


@pytest.mark.parametrize("choices", ["", ', choices: ["Paris", "Rome"]'])
def test_as_a_sentence_with_neither_choices_nor_answer(tmp_path: Path, choices: str) -> None:
    pairs = {FRANCE: "Paris", WATER: "Rome", "Why me?": "Paris"}
    item = ", ".join(f'{{question: "{question}", answer: "{answer}"{choices}}}' for question, answer in pairs.items())
    texts = [
        (f"Answer in French.\n{FRANCE} Explain.", "Lyon?"),
        (f"回答下面的问题：{WATER}谢谢", "不知道"),
        ("Translate: what is the capital of France doing for the south of it?", "Beaucoup."),
        ("Some ask: why me? Others do not.", "Indeed."),
    ]
    assert dropped(tmp_path, texts, item) == [0, 1]


def test_what_its_choices_complete_stands_at_the_beginning_of_a_sentence(tmp_path: Path) -> None:
    questions = ("Glucose is carried into the cell by", "三个关节同时受累，称为____", "Inca walls are noted for their:")
    item = ", ".join(f'{{question: "{q}", choices: ["zinc", "ATP"], answer: "ATP"}}' for q in questions)
    texts = [
        ("Go on. Glucose is carried into the cell by", "Insulin."),
        ("Glucose is carried into the cell by what? Be brief.", "Insulin."),
        ("请填空。三个关节同时受累，称为____。谢谢", "不知道"),
        ("Be brief. Inca walls are noted for their: Explain.", "Stones."),
        ("They say that glucose is carried into the cell bypassing it.", "Yes."),
        ("Much glucose is carried into the cell by insulin.", "Yes."),
    ]
    assert dropped(tmp_path, texts, item) == [0, 1, 2, 3]


def test_a_question_that_every_exam_asks_means_nothing_alone(tmp_path: Path) -> None:
    item = ", ".join(
        f'{{question: "{question}", choices: ["水往高处流", "太阳从东边升起"], answer: "太阳从东边升起"}}'
        for question in ("以下哪一个说法是正确的？", "Which of the following is true?")
    )
    for exam in ("请选择。以下哪一个说法是正确的？A. {} B. 鱼会走", "Tick. Which of the following is true? {}, 鱼会走"):
        texts = [(exam.format("鸟会飞"), "A"), (exam.format("太阳从东边升起"), "A")]
        assert dropped(tmp_path, texts, item) == [1]


def test_the_answer_is_not_looked_for_in_the_question(tmp_path: Path) -> None:
    item = '{question: "Red or blue?", choices: ["red", "blue"], answer: "red"}'
    texts = [("Tell me. Red or blue?", "That depends."), ("Tell me. Red or blue?", "I think red.")]
    assert dropped(tmp_path, texts, item) == [1]
