from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.code import code

of = partial(values, code)

CODE = [
    "Here it is:\n```\nx\n```",
    "def add(a, b): \n    return a + b",
    "async def main():",
    "func add(a int) int {",
    "fn main() {",
    "class Dog(Animal):",
    "import numpy as np",
    "from os import path, sep",
    "#include <stdio.h>",
    "using namespace std;",
    "<?php echo 1; ?>",
    "public static void main(String[] args) {",
    "function f(x) { return x; }",
    "const x = f(1);",
    "int main() {",
    "names = ['a', 'b']",
    "for (int i = 0; i < 3; i++) {",
    "SELECT name\nFROM customers\nWHERE age > 3;",
    "select name from users where id = 3",
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "<html>\n<body></body></html>",
    "下面是代码：\nprint('你好')",
    "System.out.println(x);",
    "if x > 3:\n    y = 4",
    "return x + 1;",
    "body {\n  color: red;\n}",
    "$ git commit -m x",
]
PROSE = [
    "Explain what the print function does in Python.",
    "If you are late, call me:\nI will wait.",
    "Select a book from the list and import it.",
    "class struggle: a history",
    "请解释什么是函数。",
    "请用 Python 写一个 print 语句。",
    "x = 5 is the solution",
    "1. Wash the rice\n2. Cook it",
    "The return is due on Monday; please hurry.",
    "We use include and define as verbs.",
    "He said: for a while, nothing happened.",
    "",
]


@pytest.mark.parametrize("text", CODE)
def test_code(text: str) -> None:
    assert of([text, f"Of course!\n\n  {text}\r\n好的。"]) == [True, True]


@pytest.mark.parametrize("text", PROSE)
def test_words_about_code_are_none(text: str) -> None:
    assert of([text]) == [False]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(st.lists(st.sampled_from([*CODE, *PROSE]), min_size=1, max_size=4))
def test_code_among_words_is_found(parts: list[str]) -> None:
    assert of(["\n\n".join(parts)]) == [any(part in CODE for part in parts)]
