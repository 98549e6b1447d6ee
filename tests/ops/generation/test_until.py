"""The bounds of a generation, on the real model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.building import Result, build, ledger, rows
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine.engine import StepFailed

SPEC = """
spec t(allow_empty: true)
seeds tasks = rows([
    {{instruction: "Name three colours of the rainbow.", response: "Red, green and blue."}},
    {{instruction: "Give a word that rhymes with cat.", response: "Hat rhymes with cat."}},
    {{instruction: "Say what plants need to grow.", response: "Plants need water, light and air."}}
], license: "MIT")
model base = bundled("smollm2-135m-instruct", batch_size: 2)
generate fresh from tasks {{
    self_instruct(base, demonstrations: 2, mode: completion, max_tokens: {}, temperature: 0)
    until({})
}}
dataset out from fresh {{ }}
"""


def generated(folder: Path, bounds: str, longest: int = 16) -> Result:
    result = build(folder, SPEC.format(longest, bounds))
    assert not result.problems
    return result


def requests(result: Result) -> int:
    """How many requests went to the model."""
    assert result.built is not None
    return int(result.built.engine.services.requests["asked"])


@pytest.mark.model
def test_the_last_batch_is_cut_to_the_bound_of_requests(base: ModelSpec, tmp_path: Path) -> None:
    done = generated(tmp_path, "requests: 3")
    assert requests(done) == 3  # in batches of two
    assert done.reporter.warnings == []


@pytest.mark.model
def test_rows_end_it_before_the_requests_do_and_what_is_too_much_is_in_the_ledger(
    base: ModelSpec, tmp_path: Path
) -> None:
    done = generated(tmp_path, "rows: 1, requests: 8, exactly: true", longest=64)
    assert rows(done, "out").height == 1
    assert requests(done) < 8
    surplus = ledger(done, "out").filter(rule="until(rows: 1)").select("value", "threshold").rows()
    assert surplus == [(str(number), "<= 1") for number in range(2, 2 + len(surplus))]
    assert done.reporter.warnings == []


@pytest.mark.model
def test_fewer_rows_than_asked_for_are_a_warning_or_with_exactly_an_error(base: ModelSpec, tmp_path: Path) -> None:
    short = generated(tmp_path / "short", "rows: 50, requests: 2")
    assert short.reporter.warnings == [f"{rows(short, 'out').height} of 50 rows after 2 requests"]
    with pytest.raises(StepFailed, match=r"\d+ of 50 rows after 2 requests"):
        generated(tmp_path / "exact", "rows: 50, requests: 2, exactly: true")


@pytest.mark.model
def test_money_ends_nothing_where_the_model_has_no_price(base: ModelSpec, tmp_path: Path) -> None:
    assert requests(generated(tmp_path / "free", "requests: 1, cost: $0.01")) == 1
    with pytest.raises(StepFailed, match="has no price, so `until\\(cost:\\)` would never end it"):
        generated(tmp_path / "cost", "cost: $5")


@pytest.mark.parametrize(
    ("bounds", "code", "message"),
    [
        ("", "T602", "has no bound"),
        ("exactly: true", "T602", "has no bound"),
        ("rows: -1", "T201", "`rows` of `until` must be at least 1"),
        ("rows: 0", "T201", "`rows` of `until` must be at least 1"),
        ("rows: 5, requests: 0", "T201", "`requests` of `until` must be at least 1"),
    ],
)
def test_bounds_that_make_no_sense_are_errors_of_the_spec(tmp_path: Path, bounds: str, code: str, message: str) -> None:
    (problem,) = build(tmp_path, SPEC.format(16, bounds)).problems
    assert problem.code == code and message in problem.message
