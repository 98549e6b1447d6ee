"""A `decontaminate` that compares nothing but runs of words.

`ngram(13)` never finds an item of fewer than thirteen words, and many questions are shorter. Nor does it find an item
that was rephrased, because thirteen consecutive words rarely survive that. Add `exact()` to find short items verbatim,
and `cosine(…)` to find rephrased ones.

Source: Yang et al., Rethinking Benchmark and Contamination (arXiv 2311.04850), section 3; Lee et al., Platypus
(arXiv 2308.07317), section 2.3.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = rows([{question: "How much is 2 + 2?", answer: "4"}])

    dataset rows from tasks {
        decontaminate(against: [quiz]) { ngram(13) }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = rows([{question: "How much is 2 + 2?", answer: "4"}])
    embedder minilm = bundled("all-minilm-l6-v2")

    dataset rows from tasks {
        decontaminate(against: [quiz]) {
            exact()
            ngram(13)
            cosine(0.80, using: minilm)
        }
    }
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunec.compiler.lint.contamination import against
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Staged, View
from tunec.compiler.lowered import Call, Record, expect, expect_all
from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span

CODE = "T403"
SEVERITY = "warning"
_RUNS = ("decontaminate.ngram", "decontaminate.tokens")


def check(view: View) -> Iterator[Finding]:
    """Every `decontaminate` with rules of these kinds alone."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            rules = expect_all(Call, stage.node.params["rules"]) if stage.name == "decontaminate" else ()
            if rules and all(rule.operator in _RUNS for rule in rules):
                yield _finding(view, stage, min(_shortest(rule) for rule in rules))


def _finding(view: View, stage: Staged, shortest: int) -> Finding:
    block = stage.call.block if stage.call is not None else None
    fixes: tuple[Fix, ...] = ()
    if block is not None:
        at = Span(block.span.file, block.span.start + 1, block.span.start + 1)
        fixes = (Fix("add `exact()`", (Edit(at, " exact() "),), safe=False),)
    return Finding(
        f"only runs of words are compared: an item of fewer than {shortest} words is never found",
        stage.head,
        help="add `exact()`, and `cosine(0.80, using: EMBEDDER)` for rephrased items",
        fixes=fixes,
        notes=tuple(_seen(view, stage, shortest)),
    )


def _shortest(rule: Call) -> int:
    """The fewest words of an item that a rule can find."""
    args = rule.args
    return expect(int, args["n"]) if "n" in args else expect(int, args["longer_than"]) + 1


def _seen(view: View, stage: Staged, shortest: int) -> Iterator[str]:
    """How many items of the benchmarks at hand are shorter than that."""
    for node in against(view, stage.node):
        sample = view.sample(node.id)
        wanted = node.params.get("format")
        column = wanted.entries.get("question") if isinstance(wanted, Record) else "question"
        if sample is None or not isinstance(column, str):
            continue
        texts = [text for record in sample.records if isinstance(text := record.get(column), str)]
        short = sum(len(re.findall(r"\w+", text)) < shortest for text in texts)
        if short:
            yield f"{short} of {len(texts)} items in `{sample.path}` have fewer than {shortest} words"
