"""Items of a benchmark are among the rows that are trained on or generated from, or say which rows are chosen.

A `benchmark` declares data that must never be trained on: a score on items that the model has seen says nothing. A file
that is read both as a source and as a benchmark is the same mistake under two names, and so is a copy of it. Rows that
are chosen because they are like the items are those that `decontaminate` removes. If the items are meant for training,
declare the file only as a `source`, and score on something else.

Source: Brown et al., GPT-3 (arXiv 2005.14165), appendix C.

Example:
    benchmark quiz = rows([{question: "How much is 2 + 2?", answer: "4"}])
    dataset out from quiz { shuffle() }

Instead:
    source sums = rows([{question: "How much is 2 + 2?", answer: "4"}])
    dataset out from sums { shuffle() }
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from pathlib import Path

from tunec.compiler.graph import Node
from tunec.compiler.lint.contamination import same_items
from tunec.compiler.lint.examples import examples_of
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.patterns import is_pattern, named_by
from tunec.compiler.reach import beyond
from tunec.dsl.diagnostics import Label
from tunec.dsl.tree import Call, ListOf

_MOST_FILES = 200  # of a pattern that are compared

CODE = "T402"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """Names of benchmarks where rows come in, and files that are read as both."""
    for declared in view.declared("dataset", "generate", "train"):
        clause = declared.item.on if declared.item.kind == "train" else declared.item.source
        named = view.referred(clause)
        # Inside of a call, as in `sample(quiz, 10)`, a benchmark is no name of the clause.
        for call in clause.items if isinstance(clause, ListOf) else (clause,):
            if isinstance(call, Call):
                inside = [argument.value for argument in call.arguments]
                named += [(name, used) for value in inside for name, used in view.referred(value)]
        for name, used in named:
            if used.item.kind == "benchmark":
                label = Label(used.item.name_span, "declared here")
                message = f"`{name.text}` is a benchmark: its items must never be trained on"
                yield Finding(message, name.span, labels=(label,))
    for source in view.declared("source", "seeds"):  # `source some = sample(quiz, 10)`
        for argument in source.call.arguments if source.call is not None else ():
            for name, used in view.referred(argument.value):
                if used.item.kind == "benchmark":
                    label = Label(used.item.name_span, "declared here")
                    message = f"`{name.text}` is a benchmark: its items must never be trained on"
                    yield Finding(message, name.span, labels=(label,))
    benchmarks = view.declared("benchmark")
    items = {benchmark.entity.node: benchmark for benchmark in benchmarks}
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            for examples, span in examples_of(view, stage):
                found = next((items[node] for node in view.upstream(examples) if node in items), None)
                if found is not None:
                    label = Label(found.item.name_span, "declared here")
                    message = f"rows like the items of the benchmark `{found.name}` are chosen to be trained on"
                    help_ = "take the examples from what the model will be used for"
                    yield Finding(message, span, labels=(label,), help=help_)
    for source in view.declared("source", "seeds"):
        for benchmark in benchmarks:
            one, other = view.nodes[source.entity.node], view.nodes[benchmark.entity.node]
            label = Label(benchmark.item.name_span, "declared as a benchmark here")
            if same_items(one, other) or (_place(one) is not None and _place(one) == _place(other)):
                message = f"`{source.name}` reads the same items as the benchmark `{benchmark.name}`"
                yield Finding(message, source.item.name_span, labels=(label,))
            elif (copy := _copy(_files(view, one), _files(view, other))) is not None:
                message = f"`{source.name}` reads `{copy}`, which is the file of the benchmark `{benchmark.name}`"
                yield Finding(message, source.item.name_span, labels=(label,))


def _files(view: View, node: Node) -> list[Path]:
    """The local files that a source reads."""
    return [file for path in node.paths for file in _named(view, path)]


def _named(view: View, path: str) -> list[Path]:
    one = view.folder / path
    if "://" in path or beyond(path, view.folder) is not None:
        return [one] if "://" not in path and one.is_file() else []
    if one.is_file() or not is_pattern(path):
        return [one] if one.is_file() else []
    try:
        return named_by(path, view.folder)[:_MOST_FILES]
    except OSError:  # a build will say so
        return []


def _copy(ours: list[Path], theirs: list[Path]) -> str | None:
    """The name of a file that has the very bytes of one of the others."""
    for one in ours:
        for other in theirs:
            if one.stat().st_size == other.stat().st_size and filecmp.cmp(one, other, shallow=False):
                return one.name
    return None


def _place(node: Node) -> tuple[object, ...] | None:
    """The file, or the part of a repository, that is read; whatever is made of its columns."""
    if "path" in node.params:
        return (node.params["path"],)
    named = tuple(node.params.get(key) for key in ("repository", "config", "split"))
    return named if named[0] is not None else None
