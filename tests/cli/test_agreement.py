"""`tunec agreement`: a judge against people, on rows whose figures are worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.building import build
from tunec.main import app

#: (rating, first person, second person), each so many times.
LABELS = {(5, 5, 5): 4, (5, 1, 1): 1, (1, 1, 1): 3, (1, 5, 5): 2, (5, 5, 1): 1, (5, None, None): 9}
SPEC = """
spec s(version: "1.0.0")
source q = jsonl("q.jsonl", format: {instruction: "q", response: "a"})
dataset out from q { let rating = meta.judge  filter { keep meta.one == none or meta.one >= 0 or meta.two >= 0 } }
dataset other from q { filter { keep meta.one == 1 } }
"""


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agreement")
    rows = [labels for labels, count in LABELS.items() for _ in range(count)]
    lines = [{"q": f"问 {n}", "a": "x", "judge": j, "one": a, "two": b} for n, (j, a, b) in enumerate(rows)]
    (folder / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = build(folder, SPEC)
    assert done.built is not None and done.built.published is not None, done.problems
    return done.built.published.out


def run(version: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["agreement", str(version), *arguments], standalone_mode=False)


def document(version: Path, *arguments: str) -> dict[str, object]:
    result = run(version, *arguments, "--dataset", "out", "--json")
    assert result.return_value == 0, result.output
    found: dict[str, object] = json.loads(result.output)
    return found


def test_one_person(version: Path) -> None:
    found = document(version, "rating", "meta.one")
    # Of 11 rows 5/5 five times, 5/1 once, 1/1 three times, 1/5 twice.
    assert (found["all_rows"], found["rows"], found["accuracy"]) == (20, 11, pytest.approx(8 / 11))
    assert found["interval"] == [pytest.approx(0.434, abs=0.001), pytest.approx(0.903, abs=0.001)]
    chance = (6 * 7 + 5 * 4) / 121
    assert found["kappa"] == pytest.approx((8 / 11 - chance) / (1 - chance))
    assert found["level"] == "interval"


def test_several_people_vote_and_ties_are_left_out(version: Path) -> None:
    found = document(version, "rating", "meta.one", "meta.two", "--level", "nominal")
    assert found["rows"] == 10 and found["accuracy"] == pytest.approx(0.7)
    assert found["level"] == "nominal" and found["alpha_of_people"] == pytest.approx(1 - 21 * 2 / (2 * 13 * 9))


def test_the_corrected_share(version: Path) -> None:
    corrected = document(version, "rating", "meta.one", "--at-least", "4")["corrected"]
    assert isinstance(corrected, dict)
    # 15 of 20 rows are rated 5; 5 of 7 positives are found, 3 of 4 negatives rejected.
    assert (corrected["seen"], corrected["sensitivity"], corrected["specificity"]) == (0.75, 5 / 7, 0.75)
    assert corrected["share"] == 1.0 and corrected["low"] < corrected["high"] == 1.0


def test_what_a_person_reads(version: Path) -> None:
    said = run(version, "rating", "meta.one", "meta.two", "--dataset", "out", "--at-least", "4").output
    assert "10 rows with both, of 20" in said and "70.0% (39.7%–89.2%)" in said
    assert "of people alone" in said and "sensitivity" in said and "corrected" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rating", "meta.one"), "name one of the data sets with --dataset: other, out"),
        (("rating", "meta.one", "--dataset", "no"), "no data set `no`"),
        (("rating", "meta.three", "--dataset", "out"), "no column `meta.three`"),
        (("instruction", "meta.one", "--dataset", "out", "--level", "ordinal"), "need columns of numbers"),
    ],
)
def test_what_cannot_be_measured(version: Path, arguments: tuple[str, ...], words: str) -> None:
    result = run(version, *arguments)
    assert result.exit_code == 2 and words in result.stderr
