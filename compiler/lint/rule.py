"""What a rule of the linter is, and where rules are found.

A rule is one file in `rules/`: `CODE`, `SEVERITY`, a function `check(view)` that yields findings, and a docstring that
is its page. Its name is the file's. Adding one touches nothing else. A rule that misses something (a use, a split, a
check) says `WHOLE = True`: it is not asked about a spec with errors, in which what it misses may be what is wrong.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.dsl.codes import CODES, Code
from tunec.dsl.diagnostics import Diagnostic, Fix, Label
from tunec.dsl.record import record
from tunec.dsl.source import Span

if TYPE_CHECKING:
    from tunec.compiler.lint.view import View


@record
class Finding:
    """What a rule has found: a diagnostic, but for the code."""

    message: str
    span: Span
    label: str = ""
    labels: tuple[Label, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()
    notes: tuple[str, ...] = ()


@record
class Rule:
    """A rule with its code, what is to be said of the code, and the function that looks for it."""

    code: str
    about: Code
    check: Callable[[View], Iterable[Finding]]
    whole: bool = False

    def run(self, view: View) -> list[Diagnostic]:
        """The diagnostics of this rule for a spec."""
        return [
            Diagnostic(self.code, f.message, f.span, f.label, f.labels, f.help, f.fixes, f.notes, self.about)
            for f in self.check(view)
        ]


@cache
def load_rules() -> tuple[Rule, ...]:
    """All rules, by code."""
    import tunec.compiler.lint.rules as package

    found = []
    for folder in package.__path__:
        # A listing rather than pkgutil: this runs at every start, and has to cost nothing.
        for file in sorted(entry.name for entry in os.scandir(folder)):
            if file.endswith(".py") and not file.startswith("_"):
                module = importlib.import_module(f"{package.__name__}.{Path(file).stem}")
                name = Path(file).stem.replace("_", "-")
                about = Code(name, module.SEVERITY, cleandoc(module.__doc__ or ""))
                found.append(Rule(module.CODE, about, module.check, getattr(module, "WHOLE", False)))
    return tuple(sorted(found, key=lambda rule: rule.code))


def all_codes() -> dict[str, Code]:
    """Every code there is, those of the language and those of the rules, in order."""
    codes = {**CODES, **{rule.code: rule.about for rule in load_rules()}}
    return dict(sorted(codes.items()))
