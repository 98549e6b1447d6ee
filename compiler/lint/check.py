"""A spec compiled and judged: what commands and editors call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    return judge([*elaborate_variants(path, catalogue, overrides, text, reader, memory)])


def judge(every: Sequence[Elaborated]) -> Compiled:
    """As `check_spec`, of a spec that was elaborated in all its variants."""
    program, rules = every[0].builder.program, load_rules()
    wrong = [problems(one) for one in every]
    whole = not any(map(has_errors, wrong))  # what one variant lacks may stand in a line that is wrong in another
    found = told_of(every, [[*own, *_judged(one, rules, whole)] for one, own in zip(every, wrong, strict=True)])
    silenced, accepted = apply(found, program.files, program.sources, all_codes(), frozenset(r.code for r in rules))
    return finish(every, silenced, accepted)


def _judged(elaborated: Elaborated, rules: Iterable[Rule], whole: bool) -> Iterator[Diagnostic]:
    """What rules find in a spec, or in a variant of it; `whole` says that nothing is wrong with it in the language."""
    if any(map(is_syntax, elaborated.builder.program.diagnostics)):
        return
    view = View(elaborated.builder, elaborated.spec)
    for rule in rules:
        if whole or not rule.whole:
            yield from rule.run(view)
