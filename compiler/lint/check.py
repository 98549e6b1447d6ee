"""A spec compiled and judged: what commands and editors call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.load import Reader, read_text
from tunec.compiler.lint.allow import apply
from tunec.compiler.lint.rule import all_codes, load_rules
from tunec.compiler.lint.view import View
from tunec.compiler.pipeline import Compiled, elaborate_spec, finish, problems
from tunec.dsl.diagnostics import has_errors


def check_spec(
    path: Path,
    catalogue: Catalogue,
    overrides: Mapping[str, str] | None = None,
    text: str | None = None,
    reader: Reader = read_text,
) -> Compiled:
    """As `compile_spec`, with the findings of the rules: an error among them stops a build as any other does.

    Rules say nothing of a file that could not be read as a whole, and nothing of declarations that have errors.
    """
    elaborated = elaborate_spec(path, catalogue, overrides, text, reader)
    program = elaborated.builder.program
    found = problems(elaborated)
    rules = load_rules()
    if not any(d.code.startswith("T00") for d in program.diagnostics):
        view = View(elaborated.builder, elaborated.spec)
        whole = not has_errors(found)
        for rule in rules:
            if whole or not rule.whole:
                found += rule.run(view)
    silenced, accepted = apply(found, program.files, program.sources, all_codes(), frozenset(r.code for r in rules))
    return finish(elaborated, silenced, accepted)
