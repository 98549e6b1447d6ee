"""A fitted rule from spec to version, with fine-tunes of a tiny model: its parts, its weights, and its use."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.building import Result, build, rows
from tests.training.tiny import tiny_model
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.models import local

SPEC = """
spec s(version: "1.0.0-dev", seed: 3)
source a = jsonl("a.jsonl", format: alpaca, license: "MIT")
source b = jsonl("b.jsonl", format: alpaca, license: "MIT")
source held = jsonl("held.jsonl", format: alpaca, license: "MIT")
model base = local("tiny")
rule fitted from [a, b] {
    let length = words(response)
    subsets(4, rows: 2)
    finetune(base, epochs: 3, batch_size: 1, max_length: 200, learning_rate: 0.01)
    loss(on: held)
    least_squares()
}
"""
LONG = ("b", 5)  # one of the subsets has it
USED = "dataset best from [a, b] { let predicted = fitted()  select(3, by: top(0 - predicted)) }\n"


def written(folder: Path) -> None:
    for name, answer in (("a", "red and blue "), ("b", "xq zj "), ("held", "blue and green ")):
        texts = [
            {"instruction": f"Name {n} colours.", "input": "", "output": (answer * times(name, n)).strip()}
            for n in range(2, 4 if name == "held" else 8)
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(t) + "\n" for t in texts), encoding="utf-8")


def times(name: str, number: int) -> int:
    """How often a row's answer is repeated."""
    return 200 if (name, number) == LONG else number % 3 + 1


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "t.tune").write_text(text, encoding="utf-8")
    compiled = compile_spec(folder / "t.tune", load_catalogue())
    return [(d.code, d.message) for d in compiled.diagnostics if d.code < "T3"]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    for package in ("trl", "statsmodels"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("fit")
    written(folder)
    tiny_model(ModelSpec("local", "tiny", "tiny", "backend"), folder / "tiny")
    result = build(folder, SPEC + USED)
    assert result.built is not None, result.problems
    return folder, result


@pytest.mark.model
def test_the_weights_are_used_by_a_call_of_the_rule(fitted: tuple[Path, Result]) -> None:
    _, result = fitted
    assert result.built is not None and result.built.published is not None
    found = json.loads((result.built.published.out / "rules" / "fitted.json").read_text("utf-8"))
    weights = {w["name"]: w["value"] for w in found["weights"]}
    assert set(weights) == {"intercept", "length"} and found["subsets"] == 4
    chosen = rows(result, "best")
    for length, predicted in chosen.select("response", "predicted").iter_rows():
        assert predicted == pytest.approx(weights["intercept"] + weights["length"] * len(length.split()))
    assert any("subsets are few" in warning for warning in result.reporter.warnings)
    # Losses are those of trained models, in nats per token.
    assert len({round(loss, 6) for loss in found["losses"]}) == 4
    assert all(0 < loss < math.log(50_000) for loss in found["losses"])


@pytest.mark.model
def test_rows_left_out_are_told_and_no_model_stays_loaded(fitted: tuple[Path, Result]) -> None:
    folder, result = fitted
    assert "1 of 2 rows are not trained on: longer than max_length" in result.reporter.warnings
    trials = [json.loads(path.read_text("utf-8")) for path in folder.rglob("trial.json")]
    assert sorted(len(trial["ids"]) for trial in trials) == [1, 2, 2, 2]
    assert [sum(trial["sources"].values()) for trial in trials] == [len(trial["ids"]) for trial in trials]
    assert local._load.cache_info().currsize == 0


@pytest.mark.model
def test_other_indicators_and_more_subsets_train_nothing_anew(fitted: tuple[Path, Result]) -> None:
    folder, _ = fitted
    more = SPEC.replace("let length = words(response)", "let letters = chars(response)")
    again = build(folder, more.replace("subsets(4", "subsets(5"))
    assert again.built is not None, again.problems
    assert [label for label in again.reporter.started if "trial" in label] == ["fitted · trial 5"]


def test_what_is_wrong_with_a_fit_is_said(tmp_path: Path) -> None:
    written(tmp_path)
    assert problems(tmp_path, SPEC + USED) == []
    assert problems(tmp_path, SPEC.replace("loss(on: held)", "")) == [("T202", "`rule fitted` has no `loss(…)`")]
    above = SPEC.replace("words(response)", "words(response) let twice = length + length")
    assert problems(tmp_path, above + USED) == []
    chain = " ".join(f"let a{n} = a{n - 1} + a{n - 1}" for n in range(1, 14))
    doubled = SPEC.replace("words(response)", f"words(response) let a0 = length {chain}")
    assert problems(tmp_path, doubled + USED)[0][0] == "T008"
    bare = SPEC.replace("let length = words(response)", "")
    assert problems(tmp_path, bare) == [("T202", "`rule fitted` has no indicators")]
    text = SPEC.replace("words(response)", "lang(response)")
    assert problems(tmp_path, text) == [("T206", "an indicator is a number, and `length` is text")]
    twice = SPEC.replace("least_squares()", "least_squares() least_squares()")
    assert problems(tmp_path, twice) == [("T102", "`rule fitted` has more than one `least_squares`")]
    odd = SPEC.replace("least_squares()", "least_squares() shuffle()")
    assert problems(tmp_path, odd)[0][0] == "T103"
