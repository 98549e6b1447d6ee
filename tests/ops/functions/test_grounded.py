from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from tests.ops.material import TINY, context
from tunec.runtime.base.context import Context
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.ops.functions.grounded import grounded
from tunec.runtime.text.sentences import sentences_of

PASSAGE = "Marie Curie was born in Warsaw in 1867. She won the Nobel Prize twice. Her husband was Pierre Curie."
CHINESE = "居里夫人1867年出生于华沙。她两次获得诺贝尔奖。"


def shares(rows: Sequence[tuple[str | None, str | None]], using: EmbedderSpec | None = None, **more: Any) -> list[Any]:
    said, given = (
        pl.Series(n, column, dtype=pl.String) for n, column in zip("rc", zip(*rows, strict=True), strict=True)
    )
    return grounded(said, given, using=using, **{"ctx": context(), **more}).to_list()


def test_a_sentence_is_supported_by_its_words() -> None:
    assert shares([("Curie was born in Warsaw. She moved to Berlin and taught chemistry.", PASSAGE)]) == [0.5]
    assert shares([("Marie Curie won the Nobel Prize.", PASSAGE)]) == [1]
    assert shares([("The mitochondrion is the powerhouse of the cell.", PASSAGE)]) == [0]


def test_chinese() -> None:
    assert shares([("她出生于华沙。她最喜欢的水果是苹果和香蕉。", CHINESE)]) == [0.5]
    assert shares([("诺贝尔奖", CHINESE), ("太阳能电池板很便宜。", CHINESE)]) == [1, 0]


def test_numbers_tell() -> None:
    assert shares([("1867", PASSAGE), ("1868", PASSAGE)]) == [1, 0]


def test_the_share_of_words() -> None:
    # Of four telling words three stand in the passage.
    rows = [("Pierre Curie won prizes: Nobel.", PASSAGE)]
    assert shares(rows, at_least=0.75) == [1]
    assert shares(rows, at_least=0.8) == [0]
    with pytest.raises(OperatorError, match="above 0"):
        shares(rows, at_least=0)


def test_what_cannot_be_asked() -> None:
    assert shares([(None, PASSAGE), ("Warsaw.", None), ("Warsaw.", ""), ("", PASSAGE), ("It is so.", PASSAGE)]) == [
        None,
        None,
        0,
        None,  # no sentence
        None,  # no sentence with a telling word
    ]


def test_by_meaning() -> None:
    # The tiny embedder counts words: the same words are the same vector.
    rows: list[tuple[str | None, str | None]] = [
        ("b c a. x y z.", "A b. a b c! d."),
        ("x.", ""),
        (None, "x."),
        ("x.", None),
    ]
    assert shares(rows, TINY, at_least=0.9) == [0.5, 0, None, None]
    assert shares([("b c a.", "a b d.")], TINY, at_least=0.3) == [1]
    assert shares([("b c a.", "a b d.")], TINY, at_least=0.99) == [0]


@pytest.mark.model
def test_by_meaning_sees_through_other_words(minilm: Context) -> None:
    said = "Curie came from Warsaw, Poland. She enjoyed playing tennis on weekends."
    assert shares([(said, PASSAGE)]) == [0]
    assert shares([(said, PASSAGE)], TINY, ctx=minilm, at_least=0.6) == [0.5]


def test_sentences() -> None:
    texts = ["Dr. Smith came. He left!\n1. One\n2) Two", "你好。今天天气怎么样？很好！", "", None, "..."]
    assert sentences_of(pl.Series(texts)).to_list() == [
        ["Dr Smith came", "He left", "One", "Two"],
        ["你好", "今天天气怎么样", "很好"],
        [],
        None,
        [],
    ]
