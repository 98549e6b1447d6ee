"""A stage that drops a large part of a source says so, whatever the stage is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.building import build

#: Ten rows each; of the first, five are short and equal.
SOURCES = "\n".join(
    f"source {name} = rows([{', '.join(rows)}])"
    for name, rows in {
        "some": [
            f'{{instruction: "{"Name it." if n % 2 else f"Name bird number {n}."}", response: "{n}"}}'
            for n in range(10)
        ],
        "others": [f'{{instruction: "Name fish number {n}.", response: "{n}"}}' for n in range(10)],
        "few": [f'{{instruction: "{text}", response: "ok"}}' for text in ("Go.", "Go.", "Name it.")],
    }.items()
)
QUIZ = 'benchmark quiz = rows([{question: "Name it.", answer: "It."}])'


@pytest.mark.parametrize(
    ("stage", "note"),
    [
        (
            "filter { keep words(prompt) >= 3 }",
            "50% of the rows of `some` are dropped (5 of 10), 5 by `keep words(prompt) >= 3`",
        ),
        ("dedup { exact(prompt) }", "40% of the rows of `some` are dropped (4 of 10), 4 by `exact(prompt)`"),
        (
            "decontaminate(against: [quiz]) { exact() }",
            "50% of the rows of `some` are dropped (5 of 10), 5 by `exact()`",
        ),
        ("filter { keep words(prompt) >= 1 }", None),
        ("limit(2)", None),
    ],
)
def test_what_drops_much_of_a_source_names_it_with_the_rule(tmp_path: Path, stage: str, note: str | None) -> None:
    done = build(tmp_path, f"{SOURCES}\n{QUIZ}\ndataset out from [some, others, few] {{ {stage} }}")
    assert done.built is not None, done.problems
    told = [said.partition(": ")[2] for said in done.reporter.warnings]
    assert [said.removesuffix("; `tunec why` shows them") for said in told if "of the rows of" in said] == (
        [] if note is None else [note]
    )
