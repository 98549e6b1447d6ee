from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.ops.material import bound, chats, conserved, context, drops, instructions
from tunec.compiler.types import RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.dedup.exact import exact
from tunec.runtime.ops.dedup.near import near
from tunec.runtime.ops.keep.longest import longest
from tunec.runtime.ops.keep.prefer import prefer
from tunec.runtime.ops.stages.dedup import dedup
from tunec.runtime.rows.frame import derived

NINE = "one two three four five six seven eight nine"
EXACT = bound("exact(prompt)", lambda frame: exact(frame["instruction"]))
NEAR = bound("near(prompt)", lambda frame: near(frame["instruction"], ctx=context()))


def earlier(*prompts: str) -> pl.DataFrame:
    frame = instructions(prompts)
    return frame.with_columns(id=pl.Series([f"e{n}" for n in range(len(prompts))]), origin=pl.lit("b" * 16))


def test_the_other_rows_win_and_are_not_part_of_the_result() -> None:
    new = instructions([NINE, "另一个", "请写一首诗", "另一个"])
    outcome = dedup(new, against=earlier(NINE.removesuffix(" nine"), "请写一首诗"), rules=[EXACT, NEAR])
    assert outcome.rows["id"].to_list() == ["r1"]
    assert drops(outcome) == [
        (0, "near(prompt)", "0.8", ">= 0.8", "e0"),
        (2, "exact(prompt)", "1", "equal after normalisation", "e1"),
        (3, "exact(prompt)", "1", "equal after normalisation", "r1"),
    ]
    assert outcome.drops["partner_text"][1] == "请写一首诗"
    conserved(new, outcome)


def test_a_better_row_does_not_win_against_them() -> None:
    new = instructions(["a", "b"], ["much longer answers", "x"])
    keep = bound("longest(response)", lambda frame: longest(frame["response"]))
    assert dedup(new, keep=keep, against=earlier("a"), rules=[EXACT]).rows["id"].to_list() == ["r1"]
    assert dedup(new, greedy=True, against=earlier("a"), rules=[EXACT]).rows["id"].to_list() == ["r1"]


def test_duplicates_among_the_others_are_none_of_our_business() -> None:
    new = instructions(["a"])
    assert dedup(new, against=earlier("b", "b", "b"), rules=[EXACT]).rows.equals(new)
    assert dedup(new, against=earlier().head(0), rules=[EXACT]).rows.equals(new)


def test_other_row_types() -> None:
    last = bound(
        "exact(text)", lambda frame: exact(frame["messages"].list.eval(pl.element().struct["content"]).list.join("\n"))
    )
    talks = chats([[("user", "写诗"), ("assistant", "ok")], [("user", "x"), ("assistant", "y")]])
    assert dedup(talks, against=earlier("写诗"), rules=[last]).rows["id"].to_list() == ["r1"]
    with pytest.raises(OperatorError, match="`against` holds chat rows, and these are instruction rows"):
        dedup(instructions(["a"]), against=talks, rules=[EXACT])


def test_which_side_loses_in_a_list() -> None:
    both = instructions(["a", "b", "a", "c"], origin=["old", "old", "new", "new"])
    for side, ids in (("new", ["r1", "r2", "r3"]), ("old", ["r0", "r1", "r3"])):
        keep = bound(f"prefer({side})", lambda frame, side=side: prefer(frame["origin"] == side))
        assert dedup(both, keep=keep, rules=[EXACT]).rows["id"].to_list() == ids


SPEC = """
source before = jsonl("before.jsonl", format: alpaca)
source fresh = jsonl("fresh.jsonl", format: alpaca)
dataset more from fresh { dedup(against: before) { exact(prompt) } }
dataset both from [before, fresh] { dedup(keep: prefer(origin == fresh)) { exact(prompt) } }
"""


def test_in_a_spec(tmp_path: Path) -> None:
    for name, prompts in (("before", ["Say one.", "写一首诗。"]), ("fresh", ["写一首诗。", "Say two."])):
        records = [{"instruction": prompt, "output": name} for prompt in prompts]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    result = build(tmp_path, SPEC)
    assert rows(result, "more")["instruction"].to_list() == ["Say two."]
    inline = SPEC.replace("against: before", 'against: jsonl("before.jsonl", format: alpaca)')
    assert rows(build(tmp_path, inline), "more").equals(rows(result, "more"))
    # The rows of the other side never enter the ledger.
    assert ledger(result, "more").height == 2
    kept = rows(result, "both").sort("instruction").select("instruction", "response").rows()
    assert kept == [("Say one.", "before"), ("Say two.", "fresh"), ("写一首诗。", "fresh")]


@given(st.lists(st.sampled_from("abcd"), max_size=8), st.lists(st.sampled_from("cdef"), max_size=5), st.booleans())
def test_what_stays_is_new_and_unlike_itself(new: list[str], old: list[str], greedy: bool) -> None:
    frame = instructions(new)
    outcome = dedup(frame, greedy=greedy, against=earlier(*old), rules=[EXACT])
    conserved(frame, outcome)
    stays = outcome.rows["instruction"].to_list()
    assert stays == [p for n, p in enumerate(new) if p not in old and p not in new[:n]]
    again = dedup(frame, greedy=greedy, against=earlier(*reversed(old)), rules=[EXACT])
    assert again.rows.equals(outcome.rows)


def test_a_rule_over_the_last_turn_says_that_it_dropped_chats_with_earlier_turns() -> None:
    def chat(topic: str) -> list[tuple[str, str]]:
        return [("user", topic), ("assistant", "ok"), ("user", "继续"), ("assistant", "ok")]

    rule = bound("exact(prompt)", lambda frame: exact(frame.select(derived(RowType.CHAT, "prompt")).to_series()))
    talks = chats(
        [chat("whales"), chat("Rome"), [("user", "x"), ("assistant", "y")], [("user", "x"), ("assistant", "y")]]
    )
    outcome = dedup(talks, rules=[rule])
    assert outcome.rows["id"].to_list() == ["r0", "r2"]
    (note,) = outcome.notes
    assert "`exact(prompt)` compares the last user turn of a chat: 1 of the rows that it dropped" in note
    assert dedup(talks[2:], rules=[rule]).notes == ()
