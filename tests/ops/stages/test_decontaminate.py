from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, benchmark, bound, chats, conserved, context, drops, instructions
from tunec.runtime.operator import OperatorError
from tunec.runtime.ops.decontaminate.cosine import cosine
from tunec.runtime.ops.decontaminate.exact import exact
from tunec.runtime.ops.decontaminate.ngram import ngram
from tunec.runtime.ops.stages.decontaminate import decontaminate

EXACT = bound("exact()", lambda rows, **more: exact(**more))
NGRAM = bound("ngram(3)", lambda rows, **more: ngram(**more, n=3))
COSINE = bound("cosine(0.9)", lambda rows, **more: cosine(**more, threshold=0.9, using=TINY, ctx=context()))
QUESTION = "A farmer has nine cows and sells two of them. How many are left?"


def test_a_dropped_row_names_rule_item_and_text() -> None:
    rows = instructions(
        ["What is AI?", f"Solve this: {QUESTION}", "cows the a has nine farmer", "Hi", "Farmer has nine"],
        ["ok", "seven", "ok", f"You asked: {QUESTION}", "ok"],
    )
    outcome = decontaminate(
        rows, against=[benchmark(["Other?", QUESTION, "a farmer has nine cows the"])], rules=[COSINE, NGRAM, EXACT]
    )
    assert outcome.rows["id"].to_list() == ["r0"]
    assert drops(outcome) == [
        (1, "exact()", "1", "equal or contained", "q1"),
        (2, "cosine(0.9)", "1", ">= 0.9", "q2"),
        (3, "exact()", "1", "equal or contained", "q1"),
        (4, "ngram(3)", "0.25", "a run of 3 words", "q2"),
    ]
    assert outcome.drops["partner_text"].to_list()[0] == QUESTION
    conserved(rows, outcome)


def test_chinese() -> None:
    question = "小明有五个苹果，他给了小红两个苹果，请问小明现在还剩下几个苹果？"
    rows = instructions(["你好", "请问：" + question])
    assert drops(decontaminate(rows, against=[benchmark([question])], rules=[EXACT])) == [
        (1, "exact()", "1", "equal or contained", "q0")
    ]


def test_every_turn_of_a_chat_is_read() -> None:
    rows = chats(
        [
            [("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"), ("assistant", "Bye")],
            [("user", QUESTION), ("assistant", "7"), ("user", "Thanks"), ("assistant", "Welcome")],
            [("user", "Ask me"), ("assistant", QUESTION), ("user", "7"), ("assistant", "Right")],
        ]
    )
    assert decontaminate(rows, against=[benchmark([QUESTION])], rules=[EXACT]).rows["id"].to_list() == ["r0"]
    only_answers = decontaminate(rows, against=[benchmark([QUESTION])], fields=["response"], rules=[EXACT])
    assert only_answers.rows["id"].to_list() == ["r0", "r1"]


def test_both_answers_of_a_preference_are_read() -> None:
    rows = (
        instructions(["a", "b", "c"])
        .select("id")
        .with_columns(
            prompt=instructions(["a", "b", "c"])["instruction"],
            chosen=instructions(["x", QUESTION, "x"])["instruction"],
            rejected=instructions(["x", "x", QUESTION])["instruction"],
        )
    )
    assert decontaminate(rows, against=[benchmark([QUESTION])], rules=[EXACT]).rows["id"].to_list() == ["r0"]


def test_question_and_answer_may_be_spread_over_prompt_and_response() -> None:
    item = benchmark(["Who wrote Faust?"], ["B"]).with_columns(
        choices=pl.Series([["Schiller", "Johann Wolfgang von Goethe of Weimar"]])
    )
    rows = instructions(["Who wrote Faust?", "Who wrote Faust?"], ["Johann Wolfgang von Goethe of Weimar", "Heine"])
    both = decontaminate(rows, against=[item], with_="question_answer", rules=[EXACT])
    assert drops(both) == [(0, "exact()", "1", "equal or contained", "q0")]
    assert decontaminate(rows, against=[item], rules=[EXACT]).rows.height == 0


def test_repeated_items_count_once() -> None:
    seen = []

    def spy(rows, texts, items):
        seen.append(items.to_list())
        return exact(texts, items)

    decontaminate(
        instructions(["x"]),
        against=[benchmark(["A b", "c", ""]), benchmark(["a  B", "d"])],
        rules=[bound("spy()", spy)],
    )
    assert seen == [["A b", "c", "d"]]


def test_report_keeps_the_rows_and_says_how_many() -> None:
    rows = instructions([QUESTION, "fine", f"{QUESTION} Well?"])
    outcome = decontaminate(rows, against=[benchmark([QUESTION])], action="report", rules=[EXACT])
    assert outcome.rows.equals(rows)
    assert outcome.drops.height == 0
    assert outcome.notes == ("2 of 3 rows match a benchmark and stay (exact(): 2)",)


def test_missing_texts_and_empty_inputs() -> None:
    rows = instructions([None, "x"], [None, None])
    assert decontaminate(rows, against=[benchmark([QUESTION])], rules=[EXACT, NGRAM]).rows.equals(rows)
    assert decontaminate(rows, against=[], rules=[EXACT, NGRAM, COSINE]).rows.equals(rows)
    assert decontaminate(rows.head(0), against=[benchmark([QUESTION])], rules=[EXACT, NGRAM]).rows.height == 0


def test_a_field_that_rows_do_not_have_is_an_error() -> None:
    with pytest.raises(OperatorError, match="instruction rows have no text `chosen`"):
        decontaminate(instructions(["x"]), against=[benchmark(["y"])], fields=["chosen"], rules=[EXACT])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcde"), max_size=8), max_size=8),
    st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=9), max_size=4),
    st.randoms(use_true_random=False),
)
def test_rules_have_no_order(texts: list[list[str]], items: list[list[str]], rng: random.Random) -> None:
    rows = instructions([" ".join(t) for t in texts], ["zzz"] * len(texts))
    against = [benchmark([" ".join(i) for i in items])]
    rules = [EXACT, NGRAM, COSINE]
    outcome = decontaminate(rows, against=against, rules=rules)
    conserved(rows, outcome)
    rng.shuffle(rules)
    again = decontaminate(rows, against=against, rules=rules)
    assert again.rows.equals(outcome.rows)
    assert again.drops.equals(outcome.drops)
    # The promise: nothing is left that is or contains an item.
    left = decontaminate(outcome.rows, against=against, rules=[EXACT])
    assert left.drops.height == 0
