"""Functions that are Polars expressions: an English and a Chinese case of each, and missing stays missing."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tunec.runtime.ops.functions.all import all_
from tunec.runtime.ops.functions.alnum_ratio import alnum_ratio
from tunec.runtime.ops.functions.any import any_
from tunec.runtime.ops.functions.chars import chars
from tunec.runtime.ops.functions.code import code
from tunec.runtime.ops.functions.concat import concat
from tunec.runtime.ops.functions.contains import contains
from tunec.runtime.ops.functions.ends_with import ends_with
from tunec.runtime.ops.functions.lower import lower
from tunec.runtime.ops.functions.matches import matches
from tunec.runtime.ops.functions.pii import pii
from tunec.runtime.ops.functions.refusal import refusal
from tunec.runtime.ops.functions.repetition import repetition
from tunec.runtime.ops.functions.sentences import sentences
from tunec.runtime.ops.functions.special_ratio import special_ratio
from tunec.runtime.ops.functions.starts_with import starts_with
from tunec.runtime.ops.functions.strip import strip
from tunec.runtime.ops.functions.tokens import tokens
from tunec.runtime.ops.functions.urls import urls
from tunec.runtime.ops.functions.words import words

T = pl.col("t")


def value(expr: pl.Expr, text: Any) -> Any:
    return pl.DataFrame({"t": [text, None]}).select(expr.alias("v"))["v"].to_list()[0]


@pytest.mark.parametrize(
    ("expr", "text", "result"),
    [
        (words(T), "It's a state-of-the-art idea.", 8),
        (words(T), "我爱北京天安门", 4),
        (words(T), "", 0),
        (chars(T), "naïve", 5),
        (chars(T), "今天", 2),
        (sentences(T), "Dr. Smith came. Did he stay? Yes!", 3),
        (sentences(T), "One line\nanother line\n\n---", 2),
        (sentences(T), 'She said "No." Then she left.', 2),
        (sentences(T), "今天天气很好。我们去玩吧！好吗？", 3),
        (sentences(T), "Version 3.5 costs $2.50", 1),
        (sentences(T), "", 0),
        (alnum_ratio(T), "ab1 -", 0.6),
        (alnum_ratio(T), "中国，好", 0.75),
        (alnum_ratio(T), "", None),
        (special_ratio(T), "ab, -", 0.4),
        (special_ratio(T), "中国，好", 0.25),
        (special_ratio(T), "", None),
        (contains(T, "GPT"), "I am GPT-4", True),
        (contains(T, "."), "no dot", False),
        (contains(T, "天气"), "今天天气", True),
        (starts_with(T, "Write a program"), "Write a program that sorts", True),
        (starts_with(T, "write"), "Write", False),
        (ends_with(T, "："), "请回答：", True),
        (matches(T, r"(?i)\bas an ai\b"), "As an AI model", True),
        (matches(T, r"^\p{Han}+$"), "中国", True),
        (matches(T, r"^\p{Han}+$"), "中国!", False),
        (strip(T), " \n x y\u3000", "x y"),
        (lower(T), "ÀB 中", "àb 中"),
        (concat(T, pl.lit("!")), "你好", "你好!"),
        (urls(T), "see https://a.org/x?y=1, http://b.com and www.c.net.", 3),
        (urls(T), "请访问https://a.cn，谢谢", 1),
        (urls(T), "no address: a.b", 0),
        (repetition(T, 2), "a b a b a b", 4 / 6),
        (repetition(T), "short text", 0.0),
        (repetition(T, 2), "好的好的好的", 4 / 6),
        (repetition(T, 2), "to be, or not to be", 4 / 13),
        (repetition(T, 3), "aa aa aa aa", 6 / 8),
        (sentences(T), "1. Wash the rice.\n2. Cook it", 2),
        (sentences(T), "1、洗米。\n2、煮饭。", 2),
        (urls(T), "网址：https://a.cn、https://b.cn（二）", 2),
        (tokens(T), "It costs $5.", 5),
        (tokens(T), "你好，world", 4),
        (repetition(T), "", 0.0),
    ],
)  # fmt: skip
def test_values(expr: pl.Expr, text: str, result: Any) -> None:
    assert value(expr, text) == result


@pytest.mark.parametrize(
    "expr",
    [
        words(T), chars(T), sentences(T), alnum_ratio(T), special_ratio(T), contains(T, "x"), starts_with(T, "x"),
        tokens(T), pii(T), refusal(T),
        ends_with(T, "x"), matches(T, "x"), strip(T), lower(T), concat(T, pl.lit("x")), urls(T), repetition(T), code(T),
    ],
)  # fmt: skip
def test_missing_stays_missing(expr: pl.Expr) -> None:
    column = pl.DataFrame({"t": pl.Series([None, "x"], dtype=pl.String)}).select(expr.alias("v"))["v"]
    assert column[0] is None
    assert column[1] is not None


def test_expressions_work_lazily_and_on_nothing() -> None:
    frame = pl.DataFrame({"t": pl.Series([], dtype=pl.String)})
    exprs = [words(T).alias("a"), repetition(T).alias("b"), sentences(T).alias("c")]
    assert frame.lazy().select(exprs).collect().height == 0
    many = pl.DataFrame({"t": ["one two", "学习中文", None] * 1000}).lazy().select(exprs).collect(engine="streaming")
    assert many["a"].to_list() == [2, 2, None] * 1000


def test_any_and_all() -> None:
    frame = pl.DataFrame({"v": [[True, False], [False], [], None]})
    assert frame.select(any_(pl.col("v")))["v"].to_list() == [True, False, False, None]
    assert frame.select(all_(pl.col("v")))["v"].to_list() == [False, False, True, None]


def test_words_inside_a_list() -> None:
    frame = pl.DataFrame({"v": [["one two", "学习中文"], []]})
    assert frame.select(pl.col("v").list.eval(words(pl.element())))["v"].to_list() == [[2, 2], []]


@pytest.mark.parametrize(
    "text",
    [
        "Here it is:\n```\nx\n```",
        "def add(a, b): \n    return a + b",
        "SELECT name\nFROM customers\nWHERE age > 3;",
        "<html>\n<body></body></html>",
        "for (int i = 0; i < 3; i++) {",
        "function f(x) { return x; }",
        "import numpy as np",
        "下面是代码：\nprint('你好')",
        "names = ['a', 'b']",
        "body {\n  color: red;\n}",
    ],
)
def test_code(text: str) -> None:
    assert value(code(T), text) is True


@pytest.mark.parametrize(
    "text",
    [
        "Explain what the print function does in Python.",
        "If you are late, call me:\nI will wait.",
        "Select a book from the list and import it.",
        "class struggle: a history",
        "请解释什么是函数。",
        "x = 5 is the solution",
        "1. Wash the rice\n2. Cook it",
    ],
)
def test_words_about_code_are_none(text: str) -> None:
    assert value(code(T), text) is False
