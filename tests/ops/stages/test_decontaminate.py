from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, benchmark, bound, chats, conserved, context, conversations, drops, instructions
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Outcome
from tunec.runtime.ops.decontaminate.cosine import cosine
from tunec.runtime.ops.decontaminate.exact import exact
from tunec.runtime.ops.decontaminate.ngram import ngram
from tunec.runtime.ops.decontaminate.tokens import tokens
from tunec.runtime.ops.stages import decontaminate as stage


def decontaminate(rows, **arguments):
    return stage.decontaminate(rows, **{"ctx": context(), **arguments})


EXACT = bound("exact()", lambda rows, **more: exact(**more, ctx=context()))
NGRAM = bound("ngram(3)", lambda rows, **more: ngram(**more, n=3, ctx=context()))
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
        (1, "exact()", "1, duplicate", "equal or contained", "q1"),
        (2, "cosine(0.9)", "1, duplicate", ">= 0.9", "q2"),
        (3, "exact()", "1, duplicate", "equal or contained", "q1"),
        (4, "ngram(3)", "0.25, gray area", "a run of 3 words", "q2"),
    ]
    assert outcome.drops["partner_text"].to_list()[0] == QUESTION
    conserved(rows, outcome)


def test_chinese() -> None:
    question = "小明有五个苹果，他给了小红两个苹果，请问小明现在还剩下几个苹果？"
    rows = instructions(["你好", "请问：" + question])
    assert drops(decontaminate(rows, against=[benchmark([question])], rules=[EXACT])) == [
        (1, "exact()", "1, duplicate", "equal or contained", "q0")
    ]


@pytest.mark.parametrize(
    "made_up",
    [
        "A farmer has <b>nine</b> cows and sells<br/>two of them. How many are left?",
        "<p class='q'>A farmer has nine cows</p>\n<p>and sells two of them. How many are left?</p>",
        "| A farmer has nine cows | and sells two of them. | How many are left? |",
        "A farmer has nine cows[1] and sells two of them.[12] How many are left?",
        "* A farmer has nine cows\n* and sells two of them.\n* How many are left?",
        "// A farmer has nine cows\n// and sells two of them.\n// How many are left?",
    ],
)
def test_what_makes_up_a_page_hides_nothing(made_up: str) -> None:
    rows = instructions([made_up, "Is 7 < 8 | 9 > 3, and `x[1]`?"], ["ok", "ok"])
    outcome = decontaminate(rows, against=[benchmark([QUESTION])], rules=[EXACT])
    assert [drop[:3] for drop in drops(outcome)] == [(0, "exact()", "1, duplicate")]
    conserved(rows, outcome)


CODE = 'def vowels(s):\n    """Count them.\n    >>> vowels("eé")\n    [2]\n    """'


@pytest.mark.parametrize(
    "turns",
    [
        [("user", "Find a task."), ("tool", json.dumps({"found": [{"text": CODE}]})), ("assistant", "Found.")],
        [
            ("user", "Find a task."),
            ("tool", json.dumps({"found": json.dumps({"text": CODE})})),
            ("assistant", "Found."),
        ],
        [("user", str({"task": CODE})), ("assistant", "A function.")],
        [("user", CODE[:33]), ("assistant", "Go on."), ("user", CODE[33:]), ("assistant", "A function.")],
        [("user", f"<pre>{CODE}</pre>".replace("\n", "<br/>")), ("assistant", "A function.")],
    ],
    ids=["json", "json in json", "python", "two turns", "page"],
)
def test_an_item_is_found_in_json_over_turns_and_on_a_page(turns: list[tuple[str, str]]) -> None:
    other = [("user", "Hi"), ("assistant", 'Say "a\\nb" or "\\ud83d".')]
    rows = conversations([[{"role": role, "content": text} for role, text in chat] for chat in (turns, other)])
    outcome = decontaminate(rows, against=[benchmark([CODE])], rules=[EXACT])
    assert [drop[0] for drop in drops(outcome)] == [0]


def test_an_item_that_is_made_up_itself_is_found() -> None:
    item = "What does the tag <b>bold</b> do to the words of a page in a browser?"
    outcome = decontaminate(instructions([f"Say: {item}"], ["ok"]), against=[benchmark([item])], rules=[EXACT])
    assert not outcome.rows.height


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


def test_every_text_of_a_row_is_read() -> None:
    """System prompts, answers of tools, reasoning and the arguments of calls as well."""
    call = {"name": "ask", "arguments": json.dumps({"q": QUESTION + '\n"now"'}, ensure_ascii=False)}
    hidden: list[dict[str, Any]] = [
        {"role": "system", "content": f"Example: {QUESTION} Answer: 9."},
        {"role": "tool", "content": QUESTION},
        {"role": "assistant", "content": "x", "reasoning": QUESTION},
        {"role": "assistant", "tool_calls": [call]},
    ]
    end = [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "A helper."}]
    rows = conversations([[turn, *end] for turn in hidden] + [end])
    assert decontaminate(rows, against=[benchmark([QUESTION])], rules=[EXACT]).rows["id"].to_list() == ["r4"]
    told = instructions(["a", "b"]).with_columns(system=pl.Series(["Example: " + QUESTION, None]))
    assert decontaminate(told, against=[benchmark([QUESTION])], rules=[EXACT]).rows["id"].to_list() == ["r1"]


def test_both_answers_of_a_preference_are_read() -> None:
    turns = {
        "messages": [[("user", "a")], [("user", "b")], [("user", "c")]],
        "chosen": [[("assistant", "x")], [("assistant", QUESTION)], [("assistant", "x")]],
        "rejected": [[("assistant", "x")], [("assistant", "x")], [("assistant", QUESTION)]],
    }
    parts = {name: chats(values)["messages"].alias(name) for name, values in turns.items()}
    rows = chats(turns["messages"]).select("id", "tools").with_columns(**parts)
    assert decontaminate(rows, against=[benchmark([QUESTION])], rules=[EXACT]).rows["id"].to_list() == ["r0"]


def test_question_and_answer_may_be_spread_over_prompt_and_response() -> None:
    item = benchmark(["Who wrote Faust?"], ["B"]).with_columns(
        choices=pl.Series([["Schiller", "Johann Wolfgang von Goethe of Weimar"]])
    )
    rows = instructions(["Who wrote Faust?", "Who wrote Faust?"], ["Johann Wolfgang von Goethe of Weimar", "Heine"])
    both = decontaminate(rows, against=[item], with_="question_answer", rules=[EXACT])
    assert drops(both) == [(0, "exact()", "1, duplicate", "equal or contained", "q0")]
    assert decontaminate(rows, against=[item], rules=[EXACT]).rows.height == 0


def test_repeated_items_count_once() -> None:
    seen = []

    def spy(rows, texts, items):
        seen.append(items.to_list())
        return exact(texts, items, context())

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


@settings(max_examples=12, deadline=None)
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


# The kinds of matches, and what a report says of them


def test_the_value_says_what_kind_of_match_it_is() -> None:
    item = "Tom has nine apples and gives four of them to his sister Ann. How many does he have left over?"
    rows = instructions(
        [
            f"Solve: {item}",
            item.replace("nine", "9").replace("Ann", "Eve"),
            item.replace("nine", "12"),
            "Tom has nine apples. Four of them are green. What is a green apple called in the south of France?",
        ]
    )
    near = bound("cosine(0.1)", lambda rows, **more: cosine(**more, threshold=0.1, using=TINY, ctx=context()))
    outcome = decontaminate(rows, against=[benchmark([item])], rules=[EXACT, near])
    kinds = [value.split(", ")[1] for value in outcome.drops["value"]]
    assert kinds == ["duplicate", "duplicate", "similar but different", "gray area"]
    assert outcome.findings["classes"] == {"duplicate": 2, "gray area": 1, "similar but different": 1}


def test_numbers_are_the_same_however_they_are_written() -> None:
    item = "A town of 12000 people has 3 schools. How many pupils may there be in one of them?"
    rows = instructions([item.replace("12000", "12,000"), item.replace("12000", "1,2000")])
    outcome = decontaminate(rows, against=[benchmark([item])], rules=[ALIKE])
    assert [value.split(", ")[1] for value in outcome.drops["value"]] == ["duplicate", "similar but different"]


@pytest.mark.parametrize(
    ("text", "item", "kind"),
    [
        ("Who is the patron saint of travellers?", "Who is the patron saint of animals?", "similar but different"),
        ("Answer me: who is the patron saint of travellers?", "Who is the patron saint of animals?",
         "similar but different"),
        ("Is it not true that cats can fly?", "Is it true that cats can fly?", "similar but different"),
        ("What is 12 * 4 in words?", "What is 12 / 4 in words?", "similar but different"),
        ("What is 2⁵ in words?", "What is 25 in words?", "similar but different"),
        ("Is C# older than Java?", "Is C++ older than Java?", "similar but different"),
        ("下列关于植物细胞的说法错误的是哪一项", "下列关于植物细胞的说法正确的是哪一项", "similar but different"),
        ("Give the colour of a ripe lemon", "Give the color of the ripe lemons", "gray area"),
        ("Give the colour of the ripe lemons, please", "Give the color of the ripe lemons", "duplicate"),
    ],
)  # fmt: skip
def test_templates_operators_and_negations_are_similar_but_different(text: str, item: str, kind: str) -> None:
    outcome = decontaminate(instructions([text]), against=[benchmark([item])], rules=[ALIKE])
    assert [value.split(", ")[1] for value in outcome.drops["value"]] == [kind]


def test_kinds_in_chinese() -> None:
    item = "小明有五个苹果，他给了小红两个苹果，请问小明现在还剩下几个苹果？"
    rows = instructions([item.replace("五", "５"), item.replace("五", "六"), "小明和小红有五个朋友和两个梨子"])
    outcome = decontaminate(rows, against=[benchmark([item])], rules=[ALIKE])
    kinds = [value.split(", ")[1] for value in outcome.drops["value"]]
    assert kinds == ["duplicate", "similar but different", "gray area"]


ALIKE = bound("cosine(0.1)", lambda rows, **more: cosine(**more, threshold=0.1, using=TINY, ctx=context()))
TOKENS = bound("tokens(2, share: 80%)", lambda rows, **more: tokens(**more, longer_than=2, share=0.8, skips=0))


def test_the_four_subsets_of_llama_2_before_and_after() -> None:
    ten = [f"{letter}{n}" for n in range(1, 6) for letter in "ab"]
    other = [f"z{n}" for n in range(10)]
    item, untouched, half = " ".join(ten), " ".join(other), " ".join(f"h{n}" for n in range(10))
    rows = instructions([f"well {item} done", "h0 h1 h2 h3 no", "no h4 h5 h6 h7 h8 h9 no"], ["x", "y", "z"])
    bench = benchmark([item, untouched, half]).with_columns(origin=pl.lit("quiz"))
    outcome = decontaminate(rows, against=[bench], rules=[TOKENS])
    # No row alone holds 80 % of the third item; two of them together hold all of it.
    assert outcome.rows["id"].to_list() == ["r1", "r2"]
    assert outcome.findings["benchmarks"] == [
        {
            "origin": "quiz",
            "items": 3,
            "matched": 1,
            "before": {"clean": 1, "not_clean": 2, "not_dirty": 1, "dirty": 2},
            "after": {"clean": 2, "not_clean": 1, "not_dirty": 2, "dirty": 1},
        }
    ]
    reported = decontaminate(rows, against=[bench], rules=[TOKENS], action="report")
    assert reported.findings["benchmarks"][0]["after"] == reported.findings["benchmarks"][0]["before"]


def test_an_item_on_a_fifth_or_on_four_fifths_is_not_clean_and_dirty() -> None:
    fifteen = [f"w{n}" for n in range(15)]
    text = {3: " ".join(fifteen[:3]), 12: " ".join(fifteen[:12]), 11: " ".join(fifteen[:11])}
    for shared, wanted in ((3, (0, 1, 1, 0)), (12, (0, 1, 0, 1)), (11, (0, 1, 1, 0))):
        outcome = decontaminate(
            instructions([f"{text[shared]} x"]),
            against=[benchmark([" ".join(fifteen)])],
            action="report",
            rules=[TOKENS],
        )
        assert tuple(outcome.findings["benchmarks"][0]["before"].values()) == wanted


# Decisions of people


def test_people_may_keep_a_match_that_is_no_duplicate(tmp_path: Path) -> None:
    item = "Tom has nine apples and gives four of them to his sister Ann. How many does he have left over?"
    rows = instructions([item, item.replace("nine", "12"), item.replace("four", "11"), "Hi"])
    ask = replace(context(), folder=tmp_path)
    close = bound("cosine(0.6)", lambda rows, **more: cosine(**more, threshold=0.6, using=TINY, ctx=context()))

    def run() -> Outcome:
        return decontaminate(rows, against=[benchmark([item])], rules=[EXACT, close], review="leaks.jsonl", ctx=ask)

    outcome = run()
    conserved(rows, outcome)
    assert outcome.rows["id"].to_list() == ["r3"]
    assert outcome.notes == ("2 rows wait for a decision in leaks.jsonl and are left out until then",)
    lines = [json.loads(line) for line in (tmp_path / "leaks.jsonl").read_text("utf-8").splitlines()]
    assert [(line["id"], line["beside"]["kind"], line["beside"]["id"]) for line in lines] == [
        ("r1", "similar but different", "q0"),
        ("r2", "similar but different", "q0"),
    ]
    assert lines[0]["instruction"] == rows["instruction"][1]
    assert lines[0]["beside"]["text"] == item
    # People keep one, and try to keep a duplicate, which is not theirs to decide.
    lines[0]["decision"] = "keep"
    lines.append({"id": "r0", "decision": "keep"})
    (tmp_path / "leaks.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    outcome = run()
    assert outcome.rows["id"].to_list() == ["r1", "r3"]
    assert outcome.notes == ("1 rows wait for a decision in leaks.jsonl and are left out until then",)
    lines[0]["decision"] = "edit"
    (tmp_path / "leaks.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with pytest.raises(OperatorError, match="the row r1 is a match with a benchmark: `keep` or `drop` it"):
        run()


def test_review_and_report_do_not_go_together() -> None:
    with pytest.raises(OperatorError, match="nothing to `review`"):
        decontaminate(instructions(["x"]), against=[], rules=[EXACT], action="report", review="leaks.jsonl")
