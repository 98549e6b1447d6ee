"""What a published data set promises about benchmarks, and what is not promised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import build, ledger, rows
from tunec.runtime.versions.promises import PromiseBroken
from tunec.runtime.versions.verify import verify

ITEM = "A baker fills 12 trays with 15 rolls each; how many rolls are that in one day?"


def write(folder: Path, name: str, records: list[dict[str, Any]]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records))


def spec(folder: Path, tasks: list[dict[str, Any]], stages: str, *, format_: str = "alpaca", more: str = "") -> str:
    write(folder, "d.jsonl", tasks)
    write(folder, "b.jsonl", [{"question": ITEM, "answer": "180"}])
    return (
        f'source a = jsonl("d.jsonl", format: {format_}, license: "CC0-1.0")\n'
        f'benchmark b = jsonl("b.jsonl", format: choice)\ndataset out from a {{\n{stages}\n}}\n{more}'
    )


def problems(done: Any) -> dict[str, tuple[str, ...]]:
    return {check.promise: check.problems for check in verify(done.built.published.folder) if check.problems}


def task(prompt: str, answer: str = "fine") -> dict[str, str]:
    return {"instruction": prompt, "output": answer}


def test_another_number_or_operator_is_published_and_verified(tmp_path: Path) -> None:
    others = [
        ITEM.replace("15", "1.5"),
        ITEM.replace("12", "-12"),
        ITEM.replace("15", "15%"),
        ITEM.replace("12", "1/2"),
    ]
    text = spec(tmp_path, [task(o) for o in others], "decontaminate(against: [b]) { exact() }")
    done = build(tmp_path, text)
    assert rows(done, "out")["instruction"].to_list() == others
    assert problems(done) == {}


def test_a_lost_blank_hides_nothing(tmp_path: Path) -> None:
    hidden = [task(ITEM.replace("; ", ";")), task(ITEM.replace(" ", "")), task("Name a bird.")]
    done = build(tmp_path, spec(tmp_path, hidden, "decontaminate(against: [b]) { exact() }"))
    assert rows(done, "out")["instruction"].to_list() == ["Name a bird."]


def test_what_differs_in_a_number_reaches_review_and_may_be_kept(tmp_path: Path) -> None:
    stage = 'decontaminate(against: [b], review: "r.jsonl") { exact() ngram(8) }'
    text = spec(tmp_path, [task(ITEM.replace("12", "13")), task(ITEM), task("Name a bird.")], stage)
    assert rows(build(tmp_path, text), "out")["instruction"].to_list() == ["Name a bird."]
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [line["beside"]["kind"] for line in lines] == ["similar but different"]
    write(tmp_path, "r.jsonl", [{**lines[0], "decision": "keep"}])
    done = build(tmp_path, text)
    assert rows(done, "out")["instruction"].to_list() == [ITEM.replace("12", "13"), "Name a bird."]
    assert problems(done) == {}


@pytest.mark.parametrize("role", ["system", "tool", "user", "assistant"])
def test_every_turn_is_read(tmp_path: Path, role: str) -> None:
    said = {"role": role, "content": f"Example: {ITEM}"}
    if role == "tool":
        said["tool_call_id"] = "1"
    talk = [said, {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello!"}]
    clean = {
        "messages": [*talk[1:], {"role": "user", "content": "Name a bird."}, {"role": "assistant", "content": "Owl"}]
    }
    text = spec(tmp_path, [{"messages": talk}, clean], "decontaminate(against: [b]) { RULE }", format_="messages")
    done = build(tmp_path, text.replace("RULE", "exact()"))
    assert ledger(done, "out").filter(rule="exact()")["position"].to_list() == [0]
    with pytest.raises(PromiseBroken):
        build(tmp_path, text.replace("RULE", "ngram(40)"))


def test_the_system_column_of_an_instruction_is_read(tmp_path: Path) -> None:
    tasks = [{**task("Hello"), "system": f"Example: {ITEM}"}, task("Name a bird.")]
    done = build(tmp_path, spec(tmp_path, tasks, "decontaminate(against: [b]) { exact() }"))
    assert rows(done, "out")["instruction"].to_list() == ["Name a bird."]


def test_fields_and_with_are_promised_as_they_are_compared(tmp_path: Path) -> None:
    tasks = [task(f"{ITEM} Think."), task("Repeat it.", ITEM), task(ITEM, "180")]
    answers = build(tmp_path, spec(tmp_path, tasks, "decontaminate(against: [b], fields: [response]) { exact() }"))
    assert rows(answers, "out")["response"].to_list() == ["fine", "180"]
    assert problems(answers) == {}
    both = build(tmp_path, spec(tmp_path, tasks, "decontaminate(against: [b], with: question_answer) { exact() }"))
    assert rows(both, "out")["response"].to_list() == ["fine", ITEM]
    assert problems(both) == {}


def test_each_data_set_is_held_to_its_own_promise(tmp_path: Path) -> None:
    stage = "decontaminate(against: [b]) { exact() }"
    write(
        tmp_path, "o.jsonl", [{"question": "Which of the nine small birds in this garden can sing?", "answer": "owl"}]
    )
    more = (
        'benchmark o = jsonl("o.jsonl", format: choice)\n'
        "dataset other from a { decontaminate(against: [o]) { exact() } }\n"
    )
    done = build(tmp_path, spec(tmp_path, [task(ITEM), task("Name a bird.")], stage, more=more))
    assert (rows(done, "out").height, rows(done, "other").height) == (1, 2)
    assert problems(done) == {}


def test_texts_that_a_later_data_set_changes_are_looked_at_at_the_end(tmp_path: Path) -> None:
    cut = ITEM.replace("one day", "one daX")
    text = spec(
        tmp_path, [task(cut), task("Name a bird.")], "decontaminate(against: [b]) { exact() }",
        more=f'dataset t from out {{ set(instruction: if chars(instruction) > 20 then "{ITEM}" else response) }}\n',
    )  # fmt: skip
    with pytest.raises(PromiseBroken, match="`t`: 1 rows still hold a benchmark item"):
        build(tmp_path, text)


def test_a_version_of_an_earlier_tunec_says_what_to_do(tmp_path: Path) -> None:
    from tests.runtime.test_verify import forge

    done = build(tmp_path, spec(tmp_path, [task("Name a bird.")], "decontaminate(against: [b]) { exact() }"))
    folder = done.built.published.folder
    path = folder / "benchmarks.parquet"
    pl.read_parquet(path).select("item").write_parquet(path)
    forge(folder)
    (check,) = (c for c in verify(folder) if c.promise == "no benchmark item in a row")
    assert "build again" in check.problems[0]


def test_verify_finds_chats_that_begin_alike_in_two_splits(tmp_path: Path) -> None:
    from tests.runtime.test_verify import forge

    def chat(topic: str, end: str) -> dict[str, Any]:
        turns = [f"Please tell me the long history of {topic}.", f"{topic} is old and has many sides.", end, "Yes."]
        return {"messages": [{"role": ("user", "assistant")[n % 2], "content": t} for n, t in enumerate(turns)]}

    talks = [chat(topic, end) for topic in ("Rome", "whales") for end in ("And now?", "And the food there?")]
    text = spec(tmp_path, talks, "split { train: 50%, test: 50% }", format_="messages")
    done = build(tmp_path, text)
    assert problems(done) == {}
    folder = done.built.published.folder
    train, test = (folder / "datasets" / "out" / f"{name}-00000.parquet" for name in ("train", "test"))
    first, second = pl.read_parquet(train), pl.read_parquet(test)
    pl.concat([first[:1], second[:1]]).write_parquet(train)
    pl.concat([first[1:], second[1:]]).write_parquet(test)
    forge(folder)
    assert "2 with the same beginning in two splits" in problems(done)["splits are disjoint"][0]


def test_the_card_says_what_a_report_kept(tmp_path: Path) -> None:
    tasks = [task(ITEM), task("Name a bird.")]
    done = build(tmp_path, spec(tmp_path, tasks, "decontaminate(against: [b], action: report) { exact() }"))
    card = (done.built.published.folder / "datasets" / "out" / "README.md").read_text("utf-8")
    assert "Compared with b without dropping anything: 1 of 2 rows matched and were kept (`action: report`)." in card
    assert "No row contains" not in card and "Not compared" not in card
    done = build(tmp_path, spec(tmp_path, tasks, "decontaminate(against: [b]) { exact() }"))
    card = (done.built.published.folder / "datasets" / "out" / "README.md").read_text("utf-8")
    assert "No row contains an item of at least eight words of b" in card and "without dropping" not in card
