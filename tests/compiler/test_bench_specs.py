"""The specs of the benches say what the language knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

SPECS = sorted((Path(__file__).parents[2] / "bench/specs").glob("*.tune"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_spec_has_no_error_of_the_language(spec: Path) -> None:
    found = check_spec(spec, load_catalogue()).diagnostics
    assert not [f"{d.code} {d.message}" for d in found if d.severity == "error" and d.code < "T300"]
