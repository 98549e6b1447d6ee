from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, rows
from tests.characters import ANY
from tests.ops.material import LETTERS, MANY, chats, conversations, instructions
from tunec.runtime.ops.stages.normalize import normalize
from tunec.runtime.rows.messages import sparse

TEXT = st.text(LETTERS + "\r\u2028\u2003ＡｅÅ①\u030a", max_size=25) | st.text(ANY, max_size=12)


def of(texts: list[str | None], **options: Any) -> list[str | None]:
    return normalize(instructions(texts), **options).rows["instruction"].to_list()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (" a  b\t\tc ", "a b c"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\n\n\n\nb\n \n\t\nc", "a\n\nb\n\nc"),
        ("a \nb", "a\nb"),
        ("if x:\n    y  =  1\n\tz", "if x:\n    y = 1\n\tz"),  # blanks at the start of a line are code
        ("e\u0301", "é"),
        ("你好\u3000\u3000吗\u00a0", "你好 吗"),
        ("Ａ，①", "Ａ，①"),
        ("", ""),
        (None, None),
    ],
)
def test_by_hand(text: str | None, clean: str | None) -> None:
    assert of([text]) == [clean]


@pytest.mark.parametrize(
    ("options", "clean"),
    [
        ({}, "Ａ， é x"),
        ({"unicode": "nfkc"}, "A, é x"),
        ({"unicode": "keep"}, "Ａ， e\u0301 x"),
        ({"whitespace": "strip"}, "Ａ，  é\u3000x"),
        ({"whitespace": "keep"}, "\nＡ，  é\u3000x "),
        ({"unicode": "keep", "whitespace": "keep"}, "\nＡ，  e\u0301\u3000x "),
    ],
)
def test_settings(options: dict[str, str], clean: str) -> None:
    assert of(["\nＡ，  e\u0301\u3000x "], **options) == [clean]


def test_every_text_of_the_row_and_nothing_else() -> None:
    frame = instructions([" a "], [" b "]).with_columns(
        pl.lit(" i ").alias("input"), pl.lit(" s ").alias("system"), pl.lit(" m ").alias("meta.note"),
        pl.Series("choices", [[" 甲 ", " y"]]), pl.lit(3).alias("n"), pl.lit(" t ").alias("split"),
        pl.lit(" r ").alias("id"), pl.lit(" o ").alias("origin"), pl.Series("parents", [[" p "]]),
    )  # fmt: skip
    row = normalize(frame).rows.row(0, named=True)
    assert (row["instruction"], row["response"], row["input"], row["system"]) == ("a", "b", "i", "s")
    assert (row["choices"], row["n"]) == (["甲", "y"], 3)
    assert (row["id"], row["origin"], row["parents"]) == (" r ", " o ", [" p "])
    assert (row["meta.note"], row["split"]) == (" m ", " t ")


def test_turns_of_a_chat() -> None:
    talk = chats([[("user", " 你好 "), ("assistant", "a  b")], []])
    assert [sparse(chat) for chat in normalize(talk).rows["messages"].to_list()] == [
        [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "a b"}],
        [],
    ]


def test_in_a_spec(tmp_path: Path) -> None:
    text = (
        'source s = rows([{instruction: " Ｓａｙ  hello. ", response: "你好\u3000！"}])\ndataset out from s { STAGE }'
    )
    plain = rows(build(tmp_path / "a", text.replace("STAGE", "normalize()")), "out")
    assert plain.select("instruction", "response").rows() == [("Ｓａｙ hello.", "你好 ！")]
    wide = rows(build(tmp_path / "b", text.replace("STAGE", "normalize(unicode: nfkc)")), "out")
    assert wide.select("instruction", "response").rows() == [("Say hello.", "你好 !")]


def _plain(text: str, form: str, whitespace: str) -> str:
    """Character by character."""
    text = text if form == "keep" else unicodedata.normalize(form.upper(), text)
    if whitespace == "collapse":
        text = re.sub("[\u00a0\u2000-\u200a\u202f\u205f\u3000]", " ", re.sub("\r\n?|[\u2028\u2029]", "\n", text))
        lines = []
        for line in text.split("\n"):
            bare = line.lstrip(" \t")
            start = line[: len(line) - len(bare)]
            lines.append((start + re.sub("[ \t]+", " ", bare)).rstrip(" \t"))
        text = re.sub("\n{3,}", "\n\n", "\n".join(lines))
    return text if whitespace == "keep" else text.strip()


@MANY
@given(
    st.lists(st.none() | st.text(LETTERS + "\r\u2028\u2003ＡｅÅ①\u030a", max_size=25), max_size=5),
    st.sampled_from(["nfc", "nfkc", "keep"]),
    st.sampled_from(["collapse", "strip", "keep"]),
)
def test_is_the_plain_loop(texts: list[str | None], form: str, whitespace: str) -> None:
    expected = [None if text is None else _plain(text, form, whitespace) for text in texts]
    assert of(texts, unicode=form, whitespace=whitespace) == expected


@MANY
@given(
    st.lists(st.none() | TEXT, max_size=5),
    st.sampled_from(["nfc", "nfkc", "keep"]),
    st.sampled_from(["collapse", "strip", "keep"]),
)
def test_twice_is_once_and_rows_stay(texts: list[str | None], form: Any, whitespace: Any) -> None:
    frame = instructions(texts)
    outcome = normalize(frame, unicode=form, whitespace=whitespace)
    assert normalize(outcome.rows, unicode=form, whitespace=whitespace).rows.equals(outcome.rows)
    assert outcome.rows.drop("instruction").equals(frame.drop("instruction"))
    assert outcome.drops.height == 0


CHATS = [
    [("user", "a"), ("assistant", "b")],
    [("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d")],
    [("user", "a"), ("system", "s"), ("user", "b"), ("assistant", "c")],
    [("assistant", "hi"), ("user", "a"), ("assistant", "b")],
    [("user", "a")],
    [("user", "a"), ("assistant", "b"), ("tool", "c"), ("assistant", "d")],
]


@pytest.mark.parametrize(
    ("turns", "kept", "reasons"),
    [
        ("keep", ["r0", "r1", "r2", "r3", "r4", "r5"], []),
        ("merge", ["r0", "r1", "r2"], [3, 4, 5]),
        ("strict", ["r0"], [1, 2, 3, 4, 5]),
    ],
)
def test_turns_in_an_order_that_templates_cannot_render(turns: Any, kept: list[str], reasons: list[int]) -> None:
    outcome = normalize(chats(CHATS), turns=turns)
    assert outcome.rows["id"].to_list() == kept
    assert outcome.drops["row"].to_list() == reasons
    why = dict(outcome.drops.select("row", "value").iter_rows())
    assert why.get(3, "the assistant speaks first") == "the assistant speaks first"
    assert why.get(4, "no turn of the assistant") == "no turn of the assistant"
    assert why.get(5, "a tool answer without its call") == "a tool answer without its call"
    assert set(outcome.drops["rule"]) <= {f"turns: {turns}"}


def test_merged_turns() -> None:
    outcome = normalize(chats(CHATS), turns="merge")
    merged = [[(turn["role"], turn["content"]) for turn in chat] for chat in outcome.rows["messages"].to_list()]
    assert merged[1:] == [
        [("user", "a\n\nb"), ("assistant", "c\n\nd")],
        [("system", "s"), ("user", "a\n\nb"), ("assistant", "c")],
    ]
    assert outcome.notes == ("turns of 2 of 6 chats were merged",)


def test_reasoning_is_a_text_of_the_row_and_calls_are_not() -> None:
    call = {"name": "f", "arguments": '{"a":"x  y"}'}
    rows_ = conversations([[{"role": "assistant", "reasoning": " h  m ", "tool_calls": [call]}]], ["[ ]"])
    clean = normalize(rows_).rows
    assert sparse(clean["messages"].to_list()[0]) == [{"role": "assistant", "reasoning": "h m", "tool_calls": [call]}]
    assert clean["tools"].to_list() == ["[ ]"]
