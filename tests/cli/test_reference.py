"""The reference of the operators: fresh, whole, and with examples that fit the signatures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tunec.compiler.catalogue import Operator
from tunec.compiler.lint.check import check_spec
from tunec.reference import KINDS, OWN, document, example
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
PAGE = document()
OPERATORS = [o for o in load_catalogue().operators.values() if o.module.startswith(OWN)]
#: What says that an example calls something that is not there, or not in this way.
MISUSE = ("T103", "T201", "T202", "T204", "T205", "T207")
WHOLE = ("source", "dataset", "generate", "train", "evaluate", "merge ", "tokenizer ", "rule ")


def test_the_docs_are_fresh() -> None:
    assert (ROOT / "docs" / "operators.md").read_text("utf-8") == PAGE, "python -m tunec.reference > docs/operators.md"


def test_every_kind_has_its_place() -> None:
    assert {o.kind for o in OPERATORS} == set(KINDS)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.path)
def test_a_page_is_whole(operator: Operator) -> None:
    page = PAGE.split(f"Kind: `{operator.kind}`.\n")[1].split("\n## ")[0]
    page = page.split(f"\n### {operator.name}\n")[1].split("\n### ")[0]
    assert operator.signature in page
    for parameter in operator.parameters:
        assert f"- `{parameter.name}`: " in page or f"- `{parameter.name}_`: " in page
    assert "Args:" not in page and "Example:\n    " not in page
    assert example(operator) or operator.kind == "formats"


@pytest.mark.parametrize("operator", [o for o in OPERATORS if example(o)], ids=lambda o: o.path)
def test_an_example_calls_what_there_is(operator: Operator) -> None:
    text = example(operator)
    assert re.search(rf"\b{operator.name}\b", text)
    if text.split()[0] in ("keep", "drop"):
        text = f"filter {{\n{text}}}\n"
    if operator.kind not in ("connectors", "models", "embedders") and not text.startswith(WHOLE):
        text = f"dataset rows_of_it from tasks {{\n{text}}}\n"
    found = check_spec(ROOT / "example.tune", load_catalogue(), text=text).diagnostics
    assert not [d for d in found if d.code in MISUSE or d.code.startswith("T00")]
