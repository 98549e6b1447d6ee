"""All measures in one build, of a model and its tuned self, and of a model behind a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build
from tests.serving import serving
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.report.page import render_report

SPEC = """
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source tasks = rows([{instruction: "Name a colour.", response: "红色。"}, {instruction: "1 + 1?", response: "2"}])
source general = rows([{text: "The sun rises in the east."}, {text: "太阳从东方升起。"}])
benchmark sums = rows([{question: "What is 2 + 2?", answer: "#### 4"}, {question: "What is 3 + 3?", answer: "#### 6"}])
model base = bundled("smollm2-135m-instruct", temperature: 0)
dataset clean from tasks { decontaminate(against: sums) { exact() } }
train tuned from base on clean {
    lora(rank: 2, alpha: 4)
    sft(epochs: 4, batch_size: 1, warmup: 0, max_length: 64, learning_rate: 1e-2)
}
evaluate scores of [base, tuned] {
    perplexity(on: general)
    exact_match(on: sums, shots: 1, max_tokens: 8)
    judge_score(base, on: sums, method: expected, max_tokens: 8)
    pairwise(base, on: sums, against: base, max_tokens: 8)
    forgetting(on: general, base: base)
    contamination(on: sums, reference: base, samples: 2)
    contamination(on: sums, method: min_k, unseen: general)
    contamination(on: sums, method: min_k_plus)
    json_valid(on: sums, max_tokens: 8)
}
"""


@pytest.mark.model
def test_every_measure_of_a_model_and_its_tuned_self(tiny_base: Path, tmp_path: Path) -> None:
    built = build(tmp_path, SPEC).built
    assert built is not None and built.published is not None
    out = built.published.out
    scores = json.loads((out / "evaluations" / "scores.json").read_text())
    assert [score["compared"] for score in scores] == [
        "bits_per_character", "exact_match", "score", "win_rate", "forgotten", "seen", "min_k", "min_k_plus",
        "json_valid",
    ]  # fmt: skip
    for score in scores:
        assert set(score["models"]) == {"base", "tuned"}
        numbers = score["models"]["tuned"]
        if numbers[score["compared"]] is None:  # random weights may answer with nothing, which no judge rates
            assert score["compared"] == "score" and numbers["unrated"] == 2
            continue
        if score["compared"] == "seen":  # of the reference itself nothing is said
            assert score["models"]["base"]["seen"] is None and score["differences"] == []
            continue
        assert numbers["low"] <= numbers[score["compared"]] <= numbers["high"], score
        [difference] = score["differences"]
        assert (difference["first"], difference["second"], difference["items"]) == ("base", "tuned", 2)
    page = render_report(out)
    assert "difference from base" in page
    told = (
        "sums: the rows of `clean` (tuned) were checked against it; what `base` read before is not known; measured of "
        "the models: items seen tuned "
    )
    summary = list(kind_of("evaluate").summary(out, "scores"))  # type: ignore[misc]
    assert summary[-1].startswith(f"  {told}") and "; AUC base " in summary[-1] and "Min-K %++ base " in summary[-1]
    assert "were checked against it; what" in page
    card = (out / "models" / "tuned" / "README.md").read_text(encoding="utf-8")
    assert "- sums: the rows of" in card and "measured of the models: items seen tuned" in card


def test_a_model_behind_a_server_is_scored(tmp_path: Path) -> None:
    with serving(say=lambda body: "It is 4." if "2 + 2" in json.dumps(body) else "{}") as server:
        text = f"""
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
benchmark sums = rows([{{question: "What is 2 + 2?", answer: "4"}}, {{question: "What is 3 + 3?", answer: "6"}}])
model teacher = openai("x", base_url: "{server.url}")
evaluate scores of teacher {{
    exact_match(on: sums, mode: chat)
    json_valid(on: sums)
}}
"""
        built = build(tmp_path, text).built
    assert built is not None and built.published is not None
    scores = json.loads((built.published.out / "evaluations" / "scores.json").read_text())
    assert [score["models"]["teacher"][score["compared"]] for score in scores] == [0.5, 0.5]
