"""The training split of a benchmark is among the sources.

This is allowed, but it changes what the score means: no longer how well a model does on a kind of question it has never
seen, but how well it has learned exactly this kind. Tables that put such a score next to those of other models compare
different things. Remove the source, or state in the description that the benchmark is in-domain.

Source: the GPT-4 report (arXiv 2303.08774), table 2, which marks GSM8K because part of its training set was mixed in.

Example:
    source gsm8k_train = jsonl("data/gsm8k_train.jsonl", format: alpaca, license: "MIT")
    benchmark gsm8k = jsonl("data/gsm8k_test.jsonl", format: {question: "question", answer: "answer"})

    dataset rows from gsm8k_train {
        decontaminate(against: [gsm8k]) { exact() }
    }

Instead:
    source sums = jsonl("data/sums_train.jsonl", format: alpaca, license: "MIT")
    benchmark gsm8k = jsonl("data/gsm8k_test.jsonl", format: {question: "question", answer: "answer"})

    dataset rows from sums {
        decontaminate(against: [gsm8k]) { exact() }
    }
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View
from tunec.dsl.diagnostics import Label

CODE = "T405"
SEVERITY = "warning"
_TRAINING = {"train", "training"}
_PARTS = {*_TRAINING, "test", "dev", "val", "valid", "validation", "eval", "heldout", "main"}
#: Words that many paths share and that name no collection.
_PLAIN = {
    "data",
    "datasets",
    "benchmarks",
    "sources",
    "files",
    "rows",
    "items",
    "tasks",
    "questions",
    "specs",
    "shared",
}
_ENDINGS = {"jsonl", "json", "csv", "parquet", "gz", "zst", "bz2", "txt", "tsv"}


def check(view: View) -> Iterator[Finding]:
    """Sources whose file or repository is that of a benchmark, but for the part."""
    benchmarks = view.declared("benchmark")
    for source in view.declared("source", "seeds"):
        words = _words(source)
        if not words & _TRAINING:
            continue
        for benchmark in benchmarks:
            theirs = _words(benchmark)
            same = words - _PARTS == theirs - _PARTS and bool(words - _PARTS - _PLAIN)
            if same and not theirs & _TRAINING:
                label = Label(benchmark.item.name_span, "the benchmark")
                message = f"`{source.name}` seems to be the training split of the benchmark `{benchmark.name}`"
                note = f"compared: {_place(source)} and {_place(benchmark)}"
                yield Finding(message, source.item.name_span, labels=(label,), notes=(note,))


def _place(declared: Declared) -> str:
    call = declared.call
    texts = [str(a.value.value) for a in call.arguments if hasattr(a.value, "value")] if call is not None else []
    return f"`{texts[0]}`" if texts else f"`{declared.name}`"


def _words(declared: Declared) -> set[str]:
    """The words of the path or repository that a source names, and of its split."""
    call = declared.call
    given = [a for a in call.arguments if a.name in (None, "split")] if call is not None else []
    text = " ".join(str(getattr(a.value, "value", "")) for a in given)
    return {word for word in re.split(r"[\W_]+", text.lower()) if word and not word.isdigit()} - _ENDINGS
