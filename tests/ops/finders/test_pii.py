"""The finder `pii`: where personal data stands, and of which kind."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, values
from tunec.runtime.ops.finders.pii import pii
from tunec.runtime.ops.functions.pii import pii as counted

ALL = {
    "email": "jo.smith@corp.io",
    "url": "https://foo.cn/abc",
    "secret": "hf_" + "kT4rQ8nZ2v" * 3,
    "iban": "GB82 WEST 1234 5698 7654 32",
    "bitcoin": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "chinese_id": "11010519491231002X",
    "credit_card": "4111 1111 1111 1111",
    "ssn": "536-90-4399",
    "mac": "00:1A:2B:3C:4D:5E",
    "ip": "86.231.85.193",
    "phone": "13800138000",
}


def places(texts: list[str | None], **settings: Any) -> list[tuple[int, str, str]]:
    found = pii("text", **settings).places(pl.Series(texts, dtype=pl.String))
    return [(number, kind, (texts[number] or "")[start:end]) for number, start, end, kind in found.iter_rows()]


def test_where_they_stand() -> None:
    texts = ["😀 Mail a@b.io or c@d.cn!", None, "没有", "手机号是13800138000，IP：86.231.85.193。"]
    assert places(texts) == [
        (0, "email", "a@b.io"),
        (0, "email", "c@d.cn"),
        (3, "phone", "13800138000"),
        (3, "ip", "86.231.85.193"),
    ]


@pytest.mark.parametrize("kind", ALL)
def test_only_the_named_kinds_are_looked_for(kind: str) -> None:
    texts: list[str | None] = [f"有 {text} ." for text in ALL.values()]
    assert (list(ALL).index(kind), kind, ALL[kind]) in places(texts)
    assert {found for _, found, _ in places(texts, kinds=[kind])} == {kind}


def test_secrets_are_masked_as_such() -> None:
    texts: list[str | None] = [f"密钥是{ALL['secret']}。"]
    assert places(texts) == [(0, "secret", ALL["secret"])]


def test_numbers_that_no_country_has_given_out() -> None:
    texts: list[str | None] = ["(212) 684-4700 or (123) 456-7890"]
    possible, valid = places(texts), places(texts, phones="valid")
    assert valid == [(0, "phone", "(212) 684-4700")]
    assert set(valid) < set(possible)


def test_the_field_is_told_to_who_looks() -> None:
    assert pii("response").field == "response"


@MANY
@given(st.lists(st.none() | st.text("0123456789 +-().@ab:/wX好，\n", max_size=60), max_size=8))
def test_it_finds_what_the_function_counts(texts: list[str | None]) -> None:
    numbers = [number for number, _, _ in places(texts)]
    assert [None if text is None else numbers.count(n) for n, text in enumerate(texts)] == values(counted, texts)
