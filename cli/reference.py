"""Writes docs/operators.md out of the catalogue: `python -m tunec.reference > docs/operators.md`."""

from __future__ import annotations

from tunec.compiler.catalogue import Operator
from tunec.compiler.docstrings import arguments, body, sections
from tunec.runtime.catalogue import load_catalogue

#: The kinds in the order in which a spec meets them: title, and where such an operator stands.
KINDS = {
    "connectors": ("Connectors", "Where rows come from: the value of a `source`, `seeds` or `benchmark`."),
    "formats": ("Formats", "How the columns of a file are read: the `format:` of a connector."),
    "stages": ("Stages", "The statements of a `dataset` or `generate` block. They run in the order written."),
    "functions": ("Functions", "What an expression computes from a row."),
    "finders": ("Finders", "What `mask` replaces."),
    "dedup": ("Rules of `dedup`", "Which rows are duplicates of each other."),
    "keep": ("Which duplicate is kept", "The `keep:` of `dedup` and `verify`."),
    "decontaminate": ("Rules of `decontaminate`", "Which rows match a benchmark."),
    "select": ("Ways to select", "The `by:` of `select` and `search`."),
    "models": ("Models", "The value of a `model`."),
    "embedders": ("Embedders", "The value of an `embedder`."),
    "methods": ("Methods of generation", "The first stage of a `generate`."),
    "generation": ("Beside the method of a generation", "When a `generate` ends, and whom it has in mind."),
    "adapters": ("Trained weights", "The first stage of a `train`."),
    "objectives": ("Objectives", "What a `train` minimizes: its second stage."),
    "tokenizers": ("Tokenizers", "The statements of a `tokenizer`."),
    "merging": ("Ways to merge", "The statement of a `merge`."),
    "fitting": (
        "Parts of trials",
        "The statements of a `rule NAME from ROWS`, a `search`, and a `mix` that searches.",
    ),
    "evaluate": ("Measures", "The statements of an `evaluate`."),
}
OWN = "tunec.runtime.ops."
_HEAD = """# Operators

All operators that a spec can call, by kind, with their typed signatures. `tunec ops NAME` prints the same pages,
including operators from other packages; `tunec ops KIND` lists one kind.

In a signature, `a|b` is a choice of words, `= value` is the default, and `kind(…)` is a call of another operator of
that kind. The *cost* is one of the classes `cheap`, `scan`, `index`, `embed` and `model`, in this order: the compiler
evaluates the cheapest rules of a block first. The *version* is part of the fingerprint of every step that uses the
operator: it changes whenever results may change.

This file is generated from the catalogue: `python -m tunec.reference > docs/operators.md`.
"""


def document() -> str:
    """The whole file."""
    groups: dict[str, list[Operator]] = {kind: [] for kind in KINDS}
    for operator in sorted(load_catalogue().every(), key=lambda o: o.path):
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
    return sections(operator.doc).get("Example", "")


def _page(operator: Operator) -> str:
    text, _, source = body(operator.doc).partition("\nSource: ")
    parts = [
        f"### {operator.name}",
        f"```text\n{operator.signature}\n```",
        f"*Cost: {operator.cost}. Version {operator.version}.*",
        text.strip(),
    ]
    listed = [f"- `{name}`: " + said.replace("\n", "\n  ") for name, said in arguments(operator.doc).items()]
    if listed:
        parts.append("\n".join(["Arguments:\n", *listed]))
    if source:
        parts.append(f"Source: {source.strip()}")
    if shown := example(operator):
        parts.append(f"Example:\n\n```{{.tune .fragment}}\n{shown}```")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    print(document(), end="")
