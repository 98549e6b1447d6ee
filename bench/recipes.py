"""Lints, plans and builds every recipe as it is, and writes time and rows into `docs/recipes/index.md`.

    python -m bench.recipes [NAME …]

Each is built by `tunec build` in a process of its own, into a store of its own. With names, only their lines of the
table are written anew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet

import tunec

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "specs" / "recipes"
PAGE = ROOT / "docs" / "recipes" / "index.md"
HEAD = "\n## Built as they are\n"
TOLD = """\
Each from nothing, by `make recipes`: one thread of a processor, without a GPU, with the start of the program and the
loading of the models. Rows read and made are those of all sources and generations. Recipes that are not listed were not
built so."""
COLUMNS = """| recipe | processor seconds | rows read and made | rows dropped | rows published | models trained |
| --- | ---: | ---: | ---: | ---: | ---: |"""


def row(recipe: Path) -> str:
    """A line of the table: the processor time of the build, and what it did to how many rows."""
    problems = tunec.lint(recipe)
    assert not problems, "\n".join(f"{recipe.name}: {problem.code} {problem.message}" for problem in problems)
    assert tunec.plan(recipe).steps, recipe.name
    with tempfile.TemporaryDirectory() as folder:
        given = [recipe, "--store", f"{folder}/store", "--out", f"{folder}/build", "--jobs", 1]
        before = os.times()
        subprocess.run([sys.executable, "-m", "tunec", "build", *map(str, given)], check=True, stdout=sys.stderr)
        after = os.times()
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        built = next(Path(folder, "build").iterdir())
        manifest = json.loads((built / "manifest.json").read_text("utf-8"))
        files = (built / "datasets").glob("*/*.parquet")
        published = sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)
        trained = sum(1 for _ in built.glob("models/*"))
    made, dropped = (sum(step.get(what, 0) for step in manifest["steps"]) for what in ("made", "dropped"))
    return f"| {recipe.stem} | {seconds:,.0f} | {made:,} | {dropped:,} | {published:,} | {trained} |"


def table(lines: dict[str, str]) -> None:
    """Put these lines, by the names of their recipes, into the table of the page, beside those that are there."""
    text = PAGE.read_text("utf-8")
    old = dict(re.findall(r"^(\| (\w+) \| [\d,]+ \|.*)$", text.partition(HEAD)[2], re.MULTILINE))
    every = {name: line for line, name in old.items()} | lines
    listed = "\n".join([COLUMNS, *(every[recipe.stem] for recipe in recipes([]) if recipe.stem in every)])
    PAGE.write_text(f"{text.partition(HEAD)[0]}{HEAD}\n{TOLD}\n\n{listed}\n", "utf-8")


def recipes(names: list[str]) -> list[Path]:
    """The recipes of these names, or all."""
    return [recipe for recipe in sorted(RECIPES.glob("*.tune")) if not names or recipe.stem in names]


def main(names: list[str]) -> None:
    """Build the recipes of these names, or all, and write the table."""
    lines = {}
    for recipe in recipes(names):
        lines[recipe.stem] = row(recipe)
        print(lines[recipe.stem], flush=True)
        table(lines)  # what was built so far is kept where one fails


if __name__ == "__main__":
    main(sys.argv[1:])
