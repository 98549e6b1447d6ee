"""A measure is taken on rows that the model was trained on.

The score then shows how well the model remembers, not what it can do. Split the data set, and measure on the part that
is not trained on. The same holds for rows that a generation made from those that are measured on: `generate NAME from
rows.train` sees the training rows alone.

Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 7.2.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }

    evaluate scores of tuned {
        perplexity(on: rows.train)
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }

    evaluate scores of tuned {
        perplexity(on: rows.validation)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument, call_of
from tunec.compiler.lowered import Call, Ref, expect_all, references
from tunec.dsl.diagnostics import Label

CODE = "T406"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Every measure on a node that training rows come from, or on those rows themselves."""
    for evaluation in view.declared("evaluate"):
        params = view.nodes[evaluation.entity.node].params
        statements = evaluation.statements
        trainings = {t.id: t for model in references(params["models"]) for t in view.trainings(model)}
        for statement, measure in zip(statements, expect_all(Call, params["measures"]), strict=False):
            on = measure.args.get("on")
            # A control has no declaration of its own: the model beside it is told.
            for training in sorted(trainings.values(), key=lambda one: one.id not in view.names):
                if not isinstance(on, Ref):
                    continue
                trained_on = on.node in view.upstream(training.inputs[1])
                if trained_on or _made_of(view, training.inputs[1], on.node):
                    written = argument(call_of(statement), "on")
                    trained = view.declaration(training.id)
                    labels = (Label(trained.item.name_span, "trained here"),) if trained is not None else ()
                    made = "" if trained_on else "what was generated from "
                    message = f"`{view.names.get(training.id, 'the model')}` was trained on {made}these rows"
                    help_ = "measure on a split that is not trained on, such as `.validation`"
                    if made:
                        help_ = "generate from the split that is trained on: `generate NAME from ROWS.train`"
                    yield Finding(message, written.span if written else statement.span, "", labels, help_)
                    break


def _made_of(view: View, rows: str, measured: str) -> bool:
    """Whether some of these rows were generated from the whole of that of which a part is measured on."""
    part = view.nodes[measured]
    if part.op != "part":
        return False
    seeds = [s for n in view.upstream(rows) if view.nodes[n].op == "generate" for s in view.nodes[n].inputs]
    # Another split of the same rows is made of the whole as well.
    return any(part.inputs[0] in _unparted(view, seed) for seed in seeds)


def _unparted(view: View, node: str) -> set[str]:
    """What the rows of a node come through, up to where a split of it was taken, through generations as well."""
    found, waiting = {node}, [node]
    for current in waiting:
        here = view.nodes[current]
        if here.op != "part":
            sources = here.inputs if here.op == "generate" else view.sources_of(here)
            waiting += [s for s in sources if s not in found]
            found.update(sources)
    return found
