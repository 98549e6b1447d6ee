from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.ops.material import chats, conserved, drops, instructions
from tunec.runtime.base.context import Context
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.stages.review import review
from tunec.runtime.rows.messages import sparse
from tunec.runtime.sources.review import append_lines, digest_of_decisions, read_decisions

NINE = "one two three four five six seven eight nine"


def context(folder: Path) -> Context:
    return Context(7, lambda spec, texts: None, lambda done, total, what: None, folder)  # type: ignore[arg-type,return-value]


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]


def decide(folder: Path, **decisions: dict[str, Any]) -> None:
    """What a person does: fill in lines, by id."""
    written = [{**line, **decisions.get(line["id"], {})} for line in lines(folder)]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in written)
    (folder / "r.jsonl").write_text(text, encoding="utf-8")


def test_rows_are_exported_and_wait(tmp_path: Path) -> None:
    given_ = instructions(["写一首诗", "Say hello"], ["好", "Hello"])
    outcome = review(given_, "r.jsonl", ctx=context(tmp_path))
    assert outcome.rows.equals(given_)
    assert outcome.notes == ("2 rows wait for a decision in r.jsonl and are kept until then",)
    first = {"id": "r0", "decision": "", "instruction": "写一首诗", "input": "", "response": "好", "system": ""}
    assert lines(tmp_path)[0] == first
    again = review(given_, "r.jsonl", ctx=context(tmp_path))
    assert again.notes == outcome.notes and len(lines(tmp_path)) == 2


def test_decisions_are_applied(tmp_path: Path) -> None:
    given_ = instructions(["a", "b", "c", "d"])
    review(given_, "r.jsonl", ctx=context(tmp_path))
    decide(
        tmp_path,
        r0={"decision": "keep"},
        r1={"decision": "drop", "note": "不对"},
        r2={"decision": "Edit", "response": "改好了"},
    )
    outcome = review(given_, "r.jsonl", ctx=context(tmp_path))
    assert outcome.rows["id"].to_list() == ["r0", "r2", "r3"]
    assert outcome.rows["response"].to_list() == ["ok", "改好了", "ok"]
    assert drops(outcome) == [(1, "review", "不对", "decided by people", None)]
    assert outcome.notes == ("1 rows wait for a decision in r.jsonl and are kept until then",)
    strict = review(given_, "r.jsonl", unreviewed="drop", ctx=context(tmp_path))
    assert strict.rows["id"].to_list() == ["r0", "r2"]
    assert drops(strict)[1] == (3, "review", "not reviewed", "decided by people", None)


def test_only_rows_that_meet_the_condition_or_have_a_near_one(tmp_path: Path) -> None:
    given_ = instructions([NINE, "far away", NINE.removesuffix(" nine"), "x"])
    review(given_, "r.jsonl", when=pl.Series([None, False, False, True]), ctx=context(tmp_path))
    assert [line["id"] for line in lines(tmp_path)] == ["r3"]
    # Nine words and eight, each with the answer: five of ... shingles are shared, more than half.
    review(given_, "r.jsonl", pairs=0.5, ctx=context(tmp_path))
    found = {line["id"]: line for line in lines(tmp_path)}
    assert set(found) == {"r3", "r0", "r2"}
    assert found["r0"]["beside"]["id"] == "r2" and found["r2"]["beside"]["instruction"] == NINE


def test_lines_in_the_file_are_never_touched(tmp_path: Path) -> None:
    mine = b'{"id":"r0","decision":"drop","note":"mine"}\n\n{"id": "gone", "decision": "keep"}'
    (tmp_path / "r.jsonl").write_bytes(mine)
    outcome = review(instructions(["a", "b"]), "r.jsonl", ctx=context(tmp_path))
    assert (tmp_path / "r.jsonl").read_bytes().startswith(mine + b"\n")
    assert [line for line in (tmp_path / "r.jsonl").read_text().splitlines() if '"r1"' in line]
    assert outcome.notes[1] == "1 decisions in r.jsonl are about rows that no longer reach this stage"
    assert [p.name for p in tmp_path.iterdir()] == ["r.jsonl"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"r.jsonl:1: not valid JSON"),
        ('\n{"decision": "keep"}', r"r.jsonl:2: has no `id`"),
        ('{"id": "r0", "decision": "maybe"}', r"`maybe` is not one of keep, drop, edit"),
        ('{"id": "r0", "decision": "keep"}\n{"id": "r0", "decision": "drop"}', r"r.jsonl:2: .* decided twice"),
        ('{"id": "r0", "decision": "edit", "response": 3}', r"^review: r.jsonl:1: .* no instruction content in `resp"),
        ('\n{"id": "r0", "decision": "edit", "response": null}', r"^review: r.jsonl:2: the edit of row r0 has no"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "r.jsonl").write_text(text)
    with pytest.raises(OperatorError, match=message):
        review(instructions(["a"]), "r.jsonl", ctx=context(tmp_path))


def test_characters_that_some_take_for_line_ends_stay_in_their_line(tmp_path: Path) -> None:
    given_ = instructions(["a\u2028b", "c\x85d", "e\u2029f"])
    for _ in range(2):
        outcome = review(given_, "r.jsonl", ctx=context(tmp_path))
        assert outcome.rows["id"].to_list() == ["r0", "r1", "r2"]
    written = (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["instruction"] for line in written] == given_["instruction"].to_list()


def test_a_file_saved_in_another_encoding_is_an_error_and_no_edit(tmp_path: Path) -> None:
    edit = {"id": "r0", "decision": "edit", "response": "改好了"}
    text = json.dumps({"id": "r1", "decision": ""}) + "\n" + json.dumps(edit, ensure_ascii=False) + "\n"
    (tmp_path / "r.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert review(instructions(["a"]), "r.jsonl", ctx=context(tmp_path)).rows["response"].to_list() == ["改好了"]
    (tmp_path / "r.jsonl").write_bytes(text.encode("gbk"))
    with pytest.raises(OperatorError, match=r"r\.jsonl:2: not valid UTF-8: byte 0xb8"):
        review(instructions(["a"]), "r.jsonl", ctx=context(tmp_path))


def test_chats_are_edited_turn_by_turn(tmp_path: Path) -> None:
    given_ = chats([[("user", "你好"), ("assistant", "走开")]])
    review(given_, "r.jsonl", ctx=context(tmp_path))
    better = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "你好！"}]
    decide(tmp_path, r0={"decision": "edit", "messages": better})
    assert sparse(review(given_, "r.jsonl", ctx=context(tmp_path)).rows["messages"].to_list()[0]) == better


SPEC = """
source a = rows([{instruction: "Name a fruit.", response: "Apple."}, {instruction: "写一首诗。", response: "不"}])
dataset out from a { review("r.jsonl", when: words(response) <= 1) }
"""


def test_a_decision_and_nothing_else_runs_the_step_again(tmp_path: Path) -> None:
    first = build(tmp_path, SPEC)
    assert any("2 rows wait for a decision" in warning for warning in first.reporter.warnings)
    assert build(tmp_path, SPEC).built.ran == ()  # type: ignore[union-attr]
    bad = next(line["id"] for line in lines(tmp_path) if line["response"] == "不")
    decide(tmp_path, **{bad: {"decision": "drop"}})
    second = build(tmp_path, SPEC)
    assert rows(second, "out")["instruction"].to_list() == ["Name a fruit."]
    assert ledger(second, "out").filter(verdict="dropped")["rule"].to_list() == ["review"]
    (tmp_path / "r.jsonl").write_text("{")
    assert [d.message.split(": Ex")[0] for d in build(tmp_path, SPEC).problems] == ["r.jsonl:1: not valid JSON"]


def test_an_edit_with_a_character_that_some_take_for_a_line_end_is_built(tmp_path: Path) -> None:
    build(tmp_path, SPEC)
    bad = next(line["id"] for line in lines(tmp_path) if line["response"] == "不")
    decide(tmp_path, **{bad: {"decision": "edit", "response": "一\u2028二\x85三"}})
    assert "\u2028" in (tmp_path / "r.jsonl").read_text(encoding="utf-8")
    assert rows(build(tmp_path, SPEC), "out")["response"].to_list() == ["Apple.", "一\u2028二\x85三"]


def test_a_file_that_is_gone_is_exported_again(tmp_path: Path) -> None:
    first = build(tmp_path, SPEC)
    before = (tmp_path / "r.jsonl").read_bytes()
    (tmp_path / "r.jsonl").unlink()
    again = build(tmp_path, SPEC)
    assert len(again.reporter.started) == 1
    assert (tmp_path / "r.jsonl").read_bytes() == before
    assert rows(again, "out").equals(rows(first, "out"))
    assert build(tmp_path, SPEC).reporter.started == []


def test_nobody_to_ask_about_leaves_an_empty_file_and_nothing_to_do(tmp_path: Path) -> None:
    text = SPEC.replace("<= 1", "> 100")
    for _ in range(2):
        build(tmp_path, text)
        assert (tmp_path / "r.jsonl").read_bytes() == b""
        (tmp_path / "r.jsonl").unlink()
    build(tmp_path, text)
    assert build(tmp_path, text).reporter.started == []


def test_a_file_about_matches_with_a_benchmark_is_exported_again_too(tmp_path: Path) -> None:
    text = SPEC.replace(
        'review("r.jsonl", when: words(response) <= 1)', 'decontaminate(against: [b], review: "r.jsonl")'
    )
    text = (
        text.replace("}\n", "{ ngram(8) } }\n")
        + 'benchmark b = rows([{question: "Name a fruit, please.", answer: "x"}])'
    )
    build(tmp_path, text)
    (tmp_path / "r.jsonl").unlink()
    assert len(build(tmp_path, text).reporter.started) == 1
    assert (tmp_path / "r.jsonl").exists()
    again = build(tmp_path, text)
    assert again.reporter.started == []
    assert rows(again, "out").height == 2


def test_the_order_of_decisions_does_not_matter(tmp_path: Path) -> None:
    one, two = {"id": "a", "decision": "keep"}, {"id": "b", "decision": "drop"}
    for number, order in enumerate(([one, two], [two, one], [two, {"id": "c", "decision": ""}, one])):
        append_lines(tmp_path / f"{number}", order)
    assert len({digest_of_decisions(tmp_path / str(n)) for n in range(3)}) == 1
    assert digest_of_decisions(tmp_path / "0") != digest_of_decisions(tmp_path / "not there")
    assert read_decisions(tmp_path / "2")[1] == {"a", "b", "c"}


@given(st.lists(st.sampled_from(["", "keep", "drop", "edit"]), max_size=8), st.sampled_from(["keep", "drop"]))
def test_every_row_goes_on_or_is_dropped(tmp_path_factory, verdicts: list[str], unreviewed: str) -> None:
    folder = tmp_path_factory.mktemp("review")
    given_ = instructions([f"t{n}" for n in range(len(verdicts))])
    append_lines(folder / "r.jsonl", [{"id": f"r{n}", "decision": v} for n, v in enumerate(verdicts)])
    outcome = review(given_, "r.jsonl", unreviewed=unreviewed, ctx=context(folder))  # type: ignore[arg-type]
    conserved(given_, outcome)
    left_out = {"drop"} if unreviewed == "keep" else {"drop", ""}
    assert outcome.rows["id"].to_list() == [f"r{n}" for n, v in enumerate(verdicts) if v not in left_out]
