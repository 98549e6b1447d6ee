"""A licence that is not a known SPDX identifier.

Programs cannot check a licence they cannot read, and hubs list the data set under "other". Write the identifier as SPDX
does (`Apache-2.0`, `CC-BY-4.0`), several as `MIT AND CC-BY-4.0`; for terms that SPDX does not list, write
`LicenseRef-NAME`.

Source: the SPDX License List, version 3.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "Apache 2")
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "Apache-2.0")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.licences import LICENCES, unknown_in
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.names import closest
from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.tree import Argument, Literal

CODE = "T311"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """The licences of the spec, and of all that is read."""
    spec = view.builder.program.spec
    given = [a for a in spec.arguments if a.name == "license"] if spec is not None else []
    given += [a for d in view.declared("source", "seeds", "benchmark") if (a := argument(d.call, "license"))]
    for licence in given:
        text = licence.value.value if isinstance(licence.value, Literal) else None
        if isinstance(text, str) and text and unknown_in(text):
            yield _finding(licence, text)


def _finding(licence: Argument, text: str) -> Finding:
    near = closest(text.strip().replace(" ", "-"), LICENCES)
    span = licence.value.span
    fixes = (Fix(f"replace with `{near}`", (Edit(span, f'"{near}"'),), safe=False),) if near else ()
    help_ = f"did you mean `{near}`?" if near else "write `LicenseRef-NAME` for terms that SPDX does not list"
    return Finding(f"unknown licence `{text}`", span, help=help_, fixes=fixes)
