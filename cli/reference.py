"""Writes docs/operators.md out of the catalogue: `python -m tunec.reference > docs/operators.md`."""

from __future__ import annotations

import re
from textwrap import dedent

from tunec.compiler.catalogue import Operator
from tunec.runtime.catalogue import load_catalogue

#: The kinds in the order in which a spec meets them: title, and where such an operator stands.
KINDS = {
    "connectors": ("Connectors", "Where rows come from: what stands behind `source`, `seeds` and `benchmark`."),
    "formats": ("Formats", "How the columns of a file are read: the `format:` of a connector."),
    "stages": ("Stages", "What stands in the block of a `dataset` or a `generate`, in the order written."),
    "functions": ("Functions", "What is computed of a row: parts of an expression."),
    "finders": ("Finders", "What `mask` replaces."),
    "dedup": ("Rules of `dedup`", "Which rows are duplicates of one another."),
    "keep": ("Which duplicate stays", "The `keep:` of `dedup`."),
    "decontaminate": ("Rules of `decontaminate`", "Which rows match a benchmark."),
    "select": ("Ways to select", "The `by:` of `select`."),
    "models": ("Models", "What stands behind `model`."),
    "embedders": ("Embedders", "What stands behind `embedder`."),
    "methods": ("Methods of generation", "The first stage of a `generate`."),
    "generation": ("Bounds of generation", "The end of a `generate`."),
    "adapters": ("Weights that are trained", "The first stage of a `train`."),
    "objectives": ("Objectives", "What a `train` minimises: its second stage."),
    "evaluate": ("Measures", "What stands in an `evaluate`."),
}
OWN = "tunec.runtime.ops."
_SECTION = re.compile(r"^(Args|Example):\n((?:    .*(?:\n|\Z)|\n)+)", re.MULTILINE)
_HEAD = """# Operators

Everything that a spec can call, by kind, with its typed signature. `tunec ops NAME` prints the same pages, also of
operators that other packages bring along; `tunec ops KIND` lists a kind.

In a signature, `a|b` are words of which one is written, `= value` is the default, and `name(…)` is another operator of
that kind. The *cost* is a class, from `cheap` over `scan`, `index` and `embed` to `model`: the compiler evaluates the
cheapest rules of a block first. The *version* is part of the fingerprint of every step that the operator enters: it
changes when results may.

This file is made of the catalogue: `python -m tunec.reference > docs/operators.md`.
"""


def document() -> str:
    """The whole file."""
    groups: dict[str, list[Operator]] = {kind: [] for kind in KINDS}
    for operator in sorted(load_catalogue().operators.values(), key=lambda o: o.path):
        if operator.module.startswith(OWN):  # what other packages bring is theirs to document
            groups.setdefault(operator.kind, []).append(operator)
    parts = [_HEAD]
    for kind, operators in groups.items():
        title, place = KINDS.get(kind, (kind.capitalize(), ""))
        parts.append(f"## {title}\n\n{f'{place} Kind: `{kind}`.'.strip()}\n")
        parts += [_page(operator) for operator in operators]
    return "\n".join(parts)


def example(operator: Operator) -> str:
    """The example of an operator's page, as the lines of a spec; empty where there is none."""
    return _sections(operator.doc).get("Example", "")


def _sections(doc: str) -> dict[str, str]:
    return {name: dedent(body).strip() + "\n" for name, body in _SECTION.findall(doc + "\n")}


def _page(operator: Operator) -> str:
    sections = _sections(operator.doc)
    body = _SECTION.sub("", operator.doc + "\n").strip()
    text, _, source = body.partition("\nSource: ")
    parts = [
        f"### {operator.name}",
        f"```text\n{operator.signature}\n```",
        f"*Cost: {operator.cost}. Version {operator.version}.*",
        re.sub(r"\n{3,}", "\n\n", text.strip()),
    ]
    if "Args" in sections:
        parts.append("Arguments:\n\n" + _arguments(sections["Args"]))
    if source:
        parts.append(f"Source: {source.strip()}")
    if "Example" in sections:
        parts.append(f"Example:\n\n```{{.tune .fragment}}\n{sections['Example']}```")
    return "\n\n".join(parts) + "\n"


def _arguments(text: str) -> str:
    """The arguments as a list: the lines that follow the first one of an argument belong to its item."""
    return re.sub(
        r"^(?:(?P<name>\w+): |\s+)",
        lambda line: f"- `{line['name']}`: " if line["name"] else "  ",
        text.rstrip(),
        flags=re.MULTILINE,
    )


if __name__ == "__main__":
    print(document(), end="")
