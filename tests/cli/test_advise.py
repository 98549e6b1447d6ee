"""`tunec advise` on twelve situations of the guide: what it says, what it advises against, and the reasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tunec.advise.advice import advise
from tunec.advise.questions import QUESTIONS, Baseline, Situation
from tunec.main import app

#: What somebody wants, their answers, the ways to take beside the prompt, and words of a reason for the last of them.
SITUATIONS: list[tuple[str, dict[str, Any], list[str], str]] = [
    ("ask a general model to summarise mails", {}, [], "has to beat"),
    (
        "answer about a product catalogue that changes daily",
        {"knowledge": "facts", "change": "often"},
        ["retrieval"],
        "changed in the index",
    ),
    (
        "answer from statutes and cite them",
        {"knowledge": "facts", "sources": "yes", "tolerance": "low"},
        ["retrieval"],
        "name the passage",
    ),
    ("write in the voice of a brand", {"tone": "custom", "labelled": 200}, ["lora"], "1 to 6 %"),
    ("a brand's voice, without an example yet", {"tone": "custom"}, ["lora"], "16 GB"),
    ("classify comments with 100 labels", {"labelled": 100, "tasks": "one"}, ["lora"], "48 to 73 %"),
    ("classify comments with 10 labels", {"labelled": 10, "tasks": "one"}, [], "below 50 %"),
    (
        "the best score on one task, money is there",
        {"labelled": 20_000, "tasks": "one", "cost": "high"},
        ["full"],
        "60 GB in bf16",
    ),
    (
        "an assistant for everything, money is there",
        {"labelled": 20_000, "tasks": "many", "cost": "high", "tone": "custom"},
        ["lora"],
        "best",
    ),
    (
        "an adviser with a house style over changing documents",
        {"knowledge": "facts", "tone": "custom", "change": "slowly", "labelled": 300},
        ["retrieval", "lora"],
        "format",
    ),
    ("teach a language, 24 billion tokens", {"knowledge": "ability", "tokens": 24 * 10**9}, ["continued"], "18 days"),
    ("teach a language, one book", {"knowledge": "ability", "tokens": 200_000}, ["lora"], "has the ability"),
]


@pytest.mark.parametrize(("what", "answers", "ways", "reason"), SITUATIONS, ids=[s[0] for s in SITUATIONS])
def test_twelve_situations(what: str, answers: dict[str, Any], ways: list[str], reason: str) -> None:
    advice = advise(Situation(**answers))
    assert [way.name for way in advice.ways] == ["prompt", *ways]
    assert any(reason in said for said in advice.ways[-1].reasons)
    refused = {way.name for way in advice.against}
    assert "pretraining" in refused and not refused & {way.name for way in advice.ways}
    # Nothing is passed over: every way is advised, or there is a reason against it.
    assert {"retrieval", "continued"} <= refused | {way.name for way in advice.ways}
    assert all(way.reasons for way in (*advice.ways, *advice.against))


def test_flags_answer_and_the_project_starts(tmp_path: Path) -> None:
    flags = [f"--{q.flag}={next(iter(q.answers), '120')}" for q in QUESTIONS if q.flag != "knowledge"]
    place = tmp_path / "p"
    done = CliRunner().invoke(app, ["advise", *flags, "--knowledge", "facts", "--start", str(place)])
    assert done.exit_code == 0, done.output
    assert "examples in the prompt + retrieval" in done.output and "facts from outside" in done.output
    assert (place / "documents.tune").exists()
    document = json.loads(CliRunner().invoke(app, ["advise", *flags, "--knowledge", "none", "--json"]).stdout)
    assert document["answers"]["labelled"] == 120 and document["ways"][0]["name"] == "prompt"


def test_without_a_terminal_every_question_needs_its_flag() -> None:
    done = CliRunner().invoke(app, ["advise", "--tone", "custom"])
    assert done.exit_code == 2 and "--knowledge" in done.output and "--tone," not in done.output


@pytest.mark.parametrize(
    ("value", "said"), [(0.31, "a few hundred examples to train on help"), (0.72, "may be enough")]
)
def test_a_measured_score_is_a_reason(value: float, said: str) -> None:
    measured = Baseline("base", "multiple_choice(on: exam, shots: 3)", "accuracy", value, value - 0.1, value + 0.1)
    reasons = " ".join(advise(Situation(labelled=120, baseline=measured)).ways[0].reasons)
    assert f"base reaches accuracy {value:.0%}" in reasons and said in reasons and "95 % interval" in reasons
    assert "are the baseline" not in reasons
    perplexity = Baseline("base", "perplexity(on: chat.test)", "perplexity", 12.345)
    assert (
        advise(Situation(baseline=perplexity))
        .ways[0]
        .reasons[1]
        .startswith("measured: base reaches perplexity 12.3 in")
    )


EVALUATED = """spec exam(version: "1.0.0-dev", license: "MIT")
benchmark quiz = rows([
    {question: "What is the capital of France?", choices: ["Paris", "a chair"], answer: "Paris"},
    {question: "What colour is snow?", choices: ["white", "seven"], answer: "white"},
    {question: "What do cows drink?", choices: ["water", "stones"], answer: "water"},
])
model base = bundled("smollm2-135m-instruct")
evaluate scores of base { multiple_choice(on: quiz, shots: 1) }
"""


@pytest.mark.model
def test_a_model_is_measured_with_examples_in_its_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quiz.tune").write_text(EVALUATED)  # not the name of the spec
    (tmp_path / "none.tune").write_text('spec none(version: "1.0.0-dev", license: "MIT")\n' + DATA)
    flags = [f"--{q.flag}={next(iter(q.answers), '120')}" for q in QUESTIONS]
    done = CliRunner().invoke(app, ["advise", *flags, "--evaluate", "quiz.tune", "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    published = json.loads((tmp_path / "build/exam/evaluations/scores.json").read_text("utf-8"))[0]
    assert document["baseline"]["value"] == published["models"]["base"]["accuracy"]
    assert document["baseline"]["measure"] == "multiple_choice(on: quiz, shots: 1)" == published["measure"]
    assert any("base reaches accuracy" in reason for reason in document["ways"][0]["reasons"])
    refused = CliRunner().invoke(app, ["advise", *flags, "--evaluate", "none.tune"])
    assert refused.exit_code == 2 and "measures no model" in refused.output


DATA = 'source x = rows([{instruction: "Say it.", response: "It."}])\ndataset out from x {}\n'
