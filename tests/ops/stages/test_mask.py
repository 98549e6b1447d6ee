from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.building import build, rows
from tests.ops.material import bound, chats, conversations, instructions
from tunec.compiler.types import RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Outcome
from tunec.runtime.ops.finders.matches import matches
from tunec.runtime.ops.finders.pii import pii
from tunec.runtime.ops.stages.mask import mask
from tunec.runtime.rows.messages import completed, sparse
from tunec.runtime.text.masking import Search


def masked(frame: pl.DataFrame, search: Search, word: str | None = None) -> Outcome:
    return mask(frame, bound("pii(x)", lambda: search), with_=word)


def test_instructions() -> None:
    frame = instructions(["mail a@b.io", None, "电话13800138000"], ["a@b.io, c@d.io!", "ok", None])
    done = masked(frame, pii("response"))
    assert done.rows["response"].to_list() == ["[EMAIL], [EMAIL]!", "ok", None]
    assert done.rows["instruction"].to_list() == frame["instruction"].to_list()
    assert done.notes == ("masked 2 spans in 1 of 3 rows (email: 2)",)
    assert not done.drops.height
    assert masked(frame, pii("prompt")).rows["instruction"].to_list() == ["mail [EMAIL]", None, "电话[PHONE]"]


def test_every_turn_of_a_chat() -> None:
    frame = chats(
        [
            [
                ("system", "s@t.io"),
                ("user", "u@v.io"),
                ("assistant", "a@b.io"),
                ("user", "x"),
                ("assistant", "c@d.cn 好"),
            ],
            [("user", "none"), ("assistant", "nothing")],
        ]
    )

    def contents(search: Search) -> list[list[str]]:
        return [[turn["content"] for turn in row] for row in masked(frame, search, "#").rows["messages"].to_list()]

    assert contents(pii("response")) == [["s@t.io", "u@v.io", "#", "x", "# 好"], ["none", "nothing"]]
    assert contents(pii("prompt")) == [["#", "#", "a@b.io", "x", "c@d.cn 好"], ["none", "nothing"]]
    assert contents(pii("text")) == [["#", "#", "#", "x", "# 好"], ["none", "nothing"]]
    done = masked(frame, pii("text"))
    assert done.rows.schema == frame.schema
    assert [t["role"] for t in done.rows["messages"][0]] == ["system", "user", "assistant", "user", "assistant"]


def test_every_text_of_a_chat() -> None:
    call = {"id": "1", "name": "mail", "arguments": '{"to":["a@b.io"],"n":1}'}
    turns = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "reasoning": "to c@d.io", "tool_calls": [call]},
        {"role": "tool", "content": "sent to e@f.io", "tool_call_id": "1"},
    ]
    frame = conversations([turns], ['[{"name":"mail","description":"of g@h.io"}]'])
    done = masked(frame, pii("text"))
    assert sparse(done.rows["messages"].to_list()[0]) == [
        {"role": "user", "content": "x"},
        {
            "role": "assistant",
            "reasoning": "to [EMAIL]",
            "tool_calls": [{"id": "1", "name": "mail", "arguments": '{"to":["[EMAIL]"],"n":1}'}],
        },
        {"role": "tool", "content": "sent to [EMAIL]", "tool_call_id": "1"},
    ]
    assert done.rows["tools"].to_list() == ['[{"name":"mail","description":"of [EMAIL]"}]']
    assert done.notes == ("masked 4 spans in 1 of 1 rows (email: 4)",)
    assert done.rows.schema == frame.schema
    only = masked(frame, pii("reasoning"))
    assert only.notes == ("masked 1 spans in 1 of 1 rows (email: 1)",)


def test_a_telephone_number_is_one_as_a_number_too() -> None:
    """In the arguments of calls, and in a column beside the text that repeats it; a short number is no repetition."""
    call = {"id": "1", "name": "dial", "arguments": '{"to":13812345678,"n":7,"yes":true}'}
    turns = [
        {"role": "user", "content": "13812345678, 电话"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
    ]
    frame = conversations([turns]).with_columns(
        pl.Series("meta.phone", [13812345678]),
        pl.Series("meta.n", [7]),
        pl.Series("meta.of", [{"phone": 13812345678, "n": 7}]),
    )
    row = masked(frame, pii("text")).rows.row(0, named=True)
    assert row["messages"][0]["content"] == "[PHONE], 电话"
    assert row["messages"][1]["tool_calls"][0]["arguments"] == '{"to":"[PHONE]","n":7,"yes":true}'
    assert [row[name] for name in ("meta.phone", "meta.n", "meta.of")] == [None, 7, {"phone": None, "n": 7}]


def test_both_answers_and_the_context_of_a_preference() -> None:
    turn = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
    frame = completed(
        pl.DataFrame(
            {
                "id": ["a"],
                "messages": pl.Series([[{"role": "user", "content": "u@v.io"}]], dtype=turn),
                "chosen": pl.Series([[{"role": "assistant", "content": "a@b.io"}]], dtype=turn),
                "rejected": pl.Series([[{"role": "assistant", "content": "c@d.io"}]], dtype=turn),
            }
        ),
        RowType.PREFERENCE,
    )
    assert masked(frame, pii("text")).notes == ("masked 3 spans in 1 of 1 rows (email: 3)",)
    response = masked(frame, pii("response")).rows
    assert [response[name][0][0]["content"] for name in ("messages", "chosen", "rejected")] == [
        "u@v.io", "[EMAIL]", "[EMAIL]",
    ]  # fmt: skip


def test_lists_of_texts() -> None:
    frame = pl.DataFrame(
        {"id": ["a", "b"], "question": ["q", "r"], "choices": [["a@b.io", "x"], None], "answer": ["A", "B"]}
    )
    assert masked(frame, pii("choices")).rows["choices"].to_list() == [["[EMAIL]", "x"], None]


def test_patterns() -> None:
    frame = instructions(["x"] * 3, ["xab ab ab1", "价格ab元", None])
    assert masked(frame, matches("response", r"\bab\b"), "").rows["response"].to_list() == [
        "xab  ab1",
        "价格ab元",
        None,
    ]
    assert masked(frame, matches("response", "ab|格")).rows["response"][1] == "价[MATCH][MATCH]元"
    assert masked(frame, matches("response", "z*")).rows.equals(frame)
    marks = instructions(["x"], ["a\ufdd0b c\ufdd1"])
    assert masked(marks, matches("response", "c")).rows["response"].to_list() == ["a\ufdd0b [MATCH]\ufdd1"]
    with pytest.raises(OperatorError, match="not a valid regular expression"):
        masked(frame, matches("response", "("))


def test_a_field_that_is_no_text() -> None:
    with pytest.raises(OperatorError, match="`id` of instruction rows"):
        masked(instructions(["a"]), pii("id"))


@settings(max_examples=16, deadline=None)
@given(st.lists(st.text(alphabet="abc@.io 0123456789-+()好", max_size=40), min_size=1, max_size=5))
def test_masking_again_changes_nothing_else(texts: list[str]) -> None:
    frame = instructions(["p"] * len(texts), texts)
    once = masked(frame, pii("response"))
    assert once.rows.drop("response").equals(frame.drop("response"))
    if not once.notes:
        assert once.rows.equals(frame)
    assert once.rows.equals(masked(frame, pii("response")).rows)


def test_in_a_spec_after_decontamination(tmp_path: Path) -> None:
    done = build(
        tmp_path,
        'source s = rows([{instruction: "mail?", response: "jo@corp.io"}, {instruction: "你好", response: "好"}])\n'
        'benchmark b = rows([{question: "How far is it to the moon and back?", answer: "A"}])\n'
        "dataset d from s { dedup { exact(prompt) }  decontaminate(against: [b]) { exact() }"
        '  mask(pii(response, kinds: [email]), with: "[E]") }\n',
    )
    assert not [p for p in done.problems if p.severity == "error"], done.problems
    assert rows(done, "d")["response"].to_list() == ["[E]", "好"]


def test_what_was_masked_is_told_and_stands_in_no_ledger(tmp_path: Path) -> None:
    done = build(
        tmp_path,
        'source s = rows([{instruction: "mail of Jo?", response: "jo@corp.io"},'
        ' {instruction: "Mail kim@corp.io to Jo", response: "Write to jo@corp.io or to kim@corp.io now."}])\n'
        "dataset d from s { filter { keep words(response) >= 6 }  mask(pii(response, kinds: [email])) }\n",
    )
    assert not [p for p in done.problems if p.severity == "error"], done.problems
    ledger = pl.read_parquet(next(tmp_path.rglob("ledger/d.parquet")))
    gone = ledger.filter(pl.col("verdict") == "dropped")
    assert gone.select("prompt", "response").rows() == [("mail of Jo?", "[EMAIL]")]
    card = next(tmp_path.rglob("d/README.md")).read_text("utf-8")
    assert "## What was masked\n\n| kind | places |\n| --- | ---: |\n| email | 2 |" in card
    report = next(tmp_path.rglob("report.html")).read_text("utf-8")
    assert '<tr><th scope="row">email</th><td class="n">2</td></tr>' in report


def test_an_unknown_finder(tmp_path: Path) -> None:
    done = build(tmp_path, 'source s = rows([{text: "a"}])\ndataset d from s { mask(words(text)) }\n')
    assert [p.code for p in done.problems] == ["T103"]


@pytest.mark.parametrize("field", ["tool_calls", "turns", "label", "id", "meta.n", "meta.numbers"])
def test_fields_that_are_not_text_are_errors_before_anything_runs(tmp_path: Path, field: str) -> None:
    record = {"prompt": "p", "completion": "c", "label": True, "n": 1, "numbers": [1, 2]}
    (tmp_path / "s.jsonl").write_text(json.dumps(record), encoding="utf-8")
    done = build(tmp_path, f'source s = jsonl("s.jsonl", format: kto)\ndataset d from s {{ mask(pii({field})) }}')
    (found,) = done.problems
    assert (found.code, found.message) == ("T210", f"`{field}` is not text that can be searched and changed")
    assert ("arguments of calls" in found.help) == (field == "tool_calls")


@pytest.mark.parametrize("field", ["meta.words", "meta.both"])
def test_columns_of_texts_are_masked(tmp_path: Path, field: str) -> None:
    lines = [{"text": "x", "words": ["a@b.io"], "both": "a@b.io"}, {"text": "y", "words": [], "both": 1}]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    done = build(tmp_path, f'source s = jsonl("s.jsonl", format: text)\ndataset d from s {{ mask(pii({field})) }}')
    assert "a@b.io" not in str(rows(done, "d")[field].to_list())
