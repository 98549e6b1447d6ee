"""Ranges of numbers, patterns and near names: what the linter tells before anything runs."""

from __future__ import annotations

import pytest

from tunec.compiler.limits import limits
from tunec.compiler.names import closest
from tunec.compiler.regexes import fault
from tunec.runtime.catalogue import load_catalogue


@pytest.mark.parametrize(
    "stated, inside, outside, words",
    [
        ("1..", (1, 1e9), (0, -1), "at least 1"),
        ("0<..1", (0.1, 1), (0, 1.1), "above 0 and at most 1"),
        ("0..<1", (0, 0.99), (1, -0.1), "at least 0 and below 1"),
        ("0..2", (0, 2), (-0.1, 2.1), "from 0 to 2"),
        ("0<..", (0.001,), (0, -1), "above 0"),
        ("..<5", (4.9, -3), (5,), "below 5"),
    ],
)
def test_a_range(stated: str, inside: tuple[float, ...], outside: tuple[float, ...], words: str) -> None:
    range_ = limits(stated)
    assert str(range_) == stated and range_.words == words
    assert all(map(range_.hold, inside)) and not any(map(range_.hold, outside))


@pytest.mark.parametrize("text", ["", "1", "a..b", "1..x"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="is not a range"):
        limits(text)


def test_every_default_lies_in_its_range() -> None:
    for operator in load_catalogue().operators.values():
        for parameter in operator.parameters:
            value = parameter.default
            if parameter.limits is not None and not isinstance(value, bool) and isinstance(value, int | float):
                assert parameter.limits.hold(value), f"{operator.path}: {parameter}"


@pytest.mark.parametrize("pattern", [r"(a", r"a)", r"[a-", r"*a", r"[z-a]", r"a{3,1}", r"\q", r"(?=x)", r"(x)\1"])
def test_a_pattern_that_cannot_be_read(pattern: str) -> None:
    import polars as pl

    assert fault(pattern)
    with pytest.raises(pl.exceptions.ComputeError):
        pl.Series(["x"]).str.contains(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"(?i)\bas an ai\b", r"\p{Lu}+", r"\d{12,}", r"(?P<n>x)", r"[\w.-]+@x", r"[[:alpha:]]", "第[0-9]+章", ""],
)
def test_a_pattern_that_can(pattern: str) -> None:
    import polars as pl

    assert fault(pattern) == ""
    pl.Series(["x"]).str.contains(pattern)


def test_the_codes_of_languages_are_those_of_the_model() -> None:
    from tunec.runtime.text.codes import LANGUAGE_CODES
    from tunec.runtime.text.languages import _model
    from tunec.runtime.text.scripts import LANGUAGES

    labels = _model().multilinePredict(["hello\n"], 1000, -1.0, "strict")[0]
    scripts = {code for codes in LANGUAGES.values() for code in codes}
    assert {label.removeprefix("__label__") for label in labels} | scripts == LANGUAGE_CODES


@pytest.mark.parametrize(
    "written, among, meant",
    [
        ("lr", ["learning_rate", "epochs"], "learning_rate"),
        ("len", ["words", "chars", "lang"], "words"),
        ("language", ["lang", "words"], "lang"),
        ("sfft", ["sft", "full"], "sft"),
        ("Alpaca", ["alpaca", "belle"], "alpaca"),
        ("jacacrd", ["jaccard", "ngram"], "jaccard"),
        ("english", ["en", "zh"], "en"),
        ("tsks", ["talks", "tasks"], "tasks"),
        ("nowhere", ["alpaca", "belle"], None),
    ],
)
def test_the_word_that_was_meant(written: str, among: list[str], meant: str | None) -> None:
    assert closest(written, among) == meant
