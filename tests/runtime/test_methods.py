"""Every method with the bundled model: what it answers is poor, but it is asked, read and accounted for."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.building import build, ledger
from tunec.runtime.catalogue import load_catalogue

SPEC = """
spec s(version: "1.0.0-dev", seed: 1, allow_empty: true)
source tasks = rows([
    {{instruction: "Name a tree.", response: "Oak."}},
    {{instruction: "写一个词。", response: "春天"}},
])
source documents = text("d.txt")
source preferred = jsonl("p.jsonl", format: preference)
model base = bundled("smollm2-135m-instruct", temperature: 0.7, batch_size: 4, max_tokens: 16)
generate made from {seeds} {{ {method} }}
dataset out from [made, {others}] {{ }}
"""
METHODS = {
    "self_instruct": ("tasks", "self_instruct(base, demonstrations: 1, mode: completion) until(requests: 1)"),
    "respond": ("tasks", "respond(base, samples: 2)"),
    "paraphrase": ("tasks", "paraphrase(base, variants: 2)"),
    "evolve": ("tasks", "evolve(base)"),
    "backtranslate": ("documents", "backtranslate(base, at_least: 1)"),
    "extract": ("documents", "extract(base, per_document: 1)"),
    "pairs": ("tasks", "pairs([base], judge: base, samples: 2, margin: 0%)"),
    "prompt": ("tasks", 'prompt(base, "{{ instruction }}")'),
}


def test_every_method_is_here() -> None:
    assert set(METHODS) == set(load_catalogue().names("methods"))


@pytest.mark.model
@pytest.mark.parametrize("name", METHODS)
def test_the_bundled_model(tmp_path: Path, name: str) -> None:
    (tmp_path / "d.txt").write_text("The pump runs at night. It needs little water.", encoding="utf-8")
    (tmp_path / "p.jsonl").write_text('{"prompt": "a", "chosen": "b", "rejected": "c"}\n', encoding="utf-8")
    seeds, method = METHODS[name]
    text = SPEC.format(seeds=seeds, method=method, others="preferred" if name == "pairs" else "tasks")
    built = build(tmp_path, text)
    assert built.built is not None, built.problems
    # Every row that was made, and every rejection, names its seeds.
    made = ledger(built, "out").filter(pl.col("parents").list.len() > 0)
    assert made.height > 0 and made.filter(verdict="dropped")["rule"].null_count() == 0
    assert build(tmp_path, text).built.ran == ()  # type: ignore[union-attr]
