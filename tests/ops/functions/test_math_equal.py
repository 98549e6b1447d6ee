from __future__ import annotations

import polars as pl
import pytest

from tests.ops.material import context
from tunec.runtime.ops.functions.math_equal import math_equal
from tunec.runtime.text import mathematics
from tunec.runtime.text.final_answers import final_answer


def of(text: str | None, answer: str | None) -> bool | None:
    texts, answers = (pl.Series([value], dtype=pl.String) for value in (text, answer))
    found: bool | None = math_equal(texts, answers, ctx=context())[0]
    return found


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("so we get \\boxed{\\frac{1}{2}}", "0.5"),
        ("\\boxed{1} is wrong, it is \\boxed{\\dfrac34}.", "3/4"),
        ("She sold 48/2 = <<48/2=24>>24 clips.\n#### 1,234", "Natalia … #### 1234"),
        ("She sold 48+24 = <<48+24=72>>72 clips altogether in April and May.", "72"),
        ("The answer is 72 apples.", "72"),
        ("**Answer:** 50%", "1/2"),
        ("**Answer:** 50%", "50"),
        ("The final answer is: $1\\frac{1}{2}$", "3/2"),
        ("The answer is $18.00", "18"),
        ("The result is -3.5.", "-7/2"),
        ("3+4=7. So she has 7 apples left.", "7"),
        ("He needs two steps. That makes 3+4=7", "7"),
        ("x = 5", "5"),
        ("\\boxed{90^\\circ}", "90"),
        ("\\boxed{5\\text{ cm}^2}", "5"),
        ("\\boxed{3.0\\times 10^8}", "3e8"),
        ("(B)", "B"),
        ("答案是72。", "#### 72"),
        ("所以，答案为：$\\frac{3}{4}$", "0.75"),
        ("答：一共有１２元。", "12"),
        ("综上，最终答案是 \\boxed{-2}", "-2"),
        ("因此选 C。", "C"),
        ("<think>答案是4</think>答案是5", "5"),
        ("A quarter of 48 is 12.", "12"),
        ("5 pens at 2 dollars cost 10 dollars.", "10"),
        ("原来有15块，现在还剩9块。", "9"),
        ("5支笔每支2元，一共10元", "10"),
        ("答案是5元（约合1美元）", "5"),
        ("The area is 5 cm^2.", "5"),
    ],
)
def test_right(text: str, answer: str) -> None:
    assert of(text, answer) is True


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is 71.", "72"),
        ("I do not know.", "72"),
        ("First 3 and then 72, or 5.", "72"),
        ("He has 72 apples after he ate 3 of them.", "72"),
        ("12颗里吃了3颗以后还有剩", "3"),
        ("答案是72，不对，答案是71", "72"),
        ("答案是7", "7.5"),
        ("\\boxed{0.33}", "1/3"),
        ("\\boxed{B}", "C"),
        ("", "72"),
        ("\\boxed{__import__('os').getpid()}", "72"),
    ],
)
def test_wrong(text: str, answer: str) -> None:
    assert of(text, answer) is False


def test_what_cannot_be_told_is_missing_and_counted() -> None:
    said: list[tuple[str, int]] = []
    ctx = context()
    object.__setattr__(ctx, "missing", lambda reason, rows: said.append((reason, rows)))
    texts = pl.Series(["3", "3", None, "\\boxed{9^{9^{9^9}}}"])
    answers = pl.Series(["It is Monday, of course", None, "3", "2\\pi"])
    assert math_equal(texts, answers, ctx=ctx).to_list() == [None] * 4
    assert said == [
        ("`math_equal` has no value: the reference is not a mathematical expression", 1),
        ("`math_equal` has no value: a number that is too large", 1),
    ]


@pytest.mark.parametrize(
    ("text", "answer", "right"),
    [
        ("\\boxed{x^2+2x+1}", "(x+1)^2", True),
        ("\\boxed{\\sqrt{8}}", "$2\\sqrt{2}$", True),
        ("答案是 $\\{2, 1\\}$", "\\boxed{\\{1,2\\}}", True),
        ("Answer: (1, 2)", "\\boxed{(2,1)}", False),
        ("x^{2}", "x^{3}", False),
        ("\\boxed{\\begin{pmatrix} 1 \\\\ 2/4 \\end{pmatrix}}", "\\begin{pmatrix} 1 \\\\ 1/2 \\end{pmatrix}", True),
    ],
)
def test_expressions(text: str, answer: str, right: bool) -> None:
    pytest.importorskip("math_verify")
    assert of(text, answer) is right


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("math_verify")
    monkeypatch.setattr(mathematics, "SECONDS", 0)
    with pytest.raises(mathematics.Unreadable, match="more than 0 s"):
        mathematics._compared("x+1", "1+x")
    monkeypatch.undo()
    assert mathematics._compared("x+1", "1+x")


def test_the_whole_text_only_where_it_is_an_expression() -> None:
    assert final_answer("42 km") == "42"
    assert final_answer("Many are called.") is None
    assert final_answer("\\boxed{\\text{Monday}}") is None
