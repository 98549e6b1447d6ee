"""The cheat sheet names nothing that there is not: its parts compile where they would stand, its tables name what
exists. That its whole specs and those of the tour lint clean is tested with all pages."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from tests.test_docs import FRAGMENTS, ROOT
from tunec.compiler.lint.check import check_spec
from tunec.compiler.types import FIELDS, RowType
from tunec.main import app
from tunec.runtime.catalogue import load_catalogue

PAGE = (ROOT / "docs" / "cheat-sheet.md").read_text(encoding="utf-8")
PARTS = [block for block in FRAGMENTS if block.page.name == "cheat-sheet.md"]
ROWS = '[{instruction: "Say hello.", response: "Hello!"}]'
STAGES_IN = f"""
source tasks = rows({ROWS})
source fresh = rows([{{instruction: "Say goodbye.", response: "Goodbye!"}}])
benchmark gsm8k = rows([{{question: "1 + 1?", answer: "2"}}])
embedder minilm = bundled("all-minilm-l6-v2")
"""


def test_the_stages_compile(tmp_path: Path) -> None:
    stages = next(block.text for block in PARTS if "normalize(" in block.text)
    text = f"{STAGES_IN}dataset chat from [tasks, fresh] {{\n{stages}}}\n"
    found = check_spec(tmp_path / "a.tune", load_catalogue(), text=text).diagnostics
    # With a row or two no bound on counts can hold, which is not what the page is about.
    wrong = [f"{d.code} {d.message}" for d in found if d.severity == "error" and d.code not in ("T319", "T320")]
    assert not wrong, wrong


def test_the_declarations_compile(tmp_path: Path) -> None:
    text = next(block.text for block in PARTS if "import" in block.text)
    (tmp_path / "common.tune").write_text(f"source tasks = rows({ROWS})\n", encoding="utf-8")
    seed = '{"id": "s", "name": "n", "instruction": "i", "instances": [{"input": "", "output": "o"}]}\n'
    (tmp_path / "seeds.jsonl").write_text(seed * 8, encoding="utf-8")
    found = check_spec(tmp_path / "a.tune", load_catalogue(), text=text).diagnostics
    wrong = [f"{d.code} {d.message}" for d in found if d.severity == "error"]
    assert not wrong, wrong


def _table(head: str) -> list[list[str]]:
    section = PAGE.split(f"## {head}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and "---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_what_the_tables_name_exists() -> None:
    catalogue = load_catalogue()
    rows = {first: re.findall(r"`([^`]+)`", second) for first, second in _table("Expressions")}
    functions = {name for first in ("of texts", "more texts", "by models") for name in rows[first]}
    assert functions <= set(catalogue.names("functions"))
    fields = {name for types in FIELDS.values() for name in types} | {"meta.NAME", "id", "origin"}
    assert set(rows["fields"]) <= fields
    for first, second in _table("Row types and formats")[1:]:
        assert set(re.findall(r"`(\w+)`", first)) <= {kind.value for kind in RowType}
        assert set(re.findall(r"`(\w+)`", second)) <= set(catalogue.names("formats"))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`tunec (\w+)", PAGE))))
def test_its_commands_exist(name: str) -> None:
    assert name in app.list_commands(click.Context(app))
