from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.urls import urls

of = partial(values, urls)
ADDRESSES = ["https://a.org/x?y=1", "HTTP://b.com", "ftp://c.net/d", "www.e.net", "https://www.f.cn/"]
BETWEEN = [" ", "\n", "，", "、", "（见）", " and ", '" "', "> <"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("see https://a.org/x?y=1, http://b.com and www.c.net.", 3),
        ("[a](https://a.org) <http://b.com>", 2),
        ("https://www.a.org", 1),
        ("https://web.archive.org/http://b.com", 1),
        ("no address: a.b, a@www.b", 1),
        ("file://x, mywww.c.net, http://", 0),
        ("请访问https://a.cn，谢谢", 1),
        ("网址：https://a.cn、https://b.cn（二）", 2),
        ("见www.a.cn。", 1),
        ("", 0),
    ],
)
def test_by_hand(text: str, count: int) -> None:
    assert of([text]) == [count]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(BETWEEN)), max_size=6))
def test_as_many_as_were_written(parts: list[tuple[str, str]]) -> None:
    assert of(["见" + "".join(address + between for address, between in parts)]) == [len(parts)]
