"""Does the work of a method by hand: what it asks, and what it makes of answers that are written down. And with the
bundled model, from seeds to a published version and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tests.building import build, ledger
from tunec.runtime.base.method import Answer, Ask, Draft, Method, NoAnswer, Rejection, Request, Unit
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.why import lives


@dataclass
class Worked:
    """What a unit asked, wave by wave, and what it made."""

    asks: list[Ask]
    parts: list[Draft | Rejection]

    @property
    def rows(self) -> list[Draft]:
        return [part for part in self.parts if isinstance(part, Draft)]

    @property
    def rejected(self) -> list[Rejection]:
        return [part for part in self.parts if isinstance(part, Rejection)]


def answer(text: str, finish: str = "stop", **more: object) -> Answer:
    return Answer(text, finish, 1, 1, **more)  # type: ignore[arg-type]


def work(
    method: Method, seeds: pl.DataFrame, answers: Sequence[str | Answer], number: int = 0, seed: int = 1
) -> Worked:
    """The work on a unit; the answers are given in order, as they are asked for."""
    method.units(seeds.height)
    running, given, asks = method.work(Unit(number, seeds, f"{seed} {number}")), list(answers), []
    try:
        ask = next(running)
        while True:
            asks.append(ask)
            some, given = given[: len(ask.requests)], given[len(ask.requests) :]
            assert len(some) == len(ask.requests), f"{len(ask.requests)} answers are asked for: {ask}"
            ask = running.send([a if isinstance(a, Answer) else answer(a) for a in some])
    except StopIteration as end:
        assert not given, f"not asked for: {given}"
        return Worked(asks, end.value)
    except NoAnswer as error:
        return Worked(asks, [Rejection("answer", str(error), "")])


def first_request(method: Method, seeds: pl.DataFrame, number: int = 0, seed: int = 1) -> Request:
    """What a unit asks first."""
    method.units(seeds.height)
    return next(method.work(Unit(number, seeds, f"{seed} {number}"))).requests[0]


SPEC = """
spec s(version: "1.0.0-dev", seed: 1, allow_empty: true)
source tasks = rows([
    {{instruction: "Name a tree.", response: "Oak."}},
    {{instruction: "写一个词。", response: "春天"}},
])
source documents = text("d.txt")
source preferred = jsonl("p.jsonl", format: preference)
source talks = jsonl("c.jsonl", format: messages)
source people = text("people.txt")
model base = bundled("smollm2-135m-instruct", temperature: 0.7, batch_size: 4, max_tokens: 8)
generate made from {seeds} {{ {method} }}
dataset out from [made, {beside}] {{ }}
"""


def with_the_bundled_model(folder: Path, method: str, seeds: str = "tasks", beside: str = "tasks") -> None:
    """Build with a method. What a model of this size answers is poor, but it is asked, read and accounted for: every
    row and every rejection leads back to its seeds, to what was asked and to what was answered; nothing is asked twice.
    """
    files = {
        "d.txt": "The pump runs at night. It needs little water.",
        "p.jsonl": '{"prompt": "a", "chosen": "b", "rejected": "c"}',
        "c.jsonl": '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}',
        "people.txt": "A retired nurse who grows roses.",
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    text = SPEC.format(seeds=seeds, method=method, beside=beside)
    built = build(folder, text)
    assert built.built is not None and built.built.published is not None, built.problems
    engine = built.built.engine
    node = next(node for node in engine.plan.graph.nodes if node.op == "generate")
    origins = [origin for origin, n in manifest_of(built.built.published.out)["nodes"].items() if n["id"] == node.id]
    made = ledger(built, "out").filter(pl.col("origin").is_in(origins))
    assert made.height > 0 and made.filter(verdict="dropped")["rule"].null_count() == 0
    known = {*engine.results.rows(node.inputs[0])["id"], *made["id"]}
    for line in made.iter_rows(named=True):
        life = next(iter(lives(built.built.published.out, line["id"], steps=folder / ".tunec" / "steps")))
        assert known.issuperset(life.parents) and [text for _, text in life.made.parents if not text] == []
        assert life.made.asked and all(talk.model == "smollm2-135m-instruct" for talk in life.made.asked)
        assert all(talk.prompt and talk.answer is not None for talk in life.made.asked)
    assert build(folder, text).built.ran == ()  # type: ignore[union-attr]
