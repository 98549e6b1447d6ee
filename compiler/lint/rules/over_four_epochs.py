"""Rows that training sees more than four times.

Up to about four passes, repeated data is worth nearly as much as new data; after that each pass adds little, and the
model begins to memorize its examples. What counts is how often a row is seen: epochs times repetitions. Lower one of
them. Small, careful data sets are the exception (LIMA made fifteen passes over a thousand rows); suppress the warning
there, and give the reason.

Source: Muennighoff et al., Scaling Data-Constrained Language Models (arXiv 2305.16264); Zhou et al., LIMA
(arXiv 2305.11206).

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
        sft(epochs: 10)
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
        sft(epochs: 4)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler import lowered
from tunec.compiler.graph import canonical
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.dsl.source import Span
from tunec.dsl.tree import Call

CODE = "T306"
SEVERITY = "warning"
MOST = 4


def check(view: View) -> Iterator[Finding]:
    """Epochs of trainings, and sources that a mixture may repeat."""
    for training in view.declared("train"):
        objective = lowered.expect(lowered.Call, view.nodes[training.entity.node].params["objective"])
        epochs = objective.args.get("epochs")
        if not isinstance(epochs, int | float):
            continue
        repeated = _repeated(view, view.nodes[training.entity.node].inputs[1])
        call = training.stage(objective.name)
        if epochs > MOST:
            yield _finding(
                f"each row of `{training.name}` is seen {epochs:g} times", call, "epochs", training.item.span
            )
        elif epochs * repeated > MOST:
            said = f"some rows of `{training.name}` are seen {epochs * repeated:g} times: `repeat` times epochs"
            yield _finding(said, call, "epochs", training.item.span)
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            for name in ("unimax", "epochs") if stage.name == "mix" else ():
                times = stage.node.params.get(name)
                if isinstance(times, int | float) and times > MOST:
                    yield _finding(f"this `mix` may repeat a row {times:g} times", stage.call, name, stage.head)


def _repeated(view: View, rows: str) -> float:
    """How often the stages `repeat` show a row in one pass over the rows of a node, at most."""
    times: dict[str, float] = {}
    for name in view.upstream(rows):
        node = view.nodes[name]
        if node.op == "stages.repeat":
            of = canonical(lowered.to_json(node.params["of"]))
            times[of] = times.get(of, 1.0) * lowered.expect_number(node.params["times"])
    return max(times.values(), default=1.0)


def _finding(message: str, call: Call | None, name: str, span: Span) -> Finding:
    written = argument(call, name)
    where = written.span if written is not None else call.span if call is not None else span
    return Finding(message, where, help=f"more than {MOST} passes over the same rows add little")
