"""The bounds of a generation: on the real model where rows count, and on a tiny one where requests do."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from tests.building import Result, build, ledger, rows
from tunec.runtime.base.method import Answer, Ask, Message, Request, Sampling, Unit, Work
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine import units
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.models.answers import Asked

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
def test_the_last_batch_is_cut_to_the_bound_of_requests(tiny_base: Path, tmp_path: Path) -> None:
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
def test_fewer_rows_than_asked_for_are_a_warning_or_with_exactly_an_error(tiny_base: Path, tmp_path: Path) -> None:
    short = generated(tmp_path / "short", "rows: 50, requests: 2")
    assert short.reporter.warnings == [f"{rows(short, 'out').height} of 50 rows after 2 requests"]
    with pytest.raises(StepFailed, match=r"\d+ of 50 rows after 2 requests"):
        generated(tmp_path / "exact", "rows: 50, requests: 2, exactly: true")


@pytest.mark.model
def test_money_ends_nothing_where_the_model_has_no_price(tiny_base: Path, tmp_path: Path) -> None:
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


class Uneven:
    """A method that may ask four times, and does so for each third unit only; for the others once."""

    models = (ModelSpec("local", "m", "", "", (("batch_size", 3),)),)
    most, reads_accepted = 4, True

    def units(self, seeds: int) -> None:
        return None

    def work(self, unit: Unit) -> Work:
        for _ in range(1 if unit.number % 3 else 4):
            yield Ask(self.models[0], Sampling(), (Request((Message("user", str(unit.number)),)),))
        return []


def test_requests_that_units_did_not_need_are_left_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def answered(store: object, model: object, requests: list[Request], *rest: object) -> Asked:
        return Asked([Answer("", "stop", 1, 1)] * len(requests), len(requests), len(requests), 0)

    monkeypatch.setattr(units, "ask_batch", answered)
    servers: Any = SimpleNamespace(store=None)
    many = units.Units(Uneven(), pl.DataFrame(), 1, servers, bound=27)
    asked_for: list[int] = []

    def accepted(groups: int) -> pl.DataFrame:
        asked_for.append(groups)
        return pl.DataFrame()

    groups = list(many.groups(None, lambda: 1, accepted))
    numbers = [[unit.number for unit in group] for group in groups]
    # Six requests a group: of the last nine, two units may take four each and make five, and one may take the rest.
    assert numbers == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10], [11]]
    assert asked_for == [group for group, many in enumerate(numbers) for _ in many]
    assert sum(unit.requests for group in groups for unit in group) == 24
