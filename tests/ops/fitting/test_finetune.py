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
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.findings import recorded
from tunec.runtime.versions.report.data import section

SPEC = """
spec s(version: "1.0.0-dev", seed: 3)
source a = jsonl("a.jsonl", format: alpaca, license: "MIT")
source b = jsonl("b.jsonl", format: alpaca, license: "MIT")
source held = jsonl("held.jsonl", format: alpaca, license: "MIT")
model base = local("tiny")
rule fitted from [a, b] {
    let length = words(response)
    subsets(4, rows: 4)
    finetune(base, epochs: 3, batch_size: 1, max_length: 200, learning_rate: 0.01)
    loss(on: held)
    least_squares()
}
"""
LONG = {("b", 3), ("b", 5), ("b", 7)}  # some subsets have one of them, and none has nothing else
MIXED = """
dataset mixed from [a, b] {
    mix(search: 6, total: 6, proxy_rows: 4) {
        finetune(base, epochs: 3, batch_size: 1, max_length: 200, learning_rate: 0.01)
        loss(on: held)
    }
}
"""
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
    return 200 if (name, number) in LONG else number % 3 + 1


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "t.tune").write_text(text, encoding="utf-8")
    compiled = compile_spec(folder / "t.tune", load_catalogue())
    return [(d.code, d.message) for d in compiled.diagnostics if d.code < "T3"]


@pytest.fixture(scope="module")
def fitted(trainers: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    pytest.importorskip("statsmodels")
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
    said = [told for told in result.reporter.warnings if "rows are not trained on: longer than max_length" in told]
    trials = [json.loads(path.read_text("utf-8")) for path in folder.rglob("trial.json")]
    left_out = [4 - len(trial["ids"]) for trial in trials]
    assert {f"{n} of 4" for n in left_out if n} == {told.partition(" rows")[0] for told in said} != set()
    assert [sum(trial["sources"].values()) for trial in trials] == [len(trial["ids"]) for trial in trials]
    assert local._load.cache_info().currsize == 0


@pytest.mark.model
def test_other_indicators_and_more_subsets_train_nothing_anew(fitted: tuple[Path, Result]) -> None:
    folder, _ = fitted
    more = SPEC.replace("let length = words(response)", "let letters = chars(response)")
    again = build(folder, more.replace("subsets(4", "subsets(5"))
    assert again.built is not None, again.problems
    assert [label for label in again.reporter.started if "trial" in label] == ["fitted · trial 5"]


@pytest.mark.model
def test_a_mixture_is_searched_for_with_the_trials_of_the_rule(fitted: tuple[Path, Result]) -> None:
    folder, _ = fitted
    result = build(folder, SPEC + MIXED)
    assert result.built is not None and result.built.published is not None, result.problems
    # The rule has trained four of them, and five in the test above.
    trained = {label for label in result.reporter.started if "trial" in label}
    assert "mixed · trial 6" in trained <= {"mixed · trial 5", "mixed · trial 6"}
    version = result.built.published.out
    findings = [node.get("findings", {}) for node in recorded(manifest_of(version), "mixed")]
    (found,) = (part["mixture"] for part in findings if "mixture" in part)
    said = next(warning for warning in result.reporter.warnings if "proxies" in warning)
    # `a` is like what is held out, and six proxies may be enough to see it.
    assert found["better"] == (found["difference"][2] < 0) == ("6 proxies find `a` " in said)
    assert found["better"] or "6 proxies are uninformative: " in said
    charts = {chart.title: chart for chart in section(version, "mixed", manifest_of(version)).charts}
    mixture, proxies = charts["Mixture"], charts["Losses of the proxies"]
    assert [(row[0], row[2]) for row in mixture.table.rows] == [("a", 50.0), ("b", 50.0)]
    assert mixture.note == ("taken" if found["better"] else "uninformative: proportional shares were taken")
    taken = rows(result, "mixed")["origin"].value_counts()["count"].to_list()
    shares = found["shares"] if found["better"] else found["proportional"]
    assert sorted(taken) == sorted(round(6 * share) for share in shares.values())
    assert len(proxies.table.rows) == 6


def test_what_is_wrong_with_a_searched_mixture_is_said(tmp_path: Path) -> None:
    written(tmp_path)

    def said(old: str, new: str) -> list[tuple[str, str]]:
        assert old in MIXED
        return problems(tmp_path, SPEC + MIXED.replace(old, new))

    assert problems(tmp_path, SPEC + MIXED) == []
    assert said("total: 6, ", "") == [("T202", "`mix(search: …)` needs the argument `total`")]
    assert said("search: 6", "search: 5") == [("T201", "a mixture of 2 sources needs at least 6 proxies, not 5")]
    assert said("search: 6", "search: 6, by: tokens")[0][0] == "T201"
    assert said("search: 6", "search: 6, unimax: 2")[0][0] == "T201"
    alone = SPEC + "dataset mixed from [a, b] { mix(proxy_rows: 2) { a: 50%, b: 50% } }\n"
    assert problems(tmp_path, alone) == [("T201", "`proxy_rows` of `mix` has no effect without `search`")]
    assert said("loss(on: held)", "a: 50%") == [
        ("T207", "`mix` finds the shares itself: its block holds `finetune(…)` and `loss(…)` alone")
    ]


def test_what_is_wrong_with_a_fit_is_said(tmp_path: Path) -> None:
    written(tmp_path)
    assert problems(tmp_path, SPEC + USED) == []
    assert problems(tmp_path, SPEC.replace("loss(on: held)", "")) == [("T202", "`rule fitted` has no `loss(…)`")]
    above = SPEC.replace("words(response)", "words(response) let twice = length + length")
    assert problems(tmp_path, above + USED)[0][0] == "T201"
    above = above.replace("subsets(4", "subsets(5")
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
