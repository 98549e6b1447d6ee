"""A small case for each line of `docs/semantics.md` that the engine answers for; operators have tests of their own."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.building import build, ledger, rows
from tunec.runtime.engine.engine import StepFailed

FIVE = """
source five = rows([
    {instruction: "one", response: "a"},
    {instruction: "two words", response: "b b"},
    {instruction: "three words here", response: ""},
    {instruction: "four words are here", response: "d d d d"},
    {instruction: "one", response: "a"},
])
"""


def kept(tmp_path: Path, block: str, head: str = FIVE, source: str = "five") -> list[str]:
    """The prompts that a block of stages keeps."""
    done = build(tmp_path, f"{head}\ndataset out from {source} {{\n{block}\n}}\n")
    return rows(done, "out")["instruction"].to_list()


def test_an_id_tells_equal_rows_apart_and_outlives_changes_of_text(tmp_path: Path) -> None:
    plain = rows(build(tmp_path / "a", FIVE + "dataset out from five { shuffle() }"), "out").sort("position")
    changed = rows(build(tmp_path / "b", FIVE + "dataset out from five { set(response: lower(instruction)) }"), "out")
    assert plain["id"].n_unique() == 5
    assert plain["id"].to_list() == changed["id"].to_list()
    assert changed["response"].to_list()[1] == "two words"


def test_the_same_content_has_the_same_id_in_every_source(tmp_path: Path) -> None:
    text = FIVE + 'source other = rows([{instruction: "two words", response: "b b"}])\n'
    done = rows(build(tmp_path, text + "dataset out from [five, other] { shuffle() }"), "out")
    twins = done.filter(instruction="two words")
    assert twins["id"].n_unique() == 1 and twins["origin"].n_unique() == 2


def test_origin_is_a_checked_reference(tmp_path: Path) -> None:
    text = FIVE + 'source other = rows([{instruction: "extra", response: "e"}])\n'
    assert kept(tmp_path, "filter { keep origin == other }", text, "[five, other]") == ["extra"]
    assert len(kept(tmp_path, "filter { drop origin == other }", text, "[five, other]")) == 5


def test_keep_keeps_only_true_and_drop_drops_only_true(tmp_path: Path) -> None:
    head = 'source five = jsonl("s.jsonl", format: {instruction: "i", response: "r"})'
    lines = ['{"i": "x", "r": "r", "n": 1}', '{"i": "y", "r": "r", "n": null}', '{"i": "z", "r": "r", "n": 5}']
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    assert kept(tmp_path, "filter { keep meta.n >= 2 }", head) == ["z"]
    assert kept(tmp_path, "filter { drop meta.n >= 2 }", head) == ["x", "y"]
    assert kept(tmp_path, "filter { keep not meta.n >= 2 }", head) == ["x"]
    assert kept(tmp_path, "filter { keep meta.n == none }", head) == ["y"]


def test_a_reason_is_the_first_failing_rule_by_cost_and_text_in_any_order(tmp_path: Path) -> None:
    rules = ["keep words(response) in 1..3", "keep chars(prompt) <= 16", 'keep lang(prompt) == "fr"']
    books = []
    for number, order in enumerate((rules, rules[::-1])):
        block = "filter {\n" + "\n".join(order) + "\n}"
        done = build(tmp_path / str(number), f"spec t(allow_empty: true)\n{FIVE}\ndataset out from five {{ {block} }}")
        books.append(ledger(done, "out").select("position", "rule", "value").rows())
    assert books[0] == books[1]
    assert books[0][2] == (2, "keep words(response) in 1..3", "0")
    assert books[0][3][1] == "keep chars(prompt) <= 16"


def test_ranges_hold_both_ends(tmp_path: Path) -> None:
    assert kept(tmp_path, "filter { keep words(prompt) in 2..3 }") == ["two words", "three words here"]
    assert kept(tmp_path, "filter { keep words(prompt) in 3.. }") == ["three words here", "four words are here"]
    assert kept(tmp_path, "filter { keep words(prompt) in ..1 }") == ["one", "one"]


def test_expressions(tmp_path: Path) -> None:
    assert kept(tmp_path, 'filter { keep lower(instruction) in ["one", "x"] }') == ["one", "one"]
    assert kept(tmp_path, "filter { keep between(words(prompt) + 1, 3, 4) }") == ["two words", "three words here"]
    block = 'filter { keep (if words(prompt) > 2 then response else prompt) == "" }'
    assert kept(tmp_path, block) == ["three words here"]
    assert kept(tmp_path, "filter { keep words(response) / words(response) == 1 }") == [
        "one", "two words", "four words are here", "one",
    ]  # fmt: skip


def test_a_let_is_a_column_for_what_follows_and_for_readers(tmp_path: Path) -> None:
    text = FIVE + "dataset out from five { let size = words(prompt)  filter { keep size >= 2 } }\n"
    done = rows(build(tmp_path, text + "dataset more from out { filter { keep words(prompt) >= 4 } }"), "more")
    assert done["size"].to_list() == [4]


def test_a_tap_is_the_rows_as_they_were_after_the_stage(tmp_path: Path) -> None:
    text = FIVE + "dataset out from five { filter { keep words(prompt) >= 2 } as long  limit(1) }\n"
    assert rows(build(tmp_path, text + "dataset more from out.long { shuffle() }"), "more").height == 3


def test_select_keeps_the_order_of_its_input(tmp_path: Path) -> None:
    chosen = kept(tmp_path, "select(3, by: random())")
    order = ["one", "two words", "three words here", "four words are here", "one"]
    places = [order.index(p) for p in chosen if p != "one"]
    assert places == sorted(places) and len(chosen) == 3


def test_choices_do_not_move_when_other_rows_come_or_go(tmp_path: Path) -> None:
    def splits(count: int) -> dict[str, str]:
        items = ", ".join(
            f'{{instruction: "Tell of the thing called {n * 7919}.", response: "r"}}' for n in range(count)
        )
        text = f"source s = rows([{items}])\ndataset out from s {{ split {{ train: 50%  test: 50% }} }}"
        done = rows(build(tmp_path / str(count), text), "out")
        return dict(done.select("id", "split").iter_rows())

    few, many = splits(100), splits(101)
    moved = [i for i in few if few[i] != many[i]]
    assert len(moved) <= 1


def test_a_chat_shows_its_last_exchange_and_an_instruction_widens_to_one(tmp_path: Path) -> None:
    text = """
source talk = rows([{messages: [
    {role: "user", content: "first question"}, {role: "assistant", content: "first answer"},
    {role: "user", content: "last question"}, {role: "assistant", content: "last answer"},
]}])
source single = rows([{instruction: "only question", input: "with input", response: "only answer"}])
dataset out from [talk, single] { filter { keep contains(prompt, "question") } }
"""
    done = build(tmp_path, text)
    book = ledger(done, "out").sort("prompt")
    assert book["prompt"].to_list() == ["last question", "only question\n\nwith input"]
    assert book["response"].to_list() == ["last answer", "only answer"]
    assert rows(done, "out")["messages"].list.len().to_list() == [4, 2]


def test_too_few_rows_warn_unless_they_must_be_exact(tmp_path: Path) -> None:
    done = build(tmp_path, FIVE + "dataset out from five { select(9, by: random()) }")
    assert rows(done, "out").height == 5
    assert any("9 rows were requested, but there are only 5" in w for w in done.reporter.warnings)
    with pytest.raises(StepFailed, match="9 rows were requested"):
        build(tmp_path, FIVE + "dataset out from five { select(9, by: random(), exactly: true) }")


def test_splits_are_rows_of_their_own(tmp_path: Path) -> None:
    text = FIVE + "dataset out from five { split { train: 60%  test: 40% } }\n"
    done = build(tmp_path, text + "dataset held from out.test { shuffle() }")
    assert rows(done, "held").height == rows(done, "out").filter(pl.col("split") == "test").height


def test_division_is_exact(tmp_path: Path) -> None:
    assert kept(tmp_path, "filter { keep words(prompt) / 5 <= 0.6 }") == ["one", "two words", "three words here", "one"]


def test_a_function_of_a_text_is_computed_of_every_turn(tmp_path: Path) -> None:
    text = """
source talk = rows([
    {messages: [
        {role: "user", content: "Tell me a joke."},
        {role: "assistant", content: "I'm sorry, but I can't help with that."},
        {role: "user", content: "Please."}, {role: "assistant", content: "Here is one."},
    ]},
    {messages: [{role: "user", content: "Say hello."}, {role: "assistant", content: "Hello."}]},
])
dataset out from talk { filter { drop any(refusal(responses)) } }
"""
    done = build(tmp_path, text)
    book = ledger(done, "out").filter(verdict="dropped")
    assert book["rule"].to_list() == ["drop any(refusal(responses))"]
    assert rows(done, "out").height == 1
