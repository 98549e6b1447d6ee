"""A model is scored on a benchmark that its training rows were never checked against.

Training rows that contain test items make a score worthless, and nothing in the score shows it: a Llama-2-13B that had
seen rephrased MMLU items reached 85.9, the level of GPT-4. So every path from a source through `dataset`, `train` and
`merge` to a model that is scored must lead through a `decontaminate` against what it is scored on. Generated rows count
as well, because a model may repeat what it has read.

Source: Brown et al., GPT-3 (arXiv 2005.14165), appendix C; Yang et al., LLM-decontaminator (arXiv 2311.04850).

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = jsonl("quiz.jsonl", format: choice)
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
        multiple_choice(on: quiz)
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = jsonl("quiz.jsonl", format: choice)
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        decontaminate(against: [quiz]) {
            exact()
            ngram(13)
        }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }

    evaluate scores of tuned {
        multiple_choice(on: quiz)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.graph import Node
from tunec.compiler.lint.contamination import Open, drops, scored_items, unchecked
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View, argument, call_of
from tunec.compiler.lowered import Call, expect_all, references
from tunec.dsl.diagnostics import Edit, Fix, Label
from tunec.dsl.source import Span
from tunec.dsl.tree import ListOf, Statement

CODE = "T401"
SEVERITY = "error"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """Every measure on a benchmark, with every training behind the models that it scores."""
    for evaluation in view.declared("evaluate"):
        params = view.nodes[evaluation.entity.node].params
        statements = evaluation.statements
        for statement, measure in zip(statements, expect_all(Call, params["measures"]), strict=False):
            if measure.operator == "evaluate.contamination":
                continue  # it is no score: it looks for what this rule is about
            for benchmark in scored_items(view, measure.args.get("on")):
                trainings = {t.id: t for model in references(params["models"]) for t in view.trainings(model)}
                said: set[frozenset[str]] = set()
                for training in trainings.values():
                    ways = list(unchecked(view, training.inputs[1], benchmark))
                    begins = frozenset(way.leaf for way in ways)
                    if ways and begins not in said:  # a second training on the same rows has the same fix
                        said.add(begins)
                        yield _finding(view, evaluation, statement, benchmark, training, ways)


def _finding(
    view: View, evaluation: Declared, statement: Statement, benchmark: Node, training: Node, ways: list[Open]
) -> Finding:
    call = call_of(statement)
    on = argument(call, "on")
    items = view.names.get(benchmark.id, "its items")
    tuned = view.names.get(training.id, "the model")
    begins = [view.names.get(way.leaf, view.builder.owners.get(way.leaf, "?")) for way in ways]
    where = ", ".join(f"`{name}`" for name in dict.fromkeys(begins))
    routes = [[*view.route(way.leaf, way.after), tuned, evaluation.name] for way in ways]
    labels = [Label(span, f"rows of `{name}` come from here") for name, span in _begin(view, ways)]
    labels += _checks(view, ways, items)
    trained = view.declaration(training.id)
    if trained is not None:
        labels.append(Label(trained.item.name_span, "trained here"))
    return Finding(
        f"`{tuned}` is scored on `{items}`, but its training rows from {where} were never checked against it",
        on.span if on is not None else statement.span,
        f"the items of `{items}` may be among the training rows",
        tuple(labels),
        f"put `decontaminate(against: [{items}]) {{ … }}` between {where} and `{tuned}`",
        _fixes(view, ways, items),
        tuple("path: " + " → ".join(dict.fromkeys(route)) for route in routes[:3]),
    )


def _begin(view: View, ways: list[Open]) -> Iterator[tuple[str, Span]]:
    for way in ways[:3]:
        declared = view.declaration(way.leaf)
        if declared is not None:
            yield declared.name, declared.item.name_span


def _checks(view: View, ways: list[Open], items: str) -> list[Label]:
    nodes = {node.id: node for way in ways for node in way.near}
    return [
        Label(view.head(n), f"checked here, but not against `{items}`" if drops(n) else "only reports")
        for n in nodes.values()
    ]


def _fixes(view: View, ways: list[Open], items: str) -> tuple[Fix, ...]:
    """Where a check stands already, the benchmark can join its list."""
    for way in ways:
        for node in way.near:
            given = argument(view.calls.get(view.builder.spans[node.id]), "against")
            if drops(node) and given is not None and isinstance(given.value, ListOf) and given.value.items:
                end = given.value.items[-1].span.end
                edit = Edit(Span(given.span.file, end, end), f", {items}")
                return (Fix(f"check against `{items}` too", (edit,), safe=False),)
    return ()
