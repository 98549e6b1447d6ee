"""The trials of a search or a fitted rule are measured on rows that they are trained on.

The loss then falls with every row that is learned by heart, and the search finds the size, the shares or the weights
that do this best. Measure on rows that no trial sees.

Source: InstructMining (2307.06290), section 3.1, where the loss is that on a set of its own.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset best from tasks {
        search(10..100, by: top(words(response)), trials: 8) {
            finetune(base)
            loss(on: tasks)
        }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset best from tasks {
        search(10..100, by: top(words(response)), trials: 8) {
            finetune(base)
            loss(on: talks)
        }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.trials import losses, measured_on
from tunec.compiler.lint.view import View

CODE = "T408"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Every loss on a node that the rows of its trials come from."""
    for declared in view.declared("dataset", "rule"):
        for trial, where in losses(view, declared):
            if measured_on(trial) in view.upstream(trial.inputs[0]):
                help_ = "measure on rows of another source, or on a split that the trials are not trained on"
                yield Finding("the trials are trained on these rows", where, help=help_)
