"""Every recipe lints and plans as it is, and has its page."""

from __future__ import annotations

from pathlib import Path

import pytest

import tunec
from tunec.dsl.format import format_text
from tunec.dsl.source import Source

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "specs" / "recipes").glob("*.tune"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_ready(recipe: Path) -> None:
    assert tunec.lint(recipe) == []
    text = recipe.read_text("utf-8")
    assert format_text(Source(recipe.name, text)) == text
    assert tunec.plan(recipe).steps
    page = (ROOT / "docs" / "recipes" / f"{recipe.stem}.md").read_text("utf-8")
    assert f"tunec build specs/recipes/{recipe.name}" in page and "**Source.**" in page
    assert f"({recipe.stem}.md)" in (ROOT / "docs" / "recipes" / "index.md").read_text("utf-8")
