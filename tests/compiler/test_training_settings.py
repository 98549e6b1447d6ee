"""Settings of an objective that do not go together, or have no effect, are told before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

SPEC = """
source q = rows([{instruction: "q", response: "a"}], license: "MIT")
model base = bundled("smollm2-135m-instruct")
dataset s from q { %s }
train t from base on s { lora() sft(%s) }
"""
SPLIT = "split { train: 50%, validation: 50% }"


def errors(folder: Path, stage: str, settings: str) -> list[tuple[str, str]]:
    found = check_spec(folder / "t.tune", load_catalogue(), text=SPEC % (stage, settings)).diagnostics
    return [(d.code, d.message) for d in found if d.severity == "error"]


@pytest.mark.parametrize(
    ("stage", "settings", "message"),
    [
        (SPLIT, "batch_size: 3, micro_batch_size: 2", "`batch_size` 3 is not a multiple of `micro_batch_size` 2"),
        (SPLIT, "micro_batch_size: 5", "`batch_size` 16 is not a multiple of `micro_batch_size` 5"),
        ("shuffle()", "patience: 2", "`patience` of `sft` has no effect: the rows have no split `validation`"),
        ("split { train: 90%, test: 10% }", "evaluate_steps: 5", "`evaluate_steps` of `sft` has no effect"),
    ],
)
def test_mistakes(tmp_path: Path, stage: str, settings: str, message: str) -> None:
    ((code, said),) = errors(tmp_path, stage, settings)
    assert code == "T201" and said.startswith(message)


@pytest.mark.parametrize("settings", ["patience: 2, evaluate_steps: 5", "batch_size: 4, micro_batch_size: 2"])
def test_what_goes_together(tmp_path: Path, settings: str) -> None:
    assert errors(tmp_path, SPLIT, settings) == []


PAIRS = {
    "dpo": 'rows([{prompt: "q", chosen: "a", rejected: "b"}], license: "MIT")',
    "orpo": 'rows([{prompt: "q", chosen: "a", rejected: "b"}], license: "MIT")',
    "kto": 'rows([{prompt: "q", completion: "a", label: true}], license: "MIT")',
}


@pytest.mark.parametrize("adapter", ["lora", "full"])
@pytest.mark.parametrize("objective", PAIRS)
def test_rates_of_preferences_are_lower(tmp_path: Path, objective: str, adapter: str) -> None:
    def told(settings: str) -> list[tuple[str, str | None]]:
        spec = SPEC.replace('rows([{instruction: "q", response: "a"}], license: "MIT")', PAIRS[objective])
        spec = (spec % ("shuffle()", settings)).replace("lora() sft", f"{adapter}() {objective}")
        found = check_spec(tmp_path / "t.tune", load_catalogue(), text=spec).diagnostics
        return [(d.message, d.help) for d in found if d.code == "T504"]

    assert told("") == [] and told("learning_rate: 1e-6") == []
    ((message, help_),) = told("learning_rate: 1e-3")
    assert message == f"a learning rate of 0.001 is unusually high for `{objective}` with `{adapter}`"
    assert help_ == ("use about 5e-6" if adapter == "lora" else "use about 5e-7")
