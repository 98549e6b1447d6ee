"""The subsets of a fit, or the proxies of a mixture, are as large as all rows that can arrive.

A trial is trained on a part of the rows, drawn anew for each, so that the trials differ. With fewer rows than a part is
to have the build stops at the first trial; with as many, all trials are the same. The number of rows that can arrive is
computed from inline rows, limits, the bounds of generations, and local files. Lower the number, or add rows.

Source: the page of `subsets`, in `tunec ops subsets`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT", limit: 100)
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT", limit: 100)
    source held = jsonl("alpaca.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    rule worth from [tasks, talks] {
        let length = words(response)
        subsets(20, rows: 400)
        finetune(base)
        loss(on: held)
        least_squares()
    }

    dataset rows from [tasks, talks] {
        dedup { exact(prompt) }
        select(50, by: top(worth()))
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT", limit: 100)
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT", limit: 100)
    source held = jsonl("alpaca.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    rule worth from [tasks, talks] {
        let length = words(response)
        subsets(20, rows: 40)
        finetune(base)
        loss(on: held)
        least_squares()
    }

    dataset rows from [tasks, talks] {
        dedup { exact(prompt) }
        select(50, by: top(worth()))
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.graph import Node
from tunec.compiler.lint.bounds import most_rows
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.trials import trials_of
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lowered import Call, expect
from tunec.dsl import tree
from tunec.dsl.source import Span

CODE = "T340"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """The rows of a trial, against the most that can arrive."""
    for rule in view.declared("rule"):
        subsets = rule.stage("subsets")
        if subsets is not None:
            node = view.nodes[rule.entity.node]
            yield from _checked(view, node, subsets, "rows", rule.item.name_span)
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "mix" and stage.node.params.get("search") is not None:
                yield from _checked(view, stage.node, stage.call, "proxy_rows", stage.head)


def _checked(view: View, node: Node, call: tree.Call | None, name: str, span: Span) -> Iterator[Finding]:
    for trial in trials_of(view, node)[:1]:
        rows, most = expect(Call, trial.params["subset"]).args["rows"], most_rows(view)[trial.inputs[0]]
        if isinstance(rows, int) and most is not None and rows >= most:
            written = argument(call, name)
            message = f"each trial draws {rows:,} rows, but at most {most:,} can arrive"
            yield Finding(message, written.span if written is not None else span, help="draw a part of them")
