"""A `novel` where there is nothing to compare with.

`novel` compares a row with the seeds and with the rows that the same generation has accepted before, so it belongs
after the method of a `generate`. Before the method no row has been made yet, and a `dataset` has neither seeds nor
rounds. In a `dataset`, use `dedup`.

Source: Wang et al., Self-Instruct (arXiv 2212.10560), section 2.2.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { novel(instruction, rouge_l: 0.7) }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { near(instruction, jaccard: 0.7) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, call_of
from tunec.dsl.diagnostics import Label

CODE = "T324"
SEVERITY = "error"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """`novel` in data sets, and stages above the method of a generation."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "novel":
                message = "`novel` compares with seeds and earlier rounds, but a `dataset` has neither"
                yield Finding(message, stage.head, help="use `dedup { near(text, jaccard: 0.7) }`")
    methods = view.catalogue.names("methods")
    for generation in view.declared("generate"):
        calls = [call_of(s) for s in generation.statements]
        method = next((c for c in calls if c is not None and c.name in methods), None)
        for call in calls:
            if call is not None and method is not None and call.span < method.span and call.name != "until":
                message = f"`{call.name}` comes before `{method.name}`, where no row has been made yet"
                yield Finding(message, call.name_span, labels=(Label(method.name_span, "rows are made here"),))
