"""A model is scored on the rows by which its training rows were searched for.

The search looked at their loss in every trial, and took what was best on them, so that they are held out no more: the
score is better than it would be on other rows. Search on one set, and score on another.

Source: Cawley and Talbot, On over-fitting in model selection and subsequent selection bias in performance evaluation
(JMLR 2010).

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source jokes = jsonl("jokes.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset best from [tasks, jokes] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        search(50..400, by: top(words(response)), trials: 8) {
            finetune(base)
            loss(on: talks)
        }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on best {
        lora()
        sft(epochs: 2)
    }

    evaluate scores of [base, tuned] {
        perplexity(on: talks)
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source jokes = jsonl("jokes.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    source others = jsonl("dolly.jsonl", format: dolly, license: "CC-BY-SA-3.0")
    model base = bundled("smollm2-135m-instruct")

    dataset best from [tasks, jokes] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        search(50..400, by: top(words(response)), trials: 8) {
            finetune(base)
            loss(on: talks)
        }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on best {
        lora()
        sft(epochs: 2)
    }

    evaluate scores of [base, tuned] {
        perplexity(on: others)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.trials import measured_on, trials_of
from tunec.compiler.lint.view import View, argument, call_of
from tunec.compiler.lowered import Call, Ref, expect_all, references

CODE = "T409"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Every measure on rows whose loss a search went by, above the training of a model that is measured."""
    for evaluation in view.declared("evaluate"):
        params = view.nodes[evaluation.entity.node].params
        trainings = [t for model in references(params["models"]) for t in view.trainings(model)]
        above = {node for training in trainings for node in view.upstream(training.inputs[1])}
        looked_at = {measured_on(trial) for node in above for trial in trials_of(view, view.nodes[node])}
        for statement, measure in zip(evaluation.statements, expect_all(Call, params["measures"]), strict=False):
            on = measure.args.get("on")
            if isinstance(on, Ref) and any(_shared(view, on.node, rows) for rows in looked_at):
                written = argument(call_of(statement), "on")
                message = "the rows that a model was trained on were searched for by the loss on these"
                yield Finding(message, written.span if written else statement.span, help="score on rows of their own")


def _shared(view: View, one: str, other: str) -> bool:
    return one in view.upstream(other) or other in view.upstream(one)
