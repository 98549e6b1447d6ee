"""`personas`: persons who are mixed into what a generation asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import Result, build, ledger, rows
from tests.generating import answer
from tests.serving import serving
from tunec.runtime.base.method import Ask, Message, Method, Unit
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine.personas import Person, Personas, in_mind
from tunec.runtime.ops.generation.personas import personas
from tunec.runtime.ops.methods.backtranslate import backtranslate
from tunec.runtime.ops.methods.chat import chat
from tunec.runtime.ops.methods.evolve import evolve
from tunec.runtime.ops.methods.magpie import magpie
from tunec.runtime.ops.methods.pairs import pairs
from tunec.runtime.ops.methods.self_instruct import self_instruct

PEOPLE = pl.DataFrame({"id": [f"p{n}" for n in range(4)], "text": [f"A nurse, number {n}." for n in range(4)]})
MODEL = ModelSpec("openai", "qwen", "", "http://localhost:1/v1")
ROW = {"id": "r0", "instruction": "Name a tree.", "input": "", "response": "Oak.", "system": ""}
ROSA = Person("p9", "Rosa, who grows roses.")


def asked(method: Method, *said: str, row: dict[str, str] | None = None) -> list[bool]:
    """Which of what a method asks has the person in mind."""
    seeds = pl.DataFrame([row or ROW])
    work = in_mind(method.work(Unit(0, seeds, "1 0", None, ROSA.words)), ROSA)
    found: list[bool] = []
    answers = iter(said)
    ask: Ask = next(work)
    try:
        while True:
            found += [ROSA.text in str(request.prompt) for request in ask.requests]
            ask = work.send([answer(next(answers)) for _ in ask.requests])
    except StopIteration as end:
        assert all(part.parents[-1] == "p9" for part in end.value)
        return found


def test_a_person_stands_before_what_is_asked_and_not_before_a_judgement() -> None:
    assert asked(evolve(MODEL), "Name a tree in Peru.", "Not equal", "The cinchona.") == [True, False, False]
    text = {"id": "t0", "text": "Bread rises because of yeast."}
    assert asked(backtranslate(MODEL, at_least=4), "Why?", "Score: 5", row=text) == [True, False]
    verdicts = ["[[A]]", "[[B]]"]
    assert asked(pairs([MODEL, MODEL], judge=MODEL), "Oak.", "Elm.", *verdicts) == [True, True, False, False]
    assert asked(chat(MODEL, user=MODEL, turns=1), "Hello, a tree?", "Oak.") == [True, False]
    assert asked(magpie(MODEL), "A tree?", "Oak.") == [True, False]
    paper = self_instruct(MODEL, style="paper", demonstrations=1, machine=0)
    assert asked(paper, "Name a big tree.", "No", "Output: Oak.") == [True, False, True]


def test_where_it_stands() -> None:
    def prompt(ask: Ask) -> Any:
        return ask.requests[0].prompt

    unit = Unit(0, pl.DataFrame([{**ROW, "system": "Be brief."}]), "1 0")
    first = prompt(next(in_mind(pairs([MODEL, MODEL], judge=MODEL).work(unit), ROSA)))
    assert first[0].role == "system" and first[0].content.startswith("Keep this person in mind: Rosa")
    assert first[0].content.endswith("\n\nBe brief.") and first[1] == Message("user", "Name a tree.")
    raw = self_instruct(MODEL, mode="completion", demonstrations=1)
    assert prompt(next(in_mind(raw.work(unit), ROSA))).startswith("Keep this person in mind: Rosa")
    chinese = next(in_mind(evolve(MODEL).work(unit), Person("p", "一位种玫瑰的退休护士。")))
    assert prompt(chinese)[0].content.startswith("请以这样一个人为出发点：一位种玫瑰的退休护士。")
    magpies = next(in_mind(magpie(MODEL).work(Unit(0, unit.seeds, "1 0", None, ROSA.words)), ROSA))
    assert prompt(magpies).startswith("<|im_start|>system\nKeep this person in mind: Rosa")
    assert prompt(magpies).endswith("<|im_end|>\n<|im_start|>user\n")


def test_who_it_is_follows_from_the_unit() -> None:
    everyone = Personas(PEOPLE, 1.0)
    drawn = [everyone.of(f"1 {n}") for n in range(80)]
    assert drawn == [everyone.of(f"1 {n}") for n in range(80)] and {p.id for p in drawn if p} == set(PEOPLE["id"])
    half = [Personas(PEOPLE, 0.5).of(f"1 {n}") for n in range(400)]
    assert 150 < sum(p is not None for p in half) < 250
    assert not any(Personas(PEOPLE, 0.0).of(f"1 {n}") for n in range(50))


SPEC = """
spec s(version: "1.0.0-dev")
source tasks = jsonl("t.jsonl", format: alpaca)
source people = text("people.txt")
model teacher = openai("m", base_url: "{url}", concurrency: {concurrency})
generate asked from tasks {{
    personas(people, share: 75%)
    respond(teacher)
}}
dataset out from asked {{ {stage} }}
"""


def built(folder: Path, concurrency: int = 7, stage: str = "") -> tuple[Result, list[Any]]:
    folder.mkdir(exist_ok=True)
    tasks = [{"instruction": f"Name tree {n}.", "input": "", "output": "-", "number": n} for n in range(12)]
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")
    (folder / "people.txt").write_text("A nurse who grows roses.", encoding="utf-8")
    with serving() as served:
        text = SPEC.format(url=served.url, concurrency=concurrency, stage=stage)
        return build(folder, text), [body["messages"] for body in served.bodies]


def test_rows_name_their_person(tmp_path: Path) -> None:
    result, messages = built(tmp_path / "a")
    made = rows(result, "out")
    known = set(made["meta.persona"])
    assert known == {None, "A nurse who grows roses."}
    with_person = made.filter(pl.col("meta.persona").is_not_null())
    assert 4 < with_person.height < 12 == made.height
    assert with_person["parents"].list.len().to_list() == [2] * with_person.height, "the seed, and the person"
    assert sum(m[0]["role"] == "system" for m in messages) == with_person.height
    assert rows(built(tmp_path / "b", 1)[0], "out").drop("origin").equals(made.drop("origin"))


def test_a_data_set_may_filter_by_person(tmp_path: Path) -> None:
    result, _ = built(tmp_path / "a", stage='filter { keep contains(meta.persona, "nurse") and meta.number >= 0 }')
    assert not [d for d in result.problems if d.severity in ("error", "warning")]
    assert 4 < rows(result, "out").height < 12 == ledger(result, "out").height, "columns of the seed stay"


def test_persons_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="text rows"):
        personas(pl.DataFrame({"instruction": ["a"]}))
    with pytest.raises(OperatorError, match="no person"):
        personas(pl.DataFrame({"id": ["a"], "text": [" "]}))
