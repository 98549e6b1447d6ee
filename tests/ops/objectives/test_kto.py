"""The rows that `kto` trains on. What it learns is tested in `tests/training/test_objectives.py`."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

from tests.building import build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.engine.steps.train import tell_one_sided


def test_rows_of_another_type_are_an_error_of_the_spec(tmp_path: Path) -> None:
    spec = """
    source tasks = rows([{instruction: "a", response: "b"}])
    model base = bundled("smollm2-135m-instruct")
    train tuned from base on tasks { lora() kto() }
    """
    (problem,) = build(tmp_path, spec).problems
    operator = load_catalogue().find("objectives", "kto")
    assert operator is not None
    assert problem.code == "T203" and f"needs {operator.rows[0]} rows" in problem.message


def test_ratings_of_one_kind_are_told() -> None:
    def warned(*labels: bool) -> list[str]:
        said: list[str] = []
        reporter: Any = SimpleNamespace(reporter=SimpleNamespace(warn=said.append))
        tell_one_sided(reporter, pl.DataFrame({"label": labels}))
        return said

    assert warned(True, False) == []
    assert warned(True, True)[0].startswith("every answer was liked:")
    assert warned(False)[0].startswith("every answer was disliked:")
