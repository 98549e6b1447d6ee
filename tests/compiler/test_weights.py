"""What reads the weights of a model is told where it is given one behind a server, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

SPEC = """
source q = rows([{instruction: "q", response: "a"}], license: "MIT")
benchmark exam = rows([{question: "q", choices: ["a", "b"], answer: "a"}])
model base = bundled("smollm2-135m-instruct")
model teacher = %s
dataset s from q { shuffle() }
"""
TEACHERS = ('openai("m", base_url: "http://127.0.0.1:9/v1")', 'replay("answers.jsonl")')


def errors(folder: Path, teacher: str, text: str) -> list[tuple[str, str]]:
    (folder / "answers.jsonl").write_text("")
    found = check_spec(folder / "t.tune", load_catalogue(), text=SPEC % teacher + text).diagnostics
    return [(d.code, d.message) for d in found if d.severity == "error" and d.code != "T401"]


@pytest.mark.parametrize("teacher", TEACHERS)
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("evaluate e of [base, teacher] { perplexity(on: s) multiple_choice(on: exam) }", "which `perplexity` reads"),
        ("evaluate e of teacher { multiple_choice(on: exam) }", "which `multiple_choice` reads"),
        ('evaluate e of teacher { harness(tasks: ["arc_easy"]) }', "which `harness` reads"),
        ("evaluate e of teacher { contamination(on: exam, reference: base) }", "which `contamination` reads"),
        ("evaluate e of base { forgetting(on: s, base: teacher) }", "which `forgetting` reads"),
        ("dataset d from q { let x = ifd(using: teacher) }", "which `ifd` reads"),
        ("dataset d from q { select(1, by: top(perplexity(response, using: teacher))) }", "which `perplexity` reads"),
        ("dataset d from q { let x = naturalness(using: teacher) }", "which `naturalness` reads"),
        ("train t from teacher on s { lora() sft() }", "to be trained"),
        ("merge m from [base, teacher] { slerp() }", "to be merged"),
        ("merge m from base { ties(teacher) }", "to be merged"),
    ],
)
def test_weights_that_are_not_here(tmp_path: Path, teacher: str, text: str, what: str) -> None:
    ((code, message),) = errors(tmp_path, teacher, text)
    where = "behind a server" if teacher.startswith("openai") else "a recording of answers"
    assert code == "T208" and message.startswith(f"this model is {where}, so its weights are not here")
    assert message.endswith(what)


@pytest.mark.parametrize(
    "text",
    [
        "evaluate e of [base, teacher] { exact_match(on: s) pairwise(base, on: s, against: teacher) }",
        "evaluate e of base { contamination(on: exam, reference: teacher) }",
        "dataset d from q { let x = judge(teacher) }",
    ],
)
def test_what_asks_takes_any_model(tmp_path: Path, text: str) -> None:
    assert not [e for e in errors(tmp_path, TEACHERS[0], text) if e[0] == "T208"]
