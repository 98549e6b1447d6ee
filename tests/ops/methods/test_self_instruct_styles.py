"""Recorded answers, good and bad, in the three styles of self-instruct: what is read of each, and what is not and why.

They lie in `recorded/`. Two seeds are shown, so that the list goes on at 3. What is expected of a row is its
instruction, its input and its response, of a rejection its rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import build, ledger, rows
from tests.generating import answer, work
from tests.serving import last, serving
from tunec.runtime.base.method import Draft, Method, Rejection
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.self_instruct import self_instruct
from tunec.runtime.ops.methods.styles.paper import instances, instructions
from tunec.runtime.text.templates import unwrapped

MODEL = ModelSpec("openai", "m", "", "http://localhost:1/v1", (("temperature", 0.7),))
ENGLISH = [("Name a river in Asia.", "", "The Ganges."), ("Sort the words.", "b a", "a b")]
CHINESE = [("说出一条亚洲的河流。", "", "恒河。"), ("给下面的词语排序。", "乙 甲", "甲 乙")]
NAMES = ("instruction", "input", "response")


def recorded(name: str) -> list[dict[str, Any]]:
    lines = (Path(__file__).parent / "recorded" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def seeds(language: str = "en") -> pl.DataFrame:
    rows = ENGLISH if language == "en" else CHINESE
    return pl.DataFrame({"id": ["s0", "s1"], **{n: [row[i] for row in rows] for i, n in enumerate(NAMES)}})


def method(style: str, **more: object) -> Method:
    return self_instruct(MODEL, style=style, demonstrations=2, machine=0, **more)  # type: ignore[arg-type]


def found(parts: Iterable[Draft | Rejection | str]) -> list[list[str] | str]:
    read = []
    for part in parts:
        whole = [part.fields[n] for n in NAMES] if isinstance(part, Draft) else part
        read.append(whole.rule if isinstance(whole, Rejection) else whole)
    return read


@pytest.mark.parametrize("case", recorded("alpaca"), ids=lambda case: case["name"])
def test_alpaca(case: dict[str, Any]) -> None:
    assert found(work(method("alpaca"), seeds(), [answer(case["answer"], case["finish"])]).parts) == case["found"]


@pytest.mark.parametrize("case", recorded("belle"), ids=lambda case: case["name"])
def test_belle(case: dict[str, Any]) -> None:
    assert found(work(method("belle"), seeds("zh"), [answer(case["answer"], case["finish"])]).parts) == case["found"]


@pytest.mark.parametrize("case", recorded("paper_instructions"), ids=lambda case: case["name"])
def test_instructions_of_the_paper(case: dict[str, Any]) -> None:
    most = 3 if case["name"] == "more than asked for" else 9
    assert (
        found(instructions(unwrapped(case["answer"]), case["finish"] == "length", most, case["language"]))
        == case["found"]
    )


@pytest.mark.parametrize("case", recorded("paper_instances"), ids=lambda case: case["name"])
def test_instances_of_the_paper(case: dict[str, Any]) -> None:
    assert found(instances(case["answer"], "T", case["classification"], case["finish"] == "length", 5)) == case["found"]


def test_belle_shows_seeds_in_its_own_words() -> None:
    made = work(method("belle", mode="completion", count=10), seeds("zh"), [""])
    (ask,) = made.asks
    prompt = ask.requests[0].prompt
    assert isinstance(prompt, str) and prompt.startswith("请写出一份包含10个不同任务的清单。")
    first, second, _ = prompt.partition("###\n")[2].split("###\n")
    river, words = (first, second) if "河" in first else (second, first)
    assert river[1:] == f". 指令: 说出一条亚洲的河流。\n{river[0]}. 输入:\n<无输入>\n{river[0]}. 输出:\n恒河。\n"
    assert words[1:] == f". 指令: 给下面的词语排序。\n{words[0]}. 输入:\n乙 甲\n{words[0]}. 输出:\n甲 乙\n"
    assert ask.sampling.stop == ("\n11. 指令:",)


def test_the_papers_steps() -> None:
    listed = "Name a deep lake.\n4. Is the word a noun or a verb?\n5. Name it now."
    outputs = ["Output: Lake Baikal.", "Class label: noun\nWord: lake\nClass label: verb\nWord: swim"]
    made = work(method("paper", count=10), seeds(), [listed, "No", "Yes", *outputs])
    one, two, three = made.asks
    prompts = [[request.prompt[0].content for request in ask.requests] for ask in made.asks]  # type: ignore[union-attr]
    assert prompts[0][0].startswith("Come up with a list of 10 different tasks") and prompts[0][0].endswith("\n3.")
    assert prompts[1][1].endswith("Task: Is the word a noun or a verb?\nIs it classification?")
    assert prompts[2][0].startswith("Write examples for each task") and prompts[2][1].startswith(
        "Given a classification"
    )
    assert prompts[2][1].endswith("\nTask: Is the word a noun or a verb?")
    assert (one.sampling.temperature, two.sampling.temperature, three.sampling.temperature) == (0.7, 0, 0)
    assert three.sampling.stop[0] == "\nTask:" and two.sampling.stop == ("\n",)
    assert found(made.parts) == [
        "words(instruction) in 4..150",
        ["Name a deep lake.", "", "Lake Baikal."],
        "instances <= 1",
        ["Is the word a noun or a verb?", "Word: lake", "noun"],
    ]
    assert all(set(part.parents) == {"s0", "s1"} for part in made.parts)
    several = work(method("paper", instances=5), seeds(), [listed, "No", "Yes", *outputs])
    assert [row.fields["response"] for row in several.rows] == ["Lake Baikal.", "noun", "verb"]


def test_the_papers_steps_in_chinese() -> None:
    made = work(
        method("paper"),
        seeds("zh"),
        ["说出一个很深的湖。\n4. 判断词性。", "否", "是的", "输出：贝加尔湖。", "类别：名词\n词：湖"],
    )
    assert found(made.parts) == [["说出一个很深的湖。", "", "贝加尔湖。"], ["判断词性。", "词：湖", "名词"]]
    assert "请写出一份包含20个不同任务的清单" in made.asks[0].requests[0].prompt[0].content  # type: ignore[union-attr]


def test_an_answer_that_never_came_costs_one_task() -> None:
    listed = "Name a deep lake.\n4. Add the two numbers.\n5. Sum up the story."
    gone = answer("", "failed", reason="an empty answer, 6 times")
    made = work(method("paper"), seeds(), [listed, "No", gone, "No", gone, "Output: It ends well."])
    assert found(made.parts) == ["answer", "answer", ["Sum up the story.", "", "It ends well."]]
    assert [r.text for r in made.rejected] == ["Add the two numbers.", "Name a deep lake."]


SPEC = """
spec s(version: "1.0.0-dev", seed: 3)
seeds tasks = jsonl("seeds.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{url}", concurrency: {concurrency})
generate made from tasks {{
    self_instruct(teacher, demonstrations: 3, machine: 1)
    until(rows: 110)
}}
dataset out from made {{ }}
"""


def test_what_is_shown_of_what_was_made_does_not_depend_on_how_many_are_asked_at_once(tmp_path: Path) -> None:
    seeds = [{"instruction": f"Do thing number {n}.", "input": "", "output": f"Done {n}."} for n in range(9)]

    def say(body: dict[str, Any]) -> str:
        name = hashlib.sha256(last(body).encode()).hexdigest()[:8]
        return f"Made task number {name}.\n4. Input:\n<noinput>\n4. Output:\n{name}"

    built = []
    for concurrency in (1, 64):
        folder = tmp_path / str(concurrency)
        folder.mkdir()
        (folder / "seeds.jsonl").write_text("\n".join(map(json.dumps, seeds)), encoding="utf-8")
        with serving(say=say, latency=0.002) as served:
            result = build(folder, SPEC.format(url=served.url, concurrency=concurrency))
        built.append(rows(result, "out"))
    assert built[0].drop("origin").equals(built[1].drop("origin"))
    ids = set(built[0]["id"])
    showing = [number for number, parents in enumerate(built[0]["parents"]) if ids & set(parents)]
    assert showing == list(range(64, 110)), "behind servers, two groups of 32 begin without"
    assert all(len(ids & set(parents)) == 1 for parents in built[0]["parents"][64:])


STEPS = """
spec s(version: "1.0.0-dev", seed: 3, allow_empty: true)
seeds tasks = jsonl("seeds.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{url}", concurrency: {concurrency})
generate made from tasks {{
    self_instruct(teacher, style: paper, demonstrations: 4, machine: {machine}, count: 8)
    until(requests: {requests})
}}
dataset out from made {{ }}
"""


@pytest.mark.parametrize("machine", [0, 1])
def test_the_papers_steps_go_on_until_the_requests_are_made(tmp_path: Path, machine: int) -> None:
    def say(body: dict[str, Any]) -> str:
        name = hashlib.sha256(json.dumps(body["messages"]).encode()).hexdigest()
        return f"Make number {name[:9]} of these.\n" + f"6. Add number {name[9:18]} to it.\n" * (name[0] in "012345")

    built = []
    for concurrency in (1, 32):
        (folder := tmp_path / str(concurrency)).mkdir()
        seeds = (
            json.dumps({"instruction": f"Do thing number {n}.", "input": "", "output": "Done."}) for n in range(30)
        )
        (folder / "seeds.jsonl").write_text("\n".join(seeds), encoding="utf-8")
        with serving(say=say, latency=0.002) as served:
            text = STEPS.format(url=served.url, concurrency=concurrency, machine=machine, requests=150)
            result = build(folder, text)
        # A unit takes three requests or five, and might take nine: it is known what it took before the next may go.
        assert 150 - 9 < sum(served.answered.values()) <= 150
        built.append(ledger(result, "out").sort("position").drop("origin", "node"))
    assert built[0].equals(built[1]) and built[0].height
