from __future__ import annotations

import polars as pl

from tunec.runtime.ops.dedup.exact import exact


def pairs(texts: list[str | None], **options: bool) -> list[tuple[int, int, float]]:
    return exact(pl.Series(texts, dtype=pl.String), **options).select("left", "right", "value").sort("right").rows()


def test_case_and_white_space_do_not_count() -> None:
    assert pairs(["What is  2 + 2?", "other", " what is 2 + 2?\n"]) == [(0, 2, 1.0)]


def test_without_normalisation_they_do() -> None:
    assert pairs(["a b", "A b", "a b"], normalize=False) == [(0, 2, 1.0)]


def test_full_width_chinese_equals_plain() -> None:
    assert pairs(["中国的首都是哪里？", "中国的首都是哪里?", "中国的首都在哪里?"]) == [(0, 1, 1.0)]


def test_symbols_and_other_numbers_count() -> None:
    assert pairs(["What is 2⁵?", "What is 25?", "7 + 3", "7 - 3", "C++", "C#", "½", "1⁄2", "①", "1", "🙂", "🙁"]) == []


def test_a_class_is_a_star_from_its_first_row() -> None:
    assert pairs(["x", "x", "y", "x"]) == [(0, 1, 1.0), (0, 3, 1.0)]


def test_missing_equals_nothing_and_empty_equals_empty() -> None:
    assert pairs([None, None, "", " "]) == [(2, 3, 1.0)]


def test_nothing() -> None:
    assert pairs([]) == []
