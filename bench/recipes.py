"""Builds every recipe as it is, and writes its time and rows into `docs/recipes/index.md`. `python -m bench.recipes`"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from pathlib import Path

import tunec

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "specs" / "recipes"
PAGE = ROOT / "docs" / "recipes" / "index.md"
HEAD = "\n## Built as they are\n"


def row(recipe: Path) -> str:
    """A line of the table: seconds, rows read or made, rows of the last data set."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        built = tunec.build(recipe, store=Path(folder) / "store", out=Path(folder) / "build")
        seconds = time.perf_counter() - start
        assert built.folder is not None
        manifest = json.loads((built.folder / "manifest.json").read_text("utf-8"))
        made = sum(step["made"] for step in manifest["steps"])
        name = max(path.name for path in (built.folder / "datasets").iterdir())
        kept = sum(len(part) for part in built.dataset(name).values())
    return f"| {recipe.stem} | {seconds:,.0f} | {made:,} | {kept:,} |"


def main(names: list[str]) -> None:
    """Build the recipes of these names, or all, and write the table."""
    lines = [row(recipe) for recipe in sorted(RECIPES.glob("*.tune")) if not names or recipe.stem in names]
    head = "| recipe | seconds | rows read and made | rows of the data set |\n| --- | ---: | ---: | ---: |"
    table = "\n".join([head, *lines])
    print(table)
    if not names:
        text = re.sub(re.escape(HEAD) + ".*", "", PAGE.read_text("utf-8"), flags=re.DOTALL)
        PAGE.write_text(f"{text}{HEAD}\nOn two CPU cores, each from nothing (`make recipes`):\n\n{table}\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
