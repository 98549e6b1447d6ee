"""A spec compiled and judged: what commands and editors call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.kept import Memory
from tunec.compiler.elaborate.load import Reader, read_text
from tunec.compiler.lint.allow import apply
from tunec.compiler.lint.rule import Rule, all_codes, load_rules
from tunec.compiler.lint.view import View
from tunec.compiler.pipeline import Compiled, Elaborated, elaborate_variants, finish, problems, told_of
from tunec.dsl.diagnostics import Diagnostic, has_errors, is_syntax


def check_spec(
    path: Path,
    catalogue: Catalogue,
    overrides: Mapping[str, str] | None = None,
    text: str | None = None,
    reader: Reader = read_text,
    memory: Memory | None = None,
) -> Compiled:
    """As `compile_spec`, with the findings of the rules: an error among them stops a build as any other does.

    Rules say nothing of a file that could not be read as a whole, and nothing of declarations that have errors.
    """
    every = [*elaborate_variants(path, catalogue, overrides, text, reader, memory)]
    program, rules = every[0].builder.program, load_rules()
    found = told_of(every, [[*_found(one, rules)] for one in every])
    silenced, accepted = apply(found, program.files, program.sources, all_codes(), frozenset(r.code for r in rules))
    return finish(every, silenced, accepted)


def _found(elaborated: Elaborated, rules: Iterable[Rule]) -> Iterator[Diagnostic]:
    """What is wrong with a spec, or with a variant of it, as a text of the language and by the rules."""
    found = problems(elaborated)
    yield from found
    if any(map(is_syntax, elaborated.builder.program.diagnostics)):
        return
    view, whole = View(elaborated.builder, elaborated.spec), not has_errors(found)
    for rule in rules:
        if whole or not rule.whole:
            yield from rule.run(view)
