"""Numbers in JSON texts stay what they were."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given

from tests.ops.material import JSON, MANY
from tunec.runtime.base.digits import Digits
from tunec.runtime.base.json_text import dumps, has_digits, loads
from tunec.runtime.text.leaves import leaves, with_texts


@pytest.mark.parametrize(
    "text",
    [
        "1e400",
        "-1e400",
        "1e-400",
        "9007199254740993.0",
        "0.10000000000000000001",
        "-0",
        "9" * 5000,
        "1e-99999999999999999999",
    ],
)
def test_numbers_that_python_changes_keep_their_digits(text: str) -> None:
    assert loads(text) == Digits(text)
    for whole in (text, f'{{"数":[{text},"x"]}}'):
        assert dumps(loads(whole)) == whole
        assert has_digits(loads(whole))
    assert dumps([Digits(text), {"a": 1}], apart=True) == f'[{text}, {{"a": 1}}]'


@pytest.mark.parametrize(
    ("text", "same"), [("1e5", "100000.0"), ("0e9", "0.0"), ("-0.0", "-0.0"), ("0.10", "0.1"), ("1E-2", "0.01")]
)
def test_other_numbers_have_one_spelling(text: str, same: str) -> None:
    assert dumps(loads(text)) == same and not has_digits(loads(text))


def test_what_json_has_no_form_for() -> None:
    with pytest.raises(ValueError, match="NaN is not valid JSON"):
        loads("[NaN]", strict=True)
    assert dumps(loads("[NaN,-Infinity]")) == "[NaN,-Infinity]"  # as it was written before there was this rule
    for value in (math.inf, math.nan):
        with pytest.raises(ValueError, match="not JSON compliant"):
            dumps({"a": value})
    with pytest.raises(TypeError, match="no form for bytes"):
        dumps([b"x"])
    assert dumps([Decimal("1.10"), b"x".decode()]) == '[1.10,"x"]'


@MANY
@given(JSON)
def test_as_python_writes_it(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert dumps(value) == text and dumps(loads(text)) == text
    assert dumps(value, apart=True) == json.dumps(value, ensure_ascii=False)


def test_masked_arguments_keep_their_numbers() -> None:
    text = '{"id":9007199254740993.0,"to":"李"}'
    assert dumps(with_texts(loads(text), lambda said: f"[{said}]")) == '{"id":9007199254740993.0,"to":"[李]"}'
    assert leaves(pl.Series([text, None])).to_list() == ["9007199254740993.0\n李", None]
