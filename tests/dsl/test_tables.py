"""The tables in the package are those of the grammar, and reading them needs no parser generator."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import tunec.dsl.generate
from tunec.dsl.build import ACTIONS
from tunec.dsl.generate import tables_text
from tunec.dsl.tables import PATTERNS, RULES

DSL = Path(tunec.dsl.generate.__file__).parent


def test_tables_are_fresh() -> None:
    fresh = tables_text((DSL / "grammar.lark").read_text("utf-8"))
    assert fresh == (DSL / "tables.json").read_text("utf-8"), "run python -m tunec.dsl.generate"


def test_every_rule_has_an_action() -> None:
    assert {action for _, _, action in RULES} - {"", "*"} == ACTIONS.keys()


def test_parsing_imports_no_lark() -> None:
    code = "import sys, tunec.dsl.format, tunec.dsl.print, tunec.dsl.render.text; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_group_of_a_pattern_is_possessive() -> None:
    # Python before 3.11.5 matches too little with those (its issue 106052), and so lost texts in three quotes.
    assert not {name for name, pattern in PATTERNS.items() if re.search(r"\)[*+?]\+", pattern)}
