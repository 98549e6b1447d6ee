"""The declared names that may stand in a place, for suggestions: `model` wants those of models."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tunec.compiler.elaborate.builder import Builder

#: The keywords of the declarations whose names stand for something, by the type that is wanted.
_MEANING: dict[str, frozenset[str]] = {
    "rows": frozenset(("source", "seeds", "benchmark", "generate", "dataset")),
    "model": frozenset(("model", "train", "merge")),
    "embedder": frozenset(("embedder",)),
    "rule": frozenset(("rule",)),
}


def declared_as(builder: Builder, want: str, file: str) -> Iterator[str]:
    """The names of a file that may stand where something is wanted; all but rules, which are called, where that says
    nothing of declarations."""
    kinds: Collection[str] | None = _MEANING.get(want)
    program = builder.program
    for name in builder.visible(file):
        full = program.resolve(name, file)
        kind = getattr(program.declared.get(full or name), "kind", "param")
        if kind in kinds if kinds is not None else kind != "rule":
            yield name
