"""The rows that `pretrain` trains on. What it learns is tested in `tests/training/test_objectives.py`."""

from __future__ import annotations

from pathlib import Path

from tests.building import build
from tunec.runtime.catalogue import load_catalogue


def test_rows_of_another_type_are_an_error_of_the_spec(tmp_path: Path) -> None:
    spec = """
    source tasks = rows([{instruction: "a", response: "b"}])
    model base = bundled("smollm2-135m-instruct")
    train tuned from base on tasks { lora() pretrain() }
    """
    (problem,) = build(tmp_path, spec).problems
    operator = load_catalogue().find("objectives", "pretrain")
    assert operator is not None
    assert problem.code == "T203" and f"needs {operator.rows[0]} rows" in problem.message
