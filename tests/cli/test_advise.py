"""`tunec advise` on twelve situations of the guide: what it says, what it advises against, and the reasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tunec.advise.advice import advise
from tunec.advise.questions import QUESTIONS, Situation
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
